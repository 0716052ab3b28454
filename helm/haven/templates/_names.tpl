{{/* Names, labels and addresses. */}}

{{- define "haven.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for what is appended to it. */}}
{{- define "haven.fullname" -}}
{{- $name := include "haven.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "haven.selectorLabels" -}}
app.kubernetes.io/name: {{ include "haven.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "haven.labels" -}}
{{ include "haven.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Of (root, component): labels of everything that belongs to one component. */}}
{{- define "haven.componentLabels" -}}
{{ include "haven.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "haven.componentSelector" -}}
{{ include "haven.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of (root, component): its whole name within the cluster, for those who search no domains. */}}
{{- define "haven.host" -}}
{{ include "haven.fullname" .root }}-{{ .component }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- end -}}

{{- define "haven.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "haven.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "haven.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "haven.nginxImage" -}}
{{ .Values.nginx.image.repository }}:{{ .Values.nginx.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* Whether nginx itself ends TLS. */}}
{{- define "haven.nginxTls" -}}
{{- if and .Values.expose.tls.enabled (not (has .Values.expose.type (list "ingress" "route"))) -}}true{{- end -}}
{{- end -}}

{{/* Whether the certificate is the chart's own. */}}
{{- define "haven.autoTls" -}}
{{- if and .Values.expose.tls.enabled (ne .Values.expose.type "route") (eq .Values.expose.tls.certSource "auto") -}}true{{- end -}}
{{- end -}}

{{- define "haven.tlsSecret" -}}
{{- if include "haven.autoTls" . -}}
{{ include "haven.fullname" . }}-tls
{{- else -}}
{{ .Values.expose.tls.secret.secretName }}
{{- end -}}
{{- end -}}

{{/* Secret whose ca.crt users have to trust; empty for none. */}}
{{- define "haven.caSecret" -}}
{{- if .Values.caSecretName -}}
{{ .Values.caSecretName }}
{{- else if include "haven.autoTls" . -}}
{{ include "haven.tlsSecret" . }}
{{- end -}}
{{- end -}}

{{- define "haven.databaseHost" -}}
{{- if eq .Values.database.type "internal" -}}
{{ include "haven.fullname" . }}-database
{{- else -}}
{{ .Values.database.external.host }}
{{- end -}}
{{- end -}}

{{- define "haven.databasePort" -}}
{{- if eq .Values.database.type "internal" -}}5432{{- else -}}{{ .Values.database.external.port }}{{- end -}}
{{- end -}}

{{/* Of (root, volume): name of the claim of one of persistence.persistentVolumeClaim. */}}
{{- define "haven.claim" -}}
{{- $claim := index .root.Values.persistence.persistentVolumeClaim .volume -}}
{{- $claim.existingClaim | default (printf "%s-%s" (include "haven.fullname" .root) (kebabcase .volume)) -}}
{{- end -}}

{{/* Host of externalURL, without port and brackets. */}}
{{- define "haven.externalHost" -}}
{{- regexReplaceAll "^\\[(.*)\\]$" (urlParse .Values.externalURL).hostname "${1}" -}}
{{- end -}}

{{/* The service that everybody outside comes through. */}}
{{- define "haven.frontName" -}}
{{- $name := "" -}}
{{- if not (has .Values.expose.type (list "ingress" "route")) -}}
{{- $name = (index .Values.expose .Values.expose.type).name -}}
{{- end -}}
{{- $name | default (include "haven.fullname" .) -}}
{{- end -}}

{{/* Host that an auto certificate is for. */}}
{{- define "haven.tlsHost" -}}
{{- $host := ternary (include "haven.ingressHost" .) (include "haven.externalHost" .) (eq .Values.expose.type "ingress") -}}
{{- .Values.expose.tls.auto.commonName | default $host -}}
{{- end -}}

{{/* The port there that serves. */}}
{{- define "haven.frontPort" -}}
{{- $expose := index .Values.expose .Values.expose.type -}}
{{- $isTls := include "haven.nginxTls" . -}}
{{- if has .Values.expose.type (list "ingress" "route") -}}
80
{{- else if eq .Values.expose.type "nodePort" -}}
{{- ternary $expose.ports.https.port $expose.ports.http.port (eq $isTls "true") -}}
{{- else -}}
{{- ternary $expose.ports.httpsPort $expose.ports.httpPort (eq $isTls "true") -}}
{{- end -}}
{{- end -}}

{{- define "haven.ingressHost" -}}
{{- .Values.expose.ingress.hosts.core | default (include "haven.externalHost" .) -}}
{{- end -}}
