"""The names, addresses, ports and directories of one local cluster: chosen once, and kept in a file.

What must be unique on the machine (bridge, subnet, cgroup, iptables comment, ports) carries the cluster's `id` or was
free when the plan was made. So clusters run side by side, even from different caches.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import json
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.cluster import cache
from tests.cluster.commands import run
from tests.cluster.errors import ClusterError
from tests.cluster.kubectl import Kubectl

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
"""The address of the Service `kubernetes`, the first one of SERVICES."""

_SUBNETS = [f"10.{second}.{third}.0/22" for second in range(128, 192) for third in range(0, 256, 4)]
_PORTS = range(20000, 30000)


@dataclass(frozen=True, slots=True)
class Plan:
    """One cluster's settings. `node`: whether it has a real node; without one it needs no pod network."""

    name: str
    node: bool
    subnet: str
    etcd_port: int
    peer_port: int
    api_port: int

    @property
    def state(self) -> Path:
        """The directory of everything that the cluster writes."""
        return state_of(self.name)

    @property
    def bin(self) -> Path:
        """The directory of its programs."""
        return self.state / "bin"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def kubectl(self) -> Kubectl:
        """kubectl as the administrator."""
        return Kubectl(self.bin, self.kubeconfig)

    @property
    def id(self) -> str:
        """The name of its cgroup, CNI network and iptables rules, such as `sluice-sluice-1f0e9a2b`."""
        return id_of(self.name)

    @property
    def bridge(self) -> str:
        """The name of the pods' bridge."""
        return bridge_of(self.name)

    @property
    def gateway(self) -> str:
        """The bridge's own address, which is also the node's."""
        return str(next(ipaddress.ip_network(self.subnet).hosts()))

    @property
    def node_name(self) -> str:
        """The real node's name in the cluster."""
        return f"{self.name}-node"

    @property
    def server(self) -> str:
        """The API server's URL as seen from this machine."""
        return f"https://127.0.0.1:{self.api_port}"

    def save(self) -> None:
        """Write the plan. Call it before starting anything, so that a later `down` finds it."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / "plan.json").write_text(json.dumps(dataclasses.asdict(self), indent=2))


def state_of(name: str) -> Path:
    """The state directory of the cluster of that name, existing or not."""
    return cache.root() / "clusters" / name


def id_of(name: str) -> str:
    """See Plan.id. The hash distinguishes clusters of one name in different caches. Raises ClusterError."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise ClusterError(f"cluster name {name!r}: use at most 31 lowercase letters, digits and dashes")
    return f"sluice-{name}-{hashlib.sha256(str(state_of(name)).encode()).hexdigest()[:8]}"


def bridge_of(name: str) -> str:
    """See Plan.bridge. Linux allows 15 characters."""
    return f"sluice-{id_of(name)[-8:]}"


def read(name: str) -> Plan | None:
    """The plan of an existing cluster; None if there is none or this version cannot read it."""
    try:
        return Plan(**json.loads((state_of(name) / "plan.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def make(name: str, *, node: bool) -> Plan:
    """A plan for a new cluster. The caller holds the name's lock. Raises ClusterError if nothing is free."""
    start = int(id_of(name)[-8:], 16)  # each cluster starts its search elsewhere, so concurrent ones rarely collide
    etcd, peer, api = _free_ports(start, 3)
    subnet = _free_subnet(start) if node else "127.0.0.0/8"
    return Plan(name, node, subnet, etcd_port=etcd, peer_port=peer, api_port=api)


def _free_subnet(start: int) -> str:
    taken = [
        ipaddress.ip_network(route["dst"])
        for route in json.loads(run("ip", "-j", "-4", "route"))
        if _is_network(route["dst"])
    ]
    for offset in range(len(_SUBNETS)):
        subnet = _SUBNETS[(start + offset) % len(_SUBNETS)]
        if not any(ipaddress.ip_network(subnet).overlaps(other) for other in taken):
            return subnet
    raise ClusterError("no free subnet for the pods between 10.128.0.0 and 10.191.255.255")


def _is_network(destination: str) -> bool:
    return destination[0].isdigit()


def _free_ports(start: int, count: int) -> list[int]:
    free: list[int] = []
    for offset in range(len(_PORTS)):
        port = _PORTS[(start + offset) % len(_PORTS)]
        if _is_free(port):
            free.append(port)
        if len(free) == count:
            return free
    raise ClusterError("no free TCP ports between 20000 and 29999")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
