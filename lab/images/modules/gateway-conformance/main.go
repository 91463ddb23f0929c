// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The conformance suite of Gateway API as a program: what `go test -c sigs.k8s.io/gateway-api/conformance` makes of it, with the same flags.
package main

import (
	"regexp"
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

func main() {
	suite := []testing.InternalTest{{Name: "TestConformance", F: conformance.RunConformance}}
	testing.Main(regexp.MatchString, suite, nil, nil)
}
