"""Arguments of KubernetesPodOperator, DockerOperator and their like, by what becomes of them."""

OF_POD = {
    "hostnetwork": "hostNetwork",
    "schedulername": "schedulerName",
    "dnspolicy": "dnsPolicy",
    "dns_config": "dnsConfig",
    "host_aliases": "hostAliases",
    "priority_class_name": "priorityClassName",
    "termination_grace_period": "terminationGracePeriodSeconds",
    "init_containers": "initContainers",
}
"""Those that are fields of the pod itself."""
KNOWN = frozenset(
    {
        *("image", "cmds", "entrypoint", "arguments", "command", "env_vars", "environment"),
        *("private_environment", "env_from", "secrets", "configmaps", "resources", "container_resources"),
        *("node_selector", "node_selectors", "tolerations", "service_account_name", "volumes", "volume_mounts"),
        *("affinity", "labels", "annotations", "image_pull_policy", "image_pull_secrets", "security_context"),
        *("container_security_context", "do_xcom_push", "startup_timeout_seconds", "retries", "retry_delay"),
        *("retry_exponential_backoff", "max_retry_delay", "execution_timeout", "trigger_rule", "pool"),
        *("pool_slots", "priority_weight", "owner", "depends_on_past", "email", "email_on_failure"),
        *("email_on_retry", "sla", "on_failure_callback", "on_success_callback", "on_retry_callback"),
        *("start_date", "end_date", "queue", "doc_md", "doc", "wait_for_downstream", "provide_context"),
        *("executor_config", "weight_rule", "task_concurrency", "max_active_tis_per_dag", "params"),
        *("max_active_tis_per_dagrun", "skip_on_exit_code"),
        *("mem_limit", "cpus", "force_pull"),
        *OF_POD,
    }
)
"""Those that are translated, here or as of any task."""
MEANINGLESS = frozenset(
    {
        *("name", "namespace", "task_id", "is_delete_operator_pod", "on_finish_action", "get_logs"),
        *("in_cluster", "cluster_context", "kubernetes_conn_id", "config_file", "log_events_on_failure"),
        *("reattach_on_restart", "random_name_suffix", "api_version", "docker_url"),
        *("auto_remove", "mount_tmp_dir", "docker_conn_id", "tty", "network_mode", "deferrable"),
        *("poll_interval", "logging_interval", "base_container_name", "location", "cluster_name", "project_id"),
        *("gcp_conn_id", "container_logs"),
        *("use_internal_ip", "xcom_all"),
    }
)
"""Those of Airflow's own way to run pods."""
