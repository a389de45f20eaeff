"""Two replicas of the operator, each with a proxy of its own before the API server, and runs that keep them busy."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from tests.chaos import clocked_operator
from tests.chaos.judge import has_ended
from tests.chaos.nodes import Nodes
from tests.chaos.programs import Programs
from tests.chaos.server import Json, Refused, Server
from tests.chaos.workloads import approvals, manifests
from tests.cluster.local.cluster import LocalCluster
from tests.cluster.process import Daemon
from tests.controller.proxy import Proxy
from tests.core.plan import Plan
from tests.e2e.host import TAKEN_OVER, HostOperator
from tests.e2e.kubernetes import eventually

IDENTITIES = ("one", "two")
LIVE_RUNS = 7  # the pods of a deleted node hold some of them up for a minute
_PLURALS = {"Workflow": "workflows", "Pool": "pools"}


@dataclass(frozen=True)
class Replica:
    operator: HostOperator
    proxy: Proxy
    hands: Path
    """The file by which its clock goes: see `clocked_operator`."""

    def set_clock(self, by_s: float) -> None:
        """By so many seconds more than it is set already."""
        new = self.hands.with_suffix(".new")
        new.write_text(str(float(self.hands.read_text()) + by_s))
        new.rename(self.hands)


@dataclass
class System:
    cluster: LocalCluster
    server: Server
    replicas: list[Replica]
    programs: Programs
    pods_run_on: Nodes
    fresh: Iterator[Plan]
    """The graphs of runs to come."""
    nodes: Iterator[str]
    """The names of nodes to come."""
    others: Mapping[Daemon, list[str]]
    """Scheduler, controllers and simulated kubelets, with their commands."""
    _undecided: dict[str, Json] = field(default_factory=dict)

    @property
    def leader(self) -> Replica:
        """The holder of the Lease, even if it has just died. Whoever ends by itself gives it back."""

        def found() -> Replica | None:
            self.revive()
            holder = self.server.get("leases", "sluice-operator")["spec"].get("holderIdentity")
            return next((replica for replica in self.replicas if replica.operator.identity == holder), None)

        return eventually(found, "somebody holds the Lease")

    def runs(self) -> list[Json]:
        return self.server.list("workflowruns")

    def living_pods(self) -> list[Json]:
        """The pods of attempts that have not ended and that nobody has deleted."""
        pods = [pod for pod in self.server.list("pods") if pod["status"]["phase"] in ("Pending", "Running")]
        return [pod for pod in pods if pod["metadata"].get("ownerReferences") and not _going(pod)]

    def keep_busy(self) -> None:
        """What happens without the operator: processes are started again, people apply Workflows and decide."""
        self.revive()
        ended = self._ended()
        for _ in range(len(self.programs.plans) - ended, LIVE_RUNS):
            self._apply(next(self.fresh))
        self._decide()

    def drain(self, seconds: float) -> None:
        """Nothing new comes, and all that is there ends. It is for the judge to say if it does not."""

        def done() -> bool:
            self.revive()
            self._decide()
            return self._ended() >= len(self.programs.plans) and not self.living_pods()

        eventually(done, "all runs end", seconds)

    def _ended(self) -> int:
        return sum(has_ended(run.get("status", {})) for run in self.runs())

    def revive(self) -> None:
        for replica in self.replicas:
            if replica.operator.ended:
                replica.operator.start()

    def _apply(self, plan: Plan) -> None:
        name = f"w{len(self.programs.plans)}"
        self.programs.plans[name] = plan
        for manifest in manifests(plan, name, self.pods_run_on):
            try:
                self.server.ask("POST", self.server.path(_PLURALS[manifest["kind"]]), manifest)
            except Refused as refused:
                if refused.code != HTTPStatus.CONFLICT:  # else it is there: the first answer was lost
                    raise
        if decisions := approvals(plan):
            self._undecided[name] = decisions

    def _decide(self) -> None:
        for run in self.runs():
            if decisions := self._undecided.pop(run["spec"]["workflow"], None):
                where = self.server.path("workflowruns", run["metadata"]["name"])
                self.server.ask("PATCH", where, {"spec": {"approvals": decisions}})


def _going(pod: Json) -> bool:
    return "deletionTimestamp" in pod["metadata"]


@contextmanager
def replicas(server: Server, neighbour: str, directory: Path) -> Iterator[list[Replica]]:
    """Started, and one of them leads. They work for the neighbour's namespace as well. They are killed when the block
    ends; their logs stay in the directory.
    """
    with ExitStack() as stack:
        started = []
        for identity in IDENTITIES:
            proxy = stack.enter_context(Proxy(server.url, server.namespace, pods_run=False))
            kubeconfig = proxy.kubeconfig(directory / f"{identity}.kubeconfig")
            program = (sys.executable, "-m", clocked_operator.__name__)
            operator = HostOperator(kubeconfig, server.namespace, identity, directory / f"{identity}.log", program)
            hands = directory / f"{identity}.clock"
            hands.write_text("0")
            operator.settings |= TAKEN_OVER
            operator.settings["SLUICE_NAMESPACES"] = f"{server.namespace},{neighbour}"
            operator.settings[clocked_operator.VARIABLE] = str(hands)
            operator.start()
            stack.callback(operator.end)
            started.append(Replica(operator, proxy, hands))
        eventually(lambda: any(replica.operator.leads for replica in started), "an operator leads", 60)
        yield started
