"""The real node: containerd and the kubelet, in their own mount namespace.

Both use fixed directories (/run/containerd, /var/lib/kubelet, ...). In the namespace these are bind mounts from the
cluster's state directory, so that nodes do not collide, and pods' mounts vanish with the namespace's last process.
containerd, its shims and the pods are in the cluster's cgroup, so that a teardown finds them all.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster.commands import works
from tests.cluster.images.store import PAUSE
from tests.cluster.process import Daemon, wait_for
from tests.cluster.progress import say

from . import cgroups, kubeconfig, network
from .certificates import pki

if TYPE_CHECKING:
    from .plan import Plan

PRIVATE = (
    "/run/containerd",
    "/run/netns",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
)


def runtime(plan: Plan) -> Daemon:
    """The container runtime."""
    return Daemon(plan.state, "containerd")


def kubelet(plan: Plan) -> Daemon:
    """The kubelet."""
    return Daemon(plan.state, "kubelet")


def start_runtime(plan: Plan) -> None:
    """Start containerd, and return once it accepts images. Raises ClusterError."""
    cgroups.create(plan.id)
    network.create(plan)
    settings = plan.state / "config/cni"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "pods.conflist").write_text(network.cni_config(plan))
    config = plan.state / "config/containerd.toml"
    config.write_text(_containerd(plan))
    daemon = runtime(plan)
    command = ["containerd", "--config", str(config)]
    daemon.start(
        ["sh", "-c", _enter(plan) + f"exec {shlex.join(command)}"],
        within=["unshare", "--mount", "--propagation", "private"],
    )
    wait_for(lambda: ctr_works(plan), "containerd", 30, daemon)


def start_kubelet(plan: Plan) -> None:
    """Start the kubelet; wait_until_ready waits for its node."""
    config = plan.state / "config/kubelet.json"
    config.write_text(json.dumps(_kubelet(plan), indent=2))
    (plan.state / "config/resolv.conf").write_text(f"nameserver {plan.gateway}\n")
    credentials = kubeconfig.write(plan, "kubelet", plan.state / "config/kubelet.kubeconfig")
    kubelet(plan).start(
        [
            plan.bin / "kubelet",
            f"--config={config}",
            f"--kubeconfig={credentials}",
            f"--hostname-override={plan.node_name}",
            f"--node-ip={plan.gateway}",
        ],
        within=namespace(plan),
    )


def wait_until_ready(plan: Plan) -> None:
    """Wait until the node accepts pods. Raises ClusterError."""
    wait_for(lambda: is_ready(plan), f"node {plan.node_name} to be ready", 90, kubelet(plan), runtime(plan))
    say(f"node {plan.node_name} ready")


def is_ready(plan: Plan) -> bool:
    """Whether the node's condition Ready is True."""
    condition = '{.status.conditions[?(@.type=="Ready")].status}'
    return plan.kubectl("get", "node", plan.node_name, f"--output=jsonpath={condition}").stdout == "True"


def namespace(plan: Plan) -> list[str]:
    """The prefix that runs a command in containerd's mount namespace."""
    return ["nsenter", f"--mount=/proc/{runtime(plan).pid()}/ns/mnt"]


def ctr_works(plan: Plan) -> bool:
    """Whether containerd responds."""
    return works(*namespace(plan), "ctr", "version")


def _enter(plan: Plan) -> str:
    """The start of a shell script: join the cgroup, then mount the private directories in the new namespace."""
    lines = [f"echo $$ >{shlex.quote(str(file))}" for file in cgroups.runtime_files(plan.id)]
    for directory in PRIVATE:
        private = plan.state / "node" / directory.strip("/").replace("/", "-")
        private.mkdir(parents=True, exist_ok=True)
        Path(directory).mkdir(parents=True, exist_ok=True)
        lines.append(f"mount --bind {shlex.quote(str(private))} {directory}")
    lines.append("mount --make-rshared /")  # as systemd does at boot, so that mounts can propagate to pods
    return "set -e; " + "; ".join(lines) + "; "


def _containerd(plan: Plan) -> str:
    return f"""\
version = 2
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt",
]
[debug]
level = "warn"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE.tag}"
restrict_oom_score_adj = {"false" if _may_lower_oom_score() else "true"}
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "{snapshotter(plan.state)}"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{network.CNI_PLUGINS}"
conf_dir = "{plan.state / "config/cni"}"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{_no_registry(plan)}"
"""


def _no_registry(plan: Plan) -> Path:
    """Redirects pulls to a closed port, where they fail at once: images are loaded, never pulled."""
    directory = plan.state / "config/registries"
    (directory / "_default").mkdir(parents=True, exist_ok=True)
    (directory / "_default/hosts.toml").write_text('server = "http://127.0.0.1:1"\n[host."http://127.0.0.1:1"]\n')
    return directory


def _may_lower_oom_score() -> bool:
    capabilities = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff")
    )
    return bool(int(capabilities.split()[1], 16) >> 24 & 1)  # CAP_SYS_RESOURCE


def snapshotter(state: Path) -> str:
    """The containerd snapshotter that works on the state directory's file system."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    nearest = max((mount for mount in mounts if state.is_relative_to(mount[1])), key=lambda mount: len(mount[1]))
    return "native" if nearest[2] == "overlay" else "overlayfs"  # overlayfs does not nest


def _kubelet(plan: Plan) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": plan.gateway,
        "healthzBindAddress": plan.gateway,
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(pki(plan) / "ca.crt")}},
        "tlsCertFile": str(pki(plan) / "kubelet.crt"),
        "tlsPrivateKeyFile": str(pki(plan) / "kubelet.key"),
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{plan.id}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "maxPods": 200,
        "clusterDNS": [plan.gateway],
        "clusterDomain": "cluster.local",
        "resolvConf": str(plan.state / "config/resolv.conf"),
        "makeIPTablesUtilChains": False,
        "volumePluginDir": "/var/lib/kubelet/plugins-exec",
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
        "eventRecordQPS": 0,
        "serializeImagePulls": False,
        "imagePullCredentialsVerificationPolicy": "NeverVerify",
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "0%",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
        },
    }
