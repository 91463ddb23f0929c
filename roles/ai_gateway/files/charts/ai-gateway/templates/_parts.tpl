{{/*
SPDX-FileCopyrightText: The ailab.conformance authors
SPDX-License-Identifier: GPL-3.0-or-later
*/}}

{{/* Labels of an object: a list of the values and the name of the part that it belongs to. */}}
{{- define "labels" -}}
app.kubernetes.io/part-of: ai-gateway
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/name: {{ index . 1 }}
{{- end -}}

{{/* The security context of every container: none writes, and none needs a privilege. */}}
{{- define "confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Readiness by gRPC health checking: the port, and the service that is asked for. */}}
{{- define "healthy" -}}
grpc: {port: {{ index . 0 }}, service: {{ index . 1 | quote }}}
periodSeconds: 2
{{- end -}}

{{- define "epp" -}}{{ .name }}-epp{{- end -}}
{{- define "pool-proxy" -}}{{ .name }}-proxy{{- end -}}

{{/* One backend of a rule. Envoy Gateway knows no InferencePool as a backend, so a small Envoy beside the pool stands for it. */}}
{{- define "backend" -}}
{{- $root := index . 0 -}}{{- $backend := index . 1 -}}
{{- if not $backend.pool -}}
name: {{ $backend.name }}
port: {{ $backend.port }}
{{- else if eq $root.Values.implementation "envoy-gateway" -}}
name: {{ include "pool-proxy" (dict "name" $backend.pool) }}
port: 80
{{- else -}}
group: inference.networking.k8s.io
kind: InferencePool
name: {{ $backend.pool }}
{{- end }}
weight: {{ hasKey $backend "weight" | ternary $backend.weight 1 }}
{{- end -}}
