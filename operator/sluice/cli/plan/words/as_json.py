"""A plan for programs: seconds, thousandths of a core and bytes as numbers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sluice.cli.plan.planned import Planned
from sluice.cli.plan.seen.known import Known
from sluice.cli.printable import json_text
from sluice.core import Json
from sluice.core.pod.needs import Needs


def written(plans: Sequence[Planned], known: Known, **more: Any) -> str:
    """`more` are further fields at the top."""
    found = {
        "namespace": known.namespace or None,
        "plans": [_planned(each) for each in plans],
        "notSeen": list(known.unseen),
    }
    return json_text(found | more)


def _planned(found: Planned) -> Json:
    plan = found.plan
    return {
        "kind": found.kind,
        "name": found.name,
        "starts": found.start.now,
        "why": found.start.why or None,
        "moreDue": found.start.more,
        "meets": found.meets or None,
        "keptOf": found.kept_of or None,
        "tasks": _tasks(found),
        "settings": [{"name": change.name, "change": change.words} for change in found.settings],
        "trouble": plan.trouble or None,
        "time": plan.time
        and {
            "lowSeconds": plan.time.low_s,
            "typicalSeconds": plan.time.typical_s,
            "highSeconds": plan.time.high_s,
            "sources": list(plan.time.sources),
        },
        "longestWay": {"tasks": list(plan.longest), "seconds": plan.longest_s} if plan.time else None,
        "late": [{"task": e.task, "takesSeconds": e.takes_s, "timeoutSeconds": e.timeout_s} for e in plan.late],
        "pods": plan.pods,
        "atMost": {
            "pods": plan.peak.pods,
            **_needs(plan.peak.needs),
            "profile": list(plan.peak.profile),
            "largest": {"task": plan.peak.largest[0], **_needs(plan.peak.largest[1])},
        },
        "fits": found.fit
        and {
            "fits": found.fit.fits,
            "nodes": found.fit.nodes,
            "free": _needs(found.fit.free),
            "largestFitsOn": found.fit.largest_fits_on,
        },
        "quotas": [asdict(each) for each in found.shortages],
        "narrow": plan.narrow
        and {
            "for": plan.narrow.kind,
            "slots": plan.narrow.slots,
            "heldUpSeconds": plan.narrow.held_up_s,
            "withOneMoreSeconds": plan.narrow.with_more_s,
        },
        "guessed": found.guesses,
    }


def _needs(needs: Needs) -> Json:
    return {"cpuMillis": needs.cpu, "memoryBytes": needs.memory}


def _tasks(found: Planned) -> list[Json]:
    fates = {fate.task: fate for fate in found.plan.fates}
    tasks = []
    for change in found.changes:
        task: Json = {"name": change.name, "sign": change.sign, "change": change.words}
        if (fate := fates.get(change.name)) is not None:
            task |= {"does": fate.does, "why": fate.why or None, "pods": fate.pods}
            if fate.items is not None:
                task |= {"items": fate.items, "reusedItems": fate.reused_items}
        tasks.append(task)
    return tasks
