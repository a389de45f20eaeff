{{/* The name of everything: sluice-operator for a release called sluice. At most 63 characters, as a label takes. */}}
{{- define "sluice.name" -}}
{{- $release := ternary .Release.Name (printf "%s-sluice" .Release.Name) (contains "sluice" .Release.Name) -}}
{{- printf "%s-operator" (trunc 54 $release | trimSuffix "-") -}}
{{- end }}

{{/* What the names of policies and of people's roles begin with: sluice for a release called sluice. */}}
{{- define "sluice.release" -}}
{{- include "sluice.name" . | trimSuffix "-operator" -}}
{{- end }}

{{- define "sluice.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "sluice.name" .) -}}
{{- end }}

{{/* What finds the pods again. Never change it: a Deployment's selector is immutable. */}}
{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "sluice.labels" -}}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The address of the page, if there is a way to it from outside. */}}
{{- define "sluice.page" -}}
{{- if and .Values.ui.create .Values.ui.allowedHosts (or (.Values.ui.ingress).create (.Values.ui.httpRoute).create) -}}
https://{{ first .Values.ui.allowedHosts }}/
{{- end -}}
{{- end }}
