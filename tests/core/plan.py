"""What a simulated run is to do, and what is to go wrong (see `simulation`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.core.definition import Definition

FAULTS = (
    "evictions",
    "kills",
    "lost answers",
    "missed events",
    "late events",
    "busy server",
    "restricted",
    "clean-up",
    "suspensions",
)
TIMED_OUT = 124
OUT_OF_MEMORY = 137
NOT_YET = 75


@dataclass(frozen=True)
class Program:
    """What the pods of a task do. `codes` are the exit codes of those that end by themselves, the last one for ever.

    TIMED_OUT is a program that runs until its pod's deadline, OUT_OF_MEMORY one that is killed for its memory. With
    `poll`, the task's, NOT_YET is not the end.
    """

    codes: tuple[int, ...] = (0,)
    poll: Mapping[str, str] | None = None
    pullable: bool = True
    valid: bool = True

    @property
    def may_be_ended(self) -> bool:
        """May the operator delete its pod before it has ended by itself?"""
        return not self.pullable or "timeout" in (self.poll or {})

    def code(self, run: int) -> int:
        return self.codes[min(run, len(self.codes) - 1)]


@dataclass(frozen=True)
class Plan:
    """Task i is called `ti`, waits for `needs[i]` and holds `claims[i]` of the pool's `slots`. `once` are the tasks
    that ask for at most once, `outputs` those that hand on a value to all that wait for them, `by_log` those of them
    that do so by their log.
    """

    needs: tuple[tuple[int, ...], ...]
    programs: tuple[Program, ...]
    limits: tuple[int, ...]
    claims: tuple[int, ...]
    slots: int
    once: frozenset[int] = frozenset()
    cap: int | None = None
    quota: int | None = None
    outputs: frozenset[int] = frozenset()
    by_log: frozenset[int] = frozenset()
    faults: frozenset[str] = frozenset()
    stop: bool = False

    def definition(self) -> Definition:
        tasks = [
            {
                "name": f"t{number}",
                "image": "busybox",
                "dependsOn": [f"t{need}" for need in needs],
                "retries": {"limit": self.limits[number], "infrastructure": 0 if number in self.once else 1000},
                "args": [f"$(tasks.t{need}.outputs.n)" for need in needs if need in self.outputs],
                "outputs": ["n"] if number in self.outputs else [],
                "outputsFrom": "Log" if number in self.by_log else "File",
                "pools": [{"name": "pool", "slots": self.claims[number]}] if self.claims[number] else [],
                **({"poll": self.programs[number].poll} if self.programs[number].poll else {}),
            }
            for number, needs in enumerate(self.needs)
        ]
        return Definition.of({"tasks": tasks})
