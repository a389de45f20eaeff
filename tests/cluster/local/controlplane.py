"""etcd, API server, controller manager and scheduler: their flags, and when they are ready.

Client rate limits are far above the defaults (50 requests a second), so that benchmarks measure the operator.
The optional audit log has each creation of a pod and each change of its status, and each change of a
run's status, with the request bodies, and each deletion and eviction of a pod.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from tests.cluster.process import Daemon, wait_for
from tests.cluster.progress import say

from . import kubeconfig
from .certificates import pki
from .plan import SERVICES, Plan

if TYPE_CHECKING:
    from pathlib import Path

CLIENT_QPS = "1000"
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],  # the event at the end of a request has both timestamps
    "omitManagedFields": True,
    "rules": [
        {"level": "Request", "verbs": ["create"], "resources": [{"group": "", "resources": ["pods"]}]},
        {"level": "Request", "verbs": ["patch", "update"], "resources": [{"group": "", "resources": ["pods/status"]}]},
        {"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "", "resources": ["pods"]}]},
        {"level": "Metadata", "verbs": ["create"], "resources": [{"group": "", "resources": ["pods/eviction"]}]},
        {
            "level": "Request",
            "verbs": ["patch", "update"],
            "resources": [{"group": "sluice.dev", "resources": ["workflowruns/status"]}],
        },
        {"level": "None"},
    ],
}
AUDIT_LOG_MB = 100_000  # benchmarks read it by offset, so it must not be rotated
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def daemons(plan: Plan) -> list[Daemon]:
    """The four daemons, in start order."""
    return [Daemon(plan.state, name) for name in NAMES]


def start(plan: Plan, *, audit: bool) -> None:
    """Start all four, and return once the API server is ready. Raises ClusterError."""
    etcd, api_server, controllers, scheduler = daemons(plan)
    etcd.start([plan.bin / "etcd", *_etcd(plan)])
    wait_for(lambda: _responds_with(f"{etcd_url(plan)}/health", '"true"'), "etcd", 30, etcd)
    api_server.start([plan.bin / "kube-apiserver", *_api_server(plan), *(_audit(plan) if audit else ())])
    kubeconfig.write(plan, "admin", plan.kubeconfig)
    wait_for(lambda: is_ready(plan), "the API server", 60, etcd, api_server)
    say("API server ready")
    controllers.start([plan.bin / "kube-controller-manager", *_controllers(plan)])
    scheduler.start([plan.bin / "kube-scheduler", *_scheduler(plan)])


def wait_until_serving(plan: Plan) -> None:
    """Wait until pods can be created: the controllers have made the default ServiceAccount. Raises ClusterError."""
    _, api_server, controllers, _ = daemons(plan)
    account = ("--namespace=default", "get", "serviceaccount/default", "configmap/kube-root-ca.crt", "--output=name")
    wait_for(
        lambda: plan.kubectl(*account).ok,
        "the default ServiceAccount",
        60,
        api_server,
        controllers,
    )


def is_ready(plan: Plan) -> bool:
    """Whether the API server's readiness check passes."""
    return plan.kubectl("get", "--raw=/readyz").stdout == "ok"


def audit_log(plan: Plan) -> Path:
    """The path of the API server's audit log, whether it keeps one or not."""
    return plan.state / "logs/audit.log"


def etcd_url(plan: Plan) -> str:
    """etcd's client URL; it needs no credentials."""
    return f"http://127.0.0.1:{plan.etcd_port}"


def _etcd(plan: Plan) -> list[str]:
    peers = f"http://127.0.0.1:{plan.peer_port}"
    return [
        f"--name={plan.name}",
        f"--data-dir={plan.state / 'etcd'}",
        f"--listen-client-urls={etcd_url(plan)}",
        f"--advertise-client-urls={etcd_url(plan)}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster={plan.name}={peers}",
        "--unsafe-no-fsync",  # a test cluster need not survive a power cut
        "--log-level=warn",
    ]


def _api_server(plan: Plan) -> list[str]:
    keys = pki(plan)
    flags = [
        f"--etcd-servers={etcd_url(plan)}",
        f"--secure-port={plan.api_port}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--tls-cert-file={keys / 'apiserver.crt'}",
        f"--tls-private-key-file={keys / 'apiserver.key'}",
        f"--client-ca-file={keys / 'ca.crt'}",
        f"--kubelet-certificate-authority={keys / 'ca.crt'}",
        f"--kubelet-client-certificate={keys / 'apiserver-to-kubelet.crt'}",
        f"--kubelet-client-key={keys / 'apiserver-to-kubelet.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={keys / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={keys / 'service-accounts.key'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--profiling=false",
    ]
    if plan.node:  # pods connect over the bridge, whose address is the endpoint of the Service `kubernetes`
        return [*flags, "--bind-address=0.0.0.0", f"--advertise-address={plan.gateway}"]
    return [*flags, "--bind-address=127.0.0.1", "--endpoint-reconciler-type=none"]


def _audit(plan: Plan) -> list[str]:
    policy = plan.state / "config/audit.json"
    policy.parent.mkdir(exist_ok=True)
    policy.write_text(json.dumps(AUDIT_POLICY, indent=2))
    return [
        f"--audit-policy-file={policy}",
        f"--audit-log-path={audit_log(plan)}",
        f"--audit-log-maxsize={AUDIT_LOG_MB}",
    ]


def _controllers(plan: Plan) -> list[str]:
    config = kubeconfig.write(plan, "controller-manager", plan.state / "config/controller-manager.kubeconfig")
    return [
        f"--kubeconfig={config}",
        f"--root-ca-file={pki(plan) / 'ca.crt'}",
        f"--service-account-private-key-file={pki(plan) / 'service-accounts.key'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
        f"--kube-api-qps={CLIENT_QPS}",
        f"--kube-api-burst={CLIENT_QPS}",
        "--profiling=false",
    ]


def _scheduler(plan: Plan) -> list[str]:
    config = plan.state / "config/scheduler.json"
    credentials = kubeconfig.write(plan, "scheduler", plan.state / "config/scheduler.kubeconfig")
    settings = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": str(credentials), "qps": int(CLIENT_QPS), "burst": int(CLIENT_QPS)},
    }
    config.write_text(json.dumps(settings, indent=2))
    return [f"--config={config}", "--secure-port=0", "--profiling=false"]


def _responds_with(url: str, text: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - always etcd's http URL
            return text in answer.read().decode()
    except (urllib.error.URLError, OSError):
        return False
