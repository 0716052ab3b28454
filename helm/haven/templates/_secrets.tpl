{{/*
Secrets that the chart makes are made once: a render first asks the cluster for what is there. All templates of a render see the
same values, which are therefore kept among the values once they are found.
*/}}
{{- define "haven.secrets" -}}
{{- if not (hasKey .Values "madeSecrets") -}}
{{- $stored := (lookup "v1" "Secret" .Release.Namespace (include "haven.fullname" .)).data | default dict -}}
{{- $secrets := dict -}}
{{- $_ := include "haven.makeOwnSecrets" (dict "root" . "stored" $stored "secrets" $secrets) -}}
{{- $_ := include "haven.makeDatabaseSecrets" (dict "root" . "stored" $stored "secrets" $secrets) -}}
{{- $_ := include "haven.makeRedisSecrets" (dict "root" . "stored" $stored "secrets" $secrets) -}}
{{- $_ := set .Values "madeSecrets" $secrets -}}
{{- end -}}
{{- toYaml .Values.madeSecrets -}}
{{- end -}}

{{- define "haven.makeOwnSecrets" -}}
{{- $values := .root.Values -}}
{{- if not $values.core.existingSecret -}}
{{- $_ := set .secrets "internal-secret" (include "haven.keep" (list . "internal-secret" $values.core.secret (randAlphaNum 48))) -}}
{{- end -}}
{{- if not $values.existingSecretSecretKey -}}
{{- $stored := index .stored "secret-key" | default "" | b64dec -}}
{{- if and $stored $values.secretKey (ne $stored $values.secretKey) -}}
{{- fail "secretKey is not the one that the stored credentials are encrypted with, and cannot be changed" -}}
{{- end -}}
{{- $_ := set .secrets "secret-key" (include "haven.keep" (list . "secret-key" $values.secretKey (randBytes 32 | b64dec | printf "%x"))) -}}
{{- end -}}
{{- if not $values.existingSecretAdminPassword -}}
{{- $_ := set .secrets "admin-password" (include "haven.keep" (list . "admin-password" $values.harborAdminPassword (randAlphaNum 20))) -}}
{{- end -}}
{{- with $values.core.configureUserSettings -}}
{{- $_ := set $.secrets "config-overwrite-json" . -}}
{{- end -}}
{{- end -}}

{{- define "haven.makeDatabaseSecrets" -}}
{{- $database := .root.Values.database -}}
{{- if eq $database.type "internal" -}}
{{- $_ := set .secrets "database-password" (include "haven.keep" (list . "database-password" "" (randAlphaNum 32))) -}}
{{- else -}}
{{/* The volume of the internal one still has it, for those who go back. */}}
{{- with index .stored "database-password" -}}
{{- $_ := set $.secrets "database-password" (b64dec .) -}}
{{- end -}}
{{- if not $database.external.existingSecret -}}
{{- $_ := set .secrets "external-database-password" $database.external.password -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "haven.makeRedisSecrets" -}}
{{- $redis := .root.Values.redis -}}
{{- $external := $redis.external -}}
{{- if eq $redis.type "internal" -}}
{{- $password := include "haven.keep" (list . "redis-password" "" (randAlphaNum 32)) -}}
{{- $_ := set .secrets "redis-password" $password -}}
{{- $_ := set .secrets "redis-url" (printf "redis://:%s@%s-redis:6379/0" $password (include "haven.fullname" .root)) -}}
{{- else if not $external.existingSecret -}}
{{- $scheme := ternary "rediss" "redis" $external.tlsOptions.enable -}}
{{- $user := printf "%s:%s@" (urlquery $external.username) (urlquery $external.password) | replace "+" "%20" -}}
{{- if not (or $external.username $external.password) -}}{{- $user = "" -}}{{- end -}}
{{- $_ := set .secrets "redis-url" (printf "%s://%s%s/%d" $scheme $user $external.addr (int $external.coreDatabaseIndex)) -}}
{{- end -}}
{{- end -}}

{{/*
Of a list of (root, stored), key, what is given and something random: what is given, or stored, or the random one. An upgrade that finds
nothing stored makes nothing, and never another secret-key: the platform would be locked out of its own data.
*/}}
{{- define "haven.keep" -}}
{{- $root := (index . 0).root -}}
{{- $stored := (index . 0).stored -}}
{{- $key := index . 1 -}}
{{- if index . 2 -}}
{{- index . 2 -}}
{{- else if index $stored $key -}}
{{- index $stored $key | b64dec -}}
{{- else if and $root.Release.IsUpgrade (or (not $stored) (eq $key "secret-key")) -}}
{{- fail (printf "%s of this release cannot be read from the Secret %s: put it back from a backup (and dry runs need --dry-run=server)" $key (include "haven.fullname" $root)) -}}
{{- else -}}
{{- index . 3 -}}
{{- end -}}
{{- end -}}

{{/* Of (root, key): the Secret and the key that hold one of the services' secrets, as JSON. */}}
{{- define "haven.secretSource" -}}
{{- $values := .root.Values -}}
{{- $own := dict "name" (include "haven.fullname" .root) "key" .key -}}
{{- $source := $own -}}
{{- if and (eq .key "internal-secret") $values.core.existingSecret -}}
{{- $source = dict "name" $values.core.existingSecret "key" "secret" -}}
{{- else if and (eq .key "secret-key") $values.existingSecretSecretKey -}}
{{- $source = dict "name" $values.existingSecretSecretKey "key" "secretKey" -}}
{{- else if and (eq .key "admin-password") $values.existingSecretAdminPassword -}}
{{- $source = dict "name" $values.existingSecretAdminPassword "key" $values.existingSecretAdminPasswordKey -}}
{{- else if and (eq .key "database-password") (eq $values.database.type "external") -}}
{{- if $values.database.external.existingSecret -}}
{{- $source = dict "name" $values.database.external.existingSecret "key" "password" -}}
{{- else -}}
{{- $source = dict "name" $own.name "key" "external-database-password" -}}
{{- end -}}
{{- else if and (eq .key "redis-url") (eq $values.redis.type "external") $values.redis.external.existingSecret -}}
{{- $source = dict "name" $values.redis.external.existingSecret "key" "HAVEN_REDIS_URL" -}}
{{- end -}}
{{- toJson $source -}}
{{- end -}}

{{/* Of (root, volume, keys, own): a volume with these secrets as files. `own` names another Secret for those that the chart makes. */}}
{{- define "haven.secretVolume" -}}
{{- $made := include "haven.fullname" .root -}}
- name: {{ .volume | default "secrets" }}
  projected:
    defaultMode: 0440
    sources:
      {{- range $key := .keys }}
      {{- $source := include "haven.secretSource" (dict "root" $.root "key" $key) | fromJson }}
      - secret:
          name: {{ ternary ($.own | default $made) $source.name (eq $source.name $made) }}
          items:
            - key: {{ $source.key }}
              path: {{ $key }}
      {{- end }}
{{- end -}}

{{/* Of (keys): the variables that name those files. */}}
{{- define "haven.secretEnv" -}}
{{- range $index, $key := .keys }}
{{- if $index }}
{{ end -}}
- name: HAVEN_{{ $key | upper | replace "-" "_" }}_FILE
  value: /run/secrets/haven/{{ $key }}
{{- end }}
{{- end -}}
