{{/* What cannot be said by a schema: values that only go wrong together. */}}
{{- define "haven.validate" -}}
{{- $values := .Values -}}
{{- $storage := $values.persistence.persistentVolumeClaim.registry -}}
{{- if and (gt (int $values.registry.replicas) 1) (eq $storage.accessMode "ReadWriteOnce") -}}
{{- fail "registry.replicas: more than one registry needs persistence.persistentVolumeClaim.registry.accessMode ReadWriteMany, because all of them write to one volume" -}}
{{- end -}}
{{- $tls := $values.expose.tls -}}
{{- if ne $values.expose.type "route" -}}
{{- if and $tls.enabled (hasPrefix "http:" $values.externalURL) -}}
{{- fail "externalURL begins with http: although expose.tls.enabled is true" -}}
{{- end -}}
{{- if and $tls.enabled (eq $tls.certSource "none") (ne $values.expose.type "ingress") -}}
{{- fail "expose.tls.certSource none is for expose.type ingress only: nginx itself needs a certificate" -}}
{{- end -}}
{{- if and $tls.enabled (eq $tls.certSource "secret") (not $tls.secret.secretName) -}}
{{- fail "expose.tls.secret.secretName is needed with expose.tls.certSource secret" -}}
{{- end -}}
{{- else if not $values.expose.route.parentRefs -}}
{{- fail "expose.route.parentRefs: name the gateway that serves the route" -}}
{{- end -}}
{{- $database := $values.database -}}
{{- if and (eq $database.type "external") (not $database.external.existingSecret) (not $database.external.password) -}}
{{- fail "database.external: give a password, or an existingSecret with the key password" -}}
{{- end -}}
{{- range $name := list "core" "jobservice" "registry" "gcController" "nginx" -}}
{{- $service := index $values $name -}}
{{- $budget := $service.podDisruptionBudget -}}
{{- if and $budget.enabled (hasKey $budget "minAvailable") (not (kindIs "string" $budget.minAvailable)) (ge (int $budget.minAvailable) (int $service.replicas)) -}}
{{- fail (printf "%s.podDisruptionBudget.minAvailable: %v of %v replicas would keep every node from being drained" $name $budget.minAvailable $service.replicas) -}}
{{- end -}}
{{- end -}}
{{- if and $values.metrics.serviceMonitor.enabled (not $values.metrics.enabled) -}}
{{- fail "metrics.serviceMonitor.enabled needs metrics.enabled" -}}
{{- end -}}
{{- end -}}
