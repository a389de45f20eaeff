"""The pods' network: a bridge, its CNI configuration, and one iptables rule that leads pods to the API server.

Pods reach each other and this machine only. There is no DNS and no kube-proxy: `kubernetes` is the only Service that
works. The pods' name server is the bridge's address, where nothing listens, so lookups fail at once.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.errors import ClusterError

from .plan import API_SERVICE, Plan, bridge_of, id_of

CNI_PLUGINS = Path("/usr/lib/cni")


def create(plan: Plan) -> None:
    """Create the bridge and the rule."""
    prefix = ipaddress.ip_network(plan.subnet).prefixlen
    run("ip", "link", "add", plan.bridge, "type", "bridge")
    run("ip", "address", "add", f"{plan.gateway}/{prefix}", "dev", plan.bridge)
    run("ip", "link", "set", plan.bridge, "up")
    run(
        "iptables", "--wait", "10", "--table", "nat", "--append", "PREROUTING", "--in-interface", plan.bridge,
        "--protocol", "tcp", "--destination", f"{API_SERVICE}/32", "--dport", "443",
        "--match", "comment", "--comment", plan.id,
        "--jump", "DNAT", "--to-destination", f"{plan.gateway}:{plan.api_port}",
    )  # fmt: skip


def cni_config(plan: Plan) -> str:
    """The container runtime's CNI network list, as JSON."""
    ranges = [[{"subnet": plan.subnet, "gateway": plan.gateway}]]
    ipam = {"type": "host-local", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": plan.bridge, "ipam": ipam}
    return json.dumps({"cniVersion": "0.4.0", "name": plan.id, "plugins": [bridge]}, indent=2)


def remove(name: str) -> None:
    """Remove whatever exists of the named cluster's network."""
    for rule in rules(name):
        run("iptables", "--wait", "10", "--table", "nat", *rule.replace("-A ", "-D ", 1).split())
    for device in devices(name):
        try:
            run("ip", "link", "delete", device)
        except ClusterError:
            if device in devices(name):  # otherwise it just disappeared with its pod
                raise


def rules(name: str) -> list[str]:
    """The nat rules with the named cluster's id as a comment, as iptables prints them."""
    if os.geteuid() != 0 or not shutil.which("iptables"):  # then we created none
        return []
    output = run("iptables", "--wait", "10", "--table", "nat", "--list-rules")
    return [line for line in output.splitlines() if line.startswith("-A ") and f"--comment {id_of(name)} " in line]


def devices(name: str) -> list[str]:
    """The named cluster's network devices: those attached to its bridge, then the bridge itself."""
    if not shutil.which("ip"):
        return []
    bridge = bridge_of(name)
    links = json.loads(run("ip", "-json", "link", "show") or "[]")
    attached = [link["ifname"] for link in links if link.get("master") == bridge]
    return attached + [link["ifname"] for link in links if link["ifname"] == bridge]
