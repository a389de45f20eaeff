"""What a simulated run is to do, and what is to go wrong (see `simulation`)."""

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


@dataclass(frozen=True)
class Program:
    """What the pods of a task do. `codes` are the exit codes of those that end by themselves, the last one for ever.

    TIMED_OUT is a program that runs until its pod's deadline.
    """

    codes: tuple[int, ...] = (0,)
    pullable: bool = True
    valid: bool = True

    def code(self, run: int) -> int:
        return self.codes[min(run, len(self.codes) - 1)]


@dataclass(frozen=True)
class Plan:
    """Task i is called `ti` and waits for `needs[i]`. `once` are the tasks that ask for at most once."""

    needs: tuple[tuple[int, ...], ...]
    programs: tuple[Program, ...]
    limits: tuple[int, ...]
    once: frozenset[int] = frozenset()
    cap: int | None = None
    quota: int | None = None
    faults: frozenset[str] = frozenset()
    stop: bool = False

    def definition(self) -> Definition:
        tasks = [
            {
                "name": f"t{number}",
                "image": "busybox",
                "dependsOn": [f"t{need}" for need in needs],
                "retries": {"limit": self.limits[number], "infrastructure": 0 if number in self.once else 1000},
            }
            for number, needs in enumerate(self.needs)
        ]
        return Definition.of({"tasks": tasks})
