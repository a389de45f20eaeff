"""Faults of how many runs may go at a time."""

from collections.abc import Iterator

from sluice.core.base.faults import Fault, Hint
from sluice.core.graph.placeholders import placeholders_in
from sluice.core.validation.manifest import ParsedManifest, name_of

_WHERE = "spec.concurrency"


def contradictions(found: ParsedManifest) -> Iterator[Fault]:
    said = found.raw.get("concurrency")
    if not isinstance(said, dict):
        return
    policy = said.get("policy", "Queue")
    if policy == "Allow":
        for field in ("maxRuns", "key"):
            if field in said:
                yield Fault(f"{_WHERE}.{field}", "policy Allow has no limit; remove this, or write policy: Queue")
    if policy != "Queue" and "maxQueued" in said:
        yield Fault(f"{_WHERE}.maxQueued", f"no run waits under policy {policy}; remove this, or write policy: Queue")
    yield from _key(found, said.get("key"))


def _key(found: ParsedManifest, key: object) -> Iterator[Fault]:
    if not isinstance(key, str):
        return
    declared = found.raw.get("parameters")
    known = {f"params.{name}" for name in map(name_of, declared if isinstance(declared, list) else ()) if name}
    placeholders = [placeholder for _, placeholder in placeholders_in(key, f"{_WHERE}.key")]
    if not placeholders:
        words = "is the same for every run of this Workflow; write for example $(params.env), or remove it"
        yield Fault(f"{_WHERE}.key", words)
    for placeholder in placeholders:
        if placeholder not in known:
            hint = Hint(placeholder, known, form="$({})")
            yield Fault(f"{_WHERE}.key", f"$({placeholder}) is no parameter of this Workflow", hint)
