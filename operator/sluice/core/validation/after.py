"""Faults of `after`. An upstream Workflow that does not exist is none: it may be created later."""

from collections.abc import Iterator

from sluice.core.base.faults import Fault
from sluice.core.validation.manifest import ParsedManifest


def successions(found: ParsedManifest) -> Iterator[Fault]:
    raw = found.raw.get("after")
    if not isinstance(raw, list):
        return
    for field in ("trigger", "schedule", "onChange"):
        if field in found.raw:
            yield Fault(f"spec.{field}", "with `after` it runs when others have succeeded; remove one of the two")
    seen: set[str] = set()
    for number, entry in enumerate(raw):
        name = entry.get("workflow") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue  # said with the rest of the spec
        if name == found.name:
            words = "is this Workflow itself, whose first run would be followed by runs without end; name another"
            yield Fault(f"spec.after[{number}].workflow", words)
        elif name in seen:
            yield Fault(f"spec.after[{number}].workflow", f"'{name}' is there twice; remove one")
        seen.add(name)
