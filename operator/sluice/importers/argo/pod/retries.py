"""`retryStrategy` as `retries`.

Argo tells Failed (the program) from Error (the cluster); here `limit` pays for the one and `infrastructure` for the
other. Without a limit Argo goes on for ever. https://argo-workflows.readthedocs.io/en/latest/retries/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sluice.api.task import RETRIES
from sluice.core import Json
from sluice.importers.argo.documents.durations import duration
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Resolve, Text, UnknownTag, literal, parse, placeholders, text_of
from sluice.importers.argo.expressions.conditions import expression
from sluice.importers.argo.expressions.tree import Untranslatable


@dataclass(slots=True)
class Retried:
    retries: Json = field(default_factory=dict)
    losses: list[tuple[str, str]] = field(default_factory=list)
    """What is lost, and what is done instead."""


def retried(strategy: Map, resolve: Resolve) -> Retried:
    """Raises UnknownTag."""
    made = Retried()
    codes = _codes(strategy, made)
    if codes == []:
        return made
    limit = _limit(strategy, resolve, made)
    policy = strategy.text("retryPolicy", "OnFailure" if "expression" not in strategy else "Always")
    if policy in ("OnError", "OnTransientError"):
        made.retries["infrastructure"] = limit
    else:
        made.retries["limit"] = limit
    if codes is not None and policy not in ("OnError", "OnTransientError"):
        made.retries |= {"endings": ["Error"], "exitCodes": codes}
    if isinstance(backoff := strategy.get("backoff"), Map):
        _backoff(backoff, resolve, made)
    if "affinity" in strategy:
        made.losses.append(
            ("retryStrategy.affinity", "the next attempt avoids a node only where the cluster ended the last")
        )
    return made


def _limit(strategy: Map, resolve: Resolve, made: Retried) -> int | str:
    if strategy.get("limit") is None:
        made.losses.append(("a retryStrategy without limit", f"tried again {RETRIES.high} times"))
        return RETRIES.high
    text = parse(text_of(strategy["limit"]), resolve)
    known = literal(text)
    if known is None:
        return placeholders(text)
    try:
        limit = int(known)
    except ValueError:
        raise UnknownTag(known) from None
    if limit > RETRIES.high:
        made.losses.append((f"a limit of {limit}", f"tried again {RETRIES.high} times"))
    return max(0, min(limit, RETRIES.high))


def _backoff(backoff: Map, resolve: Resolve, made: Retried) -> None:
    said = {"initial": duration(literal(parse(backoff.text("duration", "0"), resolve)) or "")}
    factor = literal(parse(backoff.text("factor", "1"), resolve)) or ""
    if said["initial"] is None or not re.fullmatch(r"\d+(\.\d+)?", factor):
        made.losses.append(("a backoff that is computed", "the usual one"))
        return
    number = float(factor)
    made.retries["backoff"] = {**said, "factor": int(number) if number == int(number) else number}
    if cap := duration(backoff.text("cap")):
        made.retries["backoff"]["max"] = cap
    if backoff.text("maxDuration"):
        words = "retries end by their limit alone; `deadline` would end a running attempt, too"
        made.losses.append(("backoff.maxDuration", words))


def _codes(strategy: Map, made: Retried) -> list[int] | None:
    """The exit codes after which its expression asks for another attempt. None: after any; empty: after none."""
    written = strategy.text("expression")
    if not written:
        return None
    answers = list(_answers(written))
    if None in answers:
        made.losses.append(("retryStrategy.expression", "tried again after any failure"))
        return None
    codes = [code for code, answer in enumerate(answers, start=1) if answer]
    return None if len(codes) == len(answers) else codes


def _answers(written: str) -> Iterator[bool | None]:
    """What the expression says after each exit code from 1 to 255; None if it asks for more than that."""
    for code in range(1, 256):
        try:
            answer = expression(written, _LastRetry(code).resolve)
        except (Untranslatable, UnknownTag):
            yield None
            return
        yield {"true": True, "false": False}.get(answer)


@dataclass(frozen=True, slots=True)
class _LastRetry:
    code: int

    def resolve(self, words: str, is_expression: bool) -> Text | None:  # noqa: ARG002, FBT001  # the signature of `text.Resolve`
        known = {"lastRetry.exitCode": str(self.code), "lastRetry.status": "Failed"}
        return (known[words],) if words in known else None
