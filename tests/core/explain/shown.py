"""Objects as the API server shows them, and an answer as short text."""

from sluice.core.base.times import instant
from sluice.core.explain.seen import RunSeen
from sluice.core.status.durations import Sources

NOW = instant("2026-03-01T12:10:00Z")


def seen(phase, graph=None, kept=(), whole_s=(), pools=(), events=(), pods=(), held=(), message="", **tasks):
    """A run `etl-1` that started at 12:00, whose graph is a list of tasks."""
    status = {"phase": phase, "startedAt": "2026-03-01T12:00:00Z", "tasks": tasks}
    if message:
        status["message"] = message
    return RunSeen(
        {"metadata": {"name": "etl-1", "uid": "u1"}, "spec": {"workflow": "etl"}, "status": status},
        NOW,
        graph=graph and {"tasks": graph},
        pools=list(pools),
        events=list(events),
        pods=list(pods),
        times=Sources(kept=kept),
        whole_s=whole_s,
        held=held,
    )


def pool(name="warehouse", slots=1, **status):
    return {"metadata": {"name": name}, "spec": {"slots": slots}, "status": status}


def facts(answer):
    """Its head, and the lines by label; of a label that is there twice the texts in a list."""
    found = {}
    for label, text in answer.lines:
        found.setdefault(label, []).append(text)
    return answer.head, {label: texts[0] if len(texts) == 1 else texts for label, texts in found.items()}


def commands(answer):
    return [" ".join(command.arguments) for command in answer.commands]
