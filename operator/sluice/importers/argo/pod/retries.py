"""`retryStrategy` as `retries`.

Argo tells Failed (the program) from Error (the cluster); here `limit` pays for the one and `infrastructure` for the
other. Without a limit Argo goes on for ever. https://argo-workflows.readthedocs.io/en/latest/retries/
"""

import re
from dataclasses import dataclass, field

from sluice.api.task import RETRIES
from sluice.core import Json
from sluice.importers.argo.documents.durations import duration
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Resolve, Text, UnknownTag, literal, parse, placeholders, text_of, usual
from sluice.importers.argo.expressions.conditions import expression
from sluice.importers.argo.expressions.tree import Untranslatable

_BY_CLUSTER = ("OnError", "OnTransientError")
"""Policies by which only an end that the cluster caused is worth another attempt."""


@dataclass(slots=True)
class Retried:
    retries: Json = field(default_factory=dict)
    losses: list[tuple[str, str, bool]] = field(default_factory=list)
    """What is lost, what is done instead, and whether it is left to somebody."""

    def lose(self, what: str, instead: str, *, left: bool = False) -> None:
        self.losses.append((what, instead, left))


def retried(strategy: Map, resolve: Resolve) -> Retried:
    """Raises what `resolve` does."""
    made = Retried()
    policy = strategy.text("retryPolicy", "OnFailure" if "expression" not in strategy else "Always")
    codes = [] if policy in _BY_CLUSTER else _codes(strategy, made)
    if codes == [] and (policy == "OnFailure" or not _asks_after_error(strategy, made)):
        return made
    made.retries |= _limit(strategy, resolve, made, "infrastructure" if codes == [] else "limit")
    if codes:
        made.retries |= {"endings": ["Error"], "exitCodes": codes}
    if isinstance(backoff := strategy.get("backoff"), Map):
        _backoff(backoff, resolve, made)
    if "affinity" in strategy:
        made.lose("retryStrategy.affinity", "the next attempt avoids a node only where the cluster ended the last")
    return made


def _limit(strategy: Map, resolve: Resolve, made: Retried, field_: str) -> Json:
    """Under one of the two fields that count attempts; `limit` takes a value of the run, `infrastructure` a number."""
    if strategy.get("limit") is None:
        made.lose("a retryStrategy without limit", f"tried again {RETRIES.high} times")
        return {field_: RETRIES.high}
    text = parse(text_of(strategy["limit"]), resolve)
    if literal(text) is None and field_ == "limit" and len(text) == 1:
        return {field_: placeholders(text)}
    known = usual(text)
    if known is None or not re.fullmatch(r"[+-]?\d{1,18}", known.strip()):
        instead = f"as often as without {field_}: the number is not known here"
        made.lose("the limit of a retryStrategy", instead, left=True)
        return {}
    if literal(text) is None:
        made.lose("a retryStrategy.limit that parameters decide", f"{known}, by their defaults")
    limit = int(known)
    if limit > RETRIES.high:
        made.lose(f"a limit of {limit}", f"tried again {RETRIES.high} times")
    return {field_: max(0, min(limit, RETRIES.high))}


def _backoff(backoff: Map, resolve: Resolve, made: Retried) -> None:
    texts = {key: parse(backoff.text(key, usually), resolve) for key, usually in _BACKOFF.items()}
    initial, factor, cap = (usual(text) or "" for text in texts.values())
    said = {"initial": duration(initial)}
    if said["initial"] is None or not re.fullmatch(r"\d+(\.\d+)?", factor):
        made.lose("a backoff that is computed", "the usual one")
        return
    if any(literal(text) is None for text in texts.values()):
        made.lose("a backoff that parameters decide", "by their defaults")
    number = float(factor)
    made.retries["backoff"] = {**said, "factor": int(number) if number == int(number) else number}
    if most := duration(cap):
        made.retries["backoff"]["max"] = most
    elif backoff.text("cap"):
        made.lose("backoff.cap", "none: it is not known here", left=True)
    if backoff.text("maxDuration"):
        words = "retries end by their limit alone; `deadline` would end a running attempt, too"
        made.lose("backoff.maxDuration", words)


_BACKOFF = {"duration": "0", "factor": "1", "cap": ""}


def _codes(strategy: Map, made: Retried) -> list[int] | None:
    """The exit codes after which its expression asks for another attempt. None: after any; empty: after none."""
    written = strategy.text("expression")
    if not written:
        return None
    answers = [_answer(written, _LastRetry("Failed", code)) for code in range(1, 256)]
    if None in answers:
        made.lose("retryStrategy.expression", "tried again after any failure")
        return None
    codes = [code for code, answer in enumerate(answers, start=1) if answer]
    return None if len(codes) == len(answers) else codes


def _asks_after_error(strategy: Map, made: Retried) -> bool:
    """Does it ask for another attempt after an end that the cluster caused?"""
    written = strategy.text("expression")
    answer = _answer(written, _LastRetry("Error", -1)) if written else True
    if answer is None:
        made.lose("retryStrategy.expression", "tried again whenever the cluster ended an attempt")
    return answer is not False


def _answer(written: str, last: "_LastRetry") -> bool | None:
    """What the expression says after such an attempt; None if it asks for more."""
    try:
        return {"true": True, "false": False}.get(expression(written, last.resolve))
    except (Untranslatable, UnknownTag):
        return None


@dataclass(frozen=True, slots=True)
class _LastRetry:
    status: str
    code: int

    def resolve(self, words: str, is_expression: bool) -> Text | None:  # noqa: ARG002, FBT001  # the signature of `text.Resolve`
        known = {"lastRetry.exitCode": str(self.code), "lastRetry.status": self.status}
        return (known[words],) if words in known else None
