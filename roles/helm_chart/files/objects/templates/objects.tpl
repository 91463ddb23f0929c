{{- /*
SPDX-FileCopyrightText: The ailab.conformance authors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- range .Values.objects }}
---
{{ toYaml . }}
{{- end }}
