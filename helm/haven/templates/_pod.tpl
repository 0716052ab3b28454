{{/* What pods of all components have in common. */}}

{{/*
Of (root, component, values, checksums, sharesStorage): metadata of a pod. No versions: an upgrade restarts only what it changes.
*/}}
{{- define "haven.podMetadata" -}}
labels:
  {{- include "haven.componentSelector" . | nindent 2 }}
  {{- if .sharesStorage }}
  {{- include "haven.storageLabels" .root | nindent 2 }}
  {{- end }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (.checksums | default dict) .values.podAnnotations }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Of (root): restarts pods when a secret is another one. The Secret holds random values, so that nothing can be guessed from it. */}}
{{- define "haven.secretChecksum" -}}
{{ include "haven.secrets" .root | sha256sum }}
{{- end -}}

{{/* Of (root, component, values, securityContext, sharesStorage): the part of a pod's spec that says where and as whom. */}}
{{- define "haven.podPlace" -}}
serviceAccountName: {{ include "haven.serviceAccountName" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml (.securityContext | default .root.Values.podSecurityContext) | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "haven.affinity" . }}
affinity:
  {{- . | nindent 2 }}
{{- end }}
{{- if hasKey .values "topologySpreadConstraints" }}
topologySpreadConstraints:
  {{- with .values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "haven.componentSelector" . | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
Pods that share a volume of one node find each other by a label of its own, which each has itself: the first may go anywhere, and any
that is made anew comes back to the others.
*/}}
{{- define "haven.affinity" -}}
{{- $affinity := deepCopy (.values.affinity | default dict) -}}
{{- if and .sharesStorage (eq .root.Values.persistence.persistentVolumeClaim.registry.accessMode "ReadWriteOnce") -}}
{{- $together := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "haven.storageLabels" .root | fromYaml)) -}}
{{- $given := dig "podAffinity" "requiredDuringSchedulingIgnoredDuringExecution" list $affinity -}}
{{- $_ := set $affinity "podAffinity" (merge (dict "requiredDuringSchedulingIgnoredDuringExecution" (append $given $together)) ($affinity.podAffinity | default dict)) -}}
{{- end -}}
{{- with $affinity -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{- define "haven.storageLabels" -}}
haven/storage: {{ .Release.Name }}
{{- end -}}

{{/* Of (root): the blob store. */}}
{{- define "haven.storageVolume" -}}
- name: storage
  persistentVolumeClaim:
    claimName: {{ include "haven.claim" (dict "root" .root "volume" "registry") }}
{{- end -}}

{{- define "haven.storageMount" -}}
- name: storage
  mountPath: /var/lib/haven/storage
  {{- with .root.Values.persistence.persistentVolumeClaim.registry.subPath }}
  subPath: {{ . }}
  {{- end }}
{{- end -}}

{{/* Of (root): what containers of our images have in common. */}}
{{- define "haven.container" -}}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
securityContext:
  {{- toYaml .root.Values.containerSecurityContext | nindent 2 }}
{{- end -}}

{{- define "haven.tmpMount" -}}
- name: tmp
  mountPath: /tmp
{{- end -}}

{{- define "haven.tmpVolume" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- end -}}

{{- define "haven.secretMount" -}}
- name: {{ .volume | default "secrets" }}
  mountPath: /run/secrets/haven
  readOnly: true
{{- end -}}

{{/*
Of (port, live, ready): a process that is busy answers late, one that is dead not at all, so patience is long; who is not ready is sent
nothing, and goes on.
*/}}
{{- define "haven.probes" -}}
startupProbe:
  httpGet: { path: {{ .live | default "/healthz" }}, port: {{ .port }} }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 90
livenessProbe:
  httpGet: { path: {{ .live | default "/healthz" }}, port: {{ .port }} }
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: { path: {{ .ready | default "/readyz" }}, port: {{ .port }} }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{- define "haven.databaseCa" -}}
{{- if eq .Values.database.type "external" -}}{{- .Values.database.external.caSecretName -}}{{- end -}}
{{- end -}}

{{/* Of (root): how services reach PostgreSQL, without the password. */}}
{{- define "haven.databaseEnv" -}}
{{- $external := .root.Values.database.external }}
{{- $isInternal := eq .root.Values.database.type "internal" -}}
- name: HAVEN_DATABASE_HOST
  value: {{ include "haven.databaseHost" .root | quote }}
- name: HAVEN_DATABASE_PORT
  value: {{ include "haven.databasePort" .root | quote }}
- name: HAVEN_DATABASE_NAME
  value: {{ ternary "registry" $external.coreDatabase $isInternal | quote }}
- name: HAVEN_DATABASE_USER
  value: {{ ternary "haven" $external.username $isInternal | quote }}
{{- if not $isInternal }}
- name: HAVEN_DATABASE_TLS
  value: {{ $external.sslmode }}
{{- if $external.caSecretName }}
- name: HAVEN_DATABASE_CA_FILE
  value: /etc/haven/database-ca/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{/* Of (root): what that takes. */}}
{{- define "haven.databaseMount" -}}
{{- if include "haven.databaseCa" .root }}
- name: database-ca
  mountPath: /etc/haven/database-ca
  readOnly: true
{{- end }}
{{- end -}}

{{- define "haven.databaseVolume" -}}
{{- with include "haven.databaseCa" .root }}
- name: database-ca
  secret:
    secretName: {{ . }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end -}}

{{/* Of those who record spans. */}}
{{- define "haven.traceEnv" -}}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .Values.trace.endpoint | quote }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .Values.trace.sampleRate | quote }}
{{- end -}}

{{/* Of (root): for those who call others. */}}
{{- define "haven.outboundEnv" -}}
- name: HAVEN_OUTBOUND_REACH
  value: {{ .root.Values.outboundReach }}
{{- if .root.Values.caBundleSecretName }}
- name: HAVEN_OUTBOUND_CA_FILE
  value: /etc/haven/ca-bundle/ca.crt
{{- end }}
{{- end -}}

{{- define "haven.outboundMount" -}}
{{- if .root.Values.caBundleSecretName }}
- name: ca-bundle
  mountPath: /etc/haven/ca-bundle
  readOnly: true
{{- end }}
{{- end -}}

{{- define "haven.outboundVolume" -}}
{{- if .root.Values.caBundleSecretName }}
- name: ca-bundle
  secret:
    secretName: {{ .root.Values.caBundleSecretName }}
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end -}}

{{/* Of (root, schema): waits until the database is there and, for `schema`, as new as the service wants it, which core sees to. */}}
{{- define "haven.awaitDatabase" -}}
- name: await-database
  image: {{ include "haven.image" .root }}
  args: [apps/core/dist/await-database.js{{ if .schema }}, --schema{{ end }}]
  {{- include "haven.container" . | nindent 2 }}
  env:
    {{- include "haven.databaseEnv" . | nindent 4 }}
    {{- include "haven.secretEnv" (dict "keys" (list "database-password")) | nindent 4 }}
  volumeMounts:
    {{- include "haven.secretMount" . | nindent 4 }}
    {{- include "haven.databaseMount" . | nindent 4 }}
  resources:
    {{- include "haven.briefResources" . | nindent 4 }}
{{- end -}}

{{/* Of (root): brings the database up to date; any number may at once. Needs the volume migrate-secrets. */}}
{{- define "haven.migrate" -}}
- name: migrate
  image: {{ include "haven.image" .root }}
  args: [apps/core/dist/migrate.js]
  {{- include "haven.container" . | nindent 2 }}
  env:
    {{- include "haven.databaseEnv" . | nindent 4 }}
    {{- include "haven.secretEnv" (dict "keys" (list "database-password" "secret-key" "admin-password")) | nindent 4 }}
  volumeMounts:
    {{- include "haven.secretMount" (dict "volume" "migrate-secrets") | nindent 4 }}
    {{- include "haven.databaseMount" . | nindent 4 }}
  resources:
    {{- include "haven.briefResources" . | nindent 4 }}
{{- end -}}

{{/* Of (root, own): see haven.secretVolume. */}}
{{- define "haven.migrateVolume" -}}
{{- include "haven.secretVolume" (dict "root" .root "own" .own "volume" "migrate-secrets" "keys" (list "database-password" "secret-key" "admin-password")) -}}
{{- end -}}

{{- define "haven.briefResources" -}}
requests: { cpu: 50m, memory: 96Mi, ephemeral-storage: 16Mi }
limits: { cpu: '1', memory: 256Mi, ephemeral-storage: 128Mi }
{{- end -}}

{{/* Of (root, component, values). */}}
{{- define "haven.podDisruptionBudget" -}}
{{- with .values.podDisruptionBudget }}
{{- if .enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "haven.fullname" $.root }}-{{ $.component }}
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- include "haven.componentLabels" $ | nindent 4 }}
spec:
  {{- if hasKey . "minAvailable" }}
  minAvailable: {{ .minAvailable }}
  {{- else }}
  maxUnavailable: {{ .maxUnavailable | default 1 }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "haven.componentSelector" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Of (root, component, port): where the other services reach one of ours. */}}
{{- define "haven.service" }}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "haven.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "haven.componentLabels" . | nindent 4 }}
spec:
  ports:
    - { name: http, port: {{ .port }}, targetPort: http }
  selector:
    {{- include "haven.componentSelector" . | nindent 4 }}
{{- end -}}
