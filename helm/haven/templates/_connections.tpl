{{/*
Who talks to whom, by component. `from`: ports, with components and other peers that may come there, or everybody. `to`: where it goes
itself; a port without a component is outside the release; `anywhere` is for those who call other people's servers, which libs/outbound
guards. `scraped`: serves /metrics.
*/}}
{{- define "haven.connections" -}}
{{- $hasDatabase := eq .Values.database.type "internal" -}}
{{- $hasRedis := eq .Values.redis.type "internal" -}}
{{- $database := dict "port" (include "haven.databasePort" . | int) -}}
{{- if $hasDatabase }}{{ $_ := set $database "component" "database" }}{{ end -}}
{{- $redis := dict "port" 6379 "component" "redis" -}}
{{- if not $hasRedis }}{{ $redis = dict "port" (splitList ":" .Values.redis.external.addr | last | int) }}{{ end -}}
nginx:
  from:
    - ports: [{ port: http }, { port: https }]
  to:
    - { component: core, port: 8081 }
    - { component: registry, port: 8080 }
core:
  scraped: true
  from:
    - ports: [{ port: http }]
      components: [nginx, registry{{ if .Values.logCollector.enabled }}, log-collector{{ end }}]
  to: [{ anywhere: true }]
jobservice:
  scraped: true
  from:
    - ports: [{ port: http }]
      components: [core]
  to: [{ anywhere: true }]
registry:
  scraped: true
  from:
    - ports: [{ port: nginx }]
      components: [nginx]
    - ports: [{ port: http }]
      components: [core, jobservice]
  to:
    - { component: core, port: 8081 }
    - {{ toJson $database }}
    {{- include "haven.traceConnection" . }}
gc-controller:
  scraped: true
  to:
    - {{ toJson $database }}
    - {{ toJson $redis }}
    {{- include "haven.traceConnection" . }}
migrate:
  to: [{{ toJson $database }}]
test:
  to:
    - { component: nginx, port: 8080 }
    - { component: nginx, port: 8443 }
{{- if .Values.logCollector.enabled }}
log-collector:
  scraped: true
  from:
    - ports: [{ port: http }]
      components: [core]
    {{- with .Values.networkPolicy.logSources }}
    - ports: [{ port: http }, { port: syslog-tcp }, { port: syslog-udp, protocol: UDP }]
      peers: {{ toJson . }}
    {{- end }}
  to: [{ anywhere: true }]
{{- end }}
{{- if $hasDatabase }}
database:
  from:
    - ports: [{ port: postgres }]
      components: [core, registry, jobservice, gc-controller, migrate]
{{- end }}
{{- if $hasRedis }}
redis:
  from:
    - ports: [{ port: redis }]
      components: [core, jobservice, gc-controller]
{{- end }}
{{- end -}}

{{/* To the receiver of traces, for those who call nobody else outside. */}}
{{- define "haven.traceConnection" -}}
{{- with .Values.trace.endpoint }}
{{- $url := urlParse . }}
{{- $port := $url.scheme | eq "https" | ternary 443 80 }}
{{- if regexMatch ":[0-9]+$" $url.host }}{{ $port = splitList ":" $url.host | last | int }}{{ end }}
    - { port: {{ $port }} }
{{- end }}
{{- end -}}
