{{/*
SPDX-FileCopyrightText: The ailab.conformance authors
SPDX-License-Identifier: GPL-3.0-or-later

The bootstrap of the Envoy in front of an inference pool: every request is shown to the endpoint picker, and goes where it says.

Source: Envoy API v3 (ext_proc, original destination clusters); Gateway API Inference Extension, endpoint picker protocol.
*/}}
{{- define "pool-proxy-bootstrap" -}}
{{- $root := index . 0 -}}{{- $pool := index . 1 -}}
{{- $types := "type.googleapis.com/envoy.extensions" -}}
{{- $http := "envoy.extensions.upstreams.http.v3.HttpProtocolOptions" -}}
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 19000}}
static_resources:
  listeners:
    - name: requests
      address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
      filter_chains:
        - filters:
            - name: http
              typed_config:
                "@type": {{ $types }}.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: {{ $pool.name }}
                # The choice is the picker's. A client that names an endpoint would reach whatever address it likes.
                early_header_mutation_extensions:
                  - name: no-choice-of-clients
                    typed_config:
                      "@type": {{ $types }}.http.early_header_mutation.header_mutation.v3.HeaderMutation
                      mutations:
                        - remove: x-gateway-destination-endpoint
                route_config:
                  name: pool
                  virtual_hosts:
                    - name: pool
                      domains: ["*"]
                      routes:
                        - match: {prefix: /}
                          route: {cluster: picked, timeout: {{ $root.Values.requestTimeout }}}
                http_filters:
                  - name: endpoint-picker
                    typed_config:
                      "@type": {{ $types }}.filters.http.ext_proc.v3.ExternalProcessor
                      grpc_service:
                        envoy_grpc: {cluster_name: endpoint-picker}
                      message_timeout: 10s
                      processing_mode:
                        request_header_mode: SEND
                        request_body_mode: FULL_DUPLEX_STREAMED
                        request_trailer_mode: SEND
                        response_header_mode: SEND
                        response_body_mode: FULL_DUPLEX_STREAMED
                        response_trailer_mode: SEND
                  - name: router
                    typed_config:
                      "@type": {{ $types }}.filters.http.router.v3.Router
    - name: metrics
      address: {socket_address: {address: 0.0.0.0, port_value: 19001}}
      filter_chains:
        - filters:
            - name: http
              typed_config:
                "@type": {{ $types }}.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: metrics
                route_config:
                  name: metrics
                  virtual_hosts:
                    - name: metrics
                      domains: ["*"]
                      routes:
                        - match: {path: /stats/prometheus}
                          route: {cluster: admin}
                        - match: {path: /ready}
                          route: {cluster: admin}
                http_filters:
                  - name: router
                    typed_config:
                      "@type": {{ $types }}.filters.http.router.v3.Router
  clusters:
    - name: picked
      type: ORIGINAL_DST
      lb_policy: CLUSTER_PROVIDED
      connect_timeout: 5s
      original_dst_lb_config:
        use_http_header: true
        http_header_name: x-gateway-destination-endpoint
    - name: endpoint-picker
      type: STRICT_DNS
      connect_timeout: 5s
      typed_extension_protocol_options:
        {{ $http }}:
          "@type": type.googleapis.com/{{ $http }}
          explicit_http_config:
            http2_protocol_options: {}
      # The picker makes its certificate for itself at every start, so there is nothing to verify it with.
      transport_socket:
        name: tls
        typed_config:
          "@type": {{ $types }}.transport_sockets.tls.v3.UpstreamTlsContext
          common_tls_context: {alpn_protocols: [h2]}
      load_assignment:
        cluster_name: endpoint-picker
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address:
                    socket_address:
                      address: {{ include "epp" $pool }}.{{ $pool.namespace }}.svc.{{ $root.Values.clusterDomain }}
                      port_value: 9002
    - name: admin
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: admin
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address: {socket_address: {address: 127.0.0.1, port_value: 19000}}
{{- end -}}
