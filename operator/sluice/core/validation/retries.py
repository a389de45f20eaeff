"""Faults of `retries` and `poll`."""

from collections.abc import Iterator

from sluice.api.base import layered, seconds
from sluice.api.task import Retries
from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.base.merge import merge
from sluice.core.base.quantity import parse
from sluice.core.pod.memory import memory_limit
from sluice.core.spec.sensor import NOT_YET
from sluice.core.validation.manifest import ParsedManifest
from sluice.core.validation.resources import is_quantity

_MERGED = {"retries", "resources"}


def out_of_memory(found: ParsedManifest) -> Iterator[Fault]:
    """Not every task that inherits `outOfMemory` from the defaults needs a memory limit, but one has to have one."""
    defaults = found.defaults.model_dump(by_alias=True, exclude_none=True, include=_MERGED) if found.defaults else {}
    inherited: Json | None = defaults.get("retries", {}).get("outOfMemory")
    layers = {"spec.defaults": [defaults]} if inherited else {}
    for number in found.tasks:
        own = found.raw["tasks"][number]
        task = merge(defaults, {field: own[field] for field in _MERGED if field in own})
        if (own.get("retries") or {}).get("outOfMemory"):
            layers[f"spec.tasks[{number}]"] = [task]
        elif inherited:
            layers["spec.defaults"].append(task)
    for path, tasks in layers.items():
        yield from _faults(f"{path}.retries.outOfMemory", tasks)


def at_most_once(found: ParsedManifest) -> Iterator[Fault]:
    """What is never tried again has no use for what says how often."""
    inherited = found.defaults.retries if found.defaults is not None else None
    layers: dict[str, tuple[Retries | None, bool]] = {"spec.defaults": (inherited, False)}
    layers |= {f"spec.tasks[{number}]": (task.retries, task.poll is not None) for number, task in found.tasks.items()}
    for path, (own, polls) in layers.items():
        effective = layered(inherited, own)
        if effective is None or effective.execution != "AtMostOnce":
            continue
        for field in ("limit", "infrastructure"):
            if own is not None and getattr(own, field) is not None:
                words = "with execution: AtMostOnce nothing is ever tried again; remove one of the two"
                yield Fault(f"{path}.retries.{field}", words)
        if polls:
            words = "tries again and again, and with execution: AtMostOnce nothing is; remove one of the two"
            yield Fault(f"{path}.poll", words)


def polls(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.poll is None:
            continue
        path, every = f"spec.tasks[{number}].poll", task.poll.every
        if not seconds(every):
            yield Fault(f"{path}.every", f"'{every}' is no pause; write for example 30s")
        elif task.poll.timeout is not None and seconds(task.poll.timeout) <= seconds(every):
            yield Fault(
                f"{path}.timeout", f"'{task.poll.timeout}' is over before the second try; raise it, or lower `every`"
            )
        if task.poll.on_timeout is not None and task.poll.timeout is None:
            yield Fault(f"{path}.onTimeout", "counts when the time is up, and there is no limit; add `timeout`")


def skipped_exit_codes(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        retried = set((task.retries.exit_codes if task.retries else None) or ())
        for place, code in enumerate(task.skip_exit_codes or ()):
            path = f"spec.tasks[{number}].skipExitCodes[{place}]"
            if code in retried:
                yield Fault(path, f"{code} is among retries.exitCodes as well; it cannot be skipped and tried again")
            elif code == NOT_YET and task.poll is not None:
                yield Fault(path, f'{code} says "not yet" of a task that polls; choose another code')


def _faults(path: str, tasks: list[Json]) -> Iterator[Fault]:
    growth = tasks[0]["retries"]["outOfMemory"]
    most = str(growth["max"])
    if not is_quantity(most):
        yield Fault(f"{path}.max", f"'{most}' is not a quantity; write for example 8Gi")
    limits = [str(size) for task in tasks if (size := memory_limit(task.get("resources") or {})) is not None]
    if not limits:
        yield Fault(path, "there is no memory limit that could grow; set resources.limits.memory")
    for size in limits:
        if (parse(size) or 0) >= (parse(most) or float("inf")):
            yield Fault(f"{path}.max", f"'{most}' is no more than the memory limit, {size}; raise it")
            break
    if not any(task["retries"].get("limit") for task in tasks):
        yield Fault(path, "no other attempt would be made, as retries.limit is 0; raise it")
    if not any("OutOfMemory" in task["retries"].get("endings", ["OutOfMemory"]) for task in tasks):
        yield Fault(path, "no other attempt would be made, as retries.endings is without OutOfMemory; add it there")
