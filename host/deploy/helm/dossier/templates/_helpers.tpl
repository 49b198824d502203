{{- define "dossier.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "dossier.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dossier.labels" -}}
{{ include "dossier.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "dossier.image" -}}
{{- $image := .Values.image -}}
{{- if not $image.repository -}}
{{- fail "image.repository is empty: make an image of host/deploy/Dockerfile and name it" -}}
{{- else if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else if $image.tag -}}
{{- printf "%s:%s" $image.repository $image.tag -}}
{{- else -}}
{{- fail "image.digest and image.tag are empty: an image without either is another one tomorrow" -}}
{{- end -}}
{{- end -}}

{{- /* What can't be said in values.schema.json. */ -}}
{{- define "dossier.check" -}}
{{- $values := .Values -}}
{{- $tells := or $values.access.tokensSecret $values.access.clientCaSecret $values.config.jwt_issuer -}}
{{- if not (or $tells $values.config.allow_anonymous) -}}
{{- fail "nothing tells who may send documents: set access.tokensSecret, access.clientCaSecret, config.jwt_issuer, or config.allow_anonymous" -}}
{{- end -}}
{{- if and $values.access.clientCaSecret (not $values.tls.secret) -}}
{{- fail "access.clientCaSecret needs tls.secret: certificates are shown within TLS" -}}
{{- end -}}
{{- if $values.jobs.enabled -}}
{{- if not $values.jobs.keySecret -}}
{{- fail "jobs.enabled needs jobs.keySecret" -}}
{{- end -}}
{{- if not $values.jobs.shared -}}
{{- if not $values.jobs.claim -}}
{{- fail "jobs.enabled needs jobs.claim, or a store that hosts share (jobs.shared)" -}}
{{- end -}}
{{- if or $values.autoscaling.enabled (gt (int $values.replicas) 1) -}}
{{- fail "a host keeps its own jobs: with jobs.enabled, replicas is 1 and there is no autoscaling, unless jobs.shared" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.admin.enabled (not $values.admin.publishers) -}}
{{- fail "admin.enabled needs admin.publishers: nobody else may use the admin API" -}}
{{- end -}}
{{- end -}}

{{- /* A value as TOML has it. Numbers come as floats from values; those of dossier.toml are whole. */ -}}
{{- define "dossier.toml" -}}
{{- if kindIs "float64" . -}}
{{- int64 . -}}
{{- else -}}
{{- toJson . -}}
{{- end -}}
{{- end -}}

{{- define "dossier.configuration" -}}
{{- $values := .Values -}}
listen = "0.0.0.0:8080"
metrics_listen = "0.0.0.0:{{ $values.metrics.port }}"
{{- if $values.metrics.onDocumentsPort }}
metrics_on_listen = true
{{- end }}
log_format = "json"
drain_delay_ms = {{ mul $values.drainSeconds 1000 }}
shutdown_timeout_ms = {{ mul $values.shutdownSeconds 1000 }}
{{- if $values.gpu.enabled }}
device = "cuda"
{{- end }}
{{- if $values.access.tokensSecret }}
tokens_file = "/etc/dossier/tokens/tokens.json"
{{- end }}
{{- if $values.tls.secret }}
tls_certificate = "/etc/dossier/tls/tls.crt"
tls_key = "/etc/dossier/tls/tls.key"
{{- end }}
{{- if $values.access.clientCaSecret }}
tls_client_ca = "/etc/dossier/client-ca/ca.crt"
{{- end }}
{{- if $values.jobs.enabled }}
jobs_key_file = "/etc/dossier/jobs/jobs.key"
{{- if not $values.jobs.shared }}
jobs_dir = "/var/lib/dossier-jobs/jobs"
{{- end }}
{{- end }}
{{- if $values.admin.enabled }}
admin_listen = "0.0.0.0:{{ $values.admin.port }}"
data_dir = "/var/lib/dossier/store"
{{- end }}
{{- range $key, $value := $values.config }}
{{ $key }} = {{ include "dossier.toml" $value }}
{{- end }}
{{- range $values.admin.publishers }}
{{- if $values.admin.enabled }}

[[tokens]]
publisher = {{ toJson .publisher }}
sha256 = {{ toJson .sha256 }}
document_types = {{ toJson .document_types }}
plugins = {{ toJson .plugins }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "dossier.probe" -}}
httpGet:
  path: {{ .path }}
  port: metrics
{{- end -}}
