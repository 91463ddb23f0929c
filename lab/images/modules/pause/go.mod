module ailab.conformance/images/pause

go 1.24.0
