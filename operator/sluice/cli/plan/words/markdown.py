"""A plan for a pull request. The hidden marker lets whoever posts it find its comment again, to replace it."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from sluice.cli.plan.planned import Planned
from sluice.cli.plan.seen.known import Known
from sluice.cli.plan.words.facts import facts
from sluice.cli.plan.words.text import folded, headline, rows
from sluice.cli.printable import printable
from sluice.core import Instant
from sluice.core.spec.changes import SAME, Change

_ROWS_SHOWN = 100  # GitHub takes comments of 65,536 characters
MARKER = "<!-- sluice plan -->"


def as_markdown(plans: Sequence[Planned], known: Known, left_out: Sequence[str], now: Instant) -> str:
    lines = [MARKER]
    for each in plans:
        lines += _planned(each, known.namespace, now)
    lines += [f"\n_not seen: {_cell(words)}_" for words in known.unseen]
    lines += [f"\n_not planned: {_cell(name)}_" for name in left_out]
    return "\n".join(lines)


def _planned(found: Planned, namespace: str, now: Instant) -> Iterator[str]:
    yield f"\n**{_cell(headline(found, namespace))}**\n"
    told, left_out = folded(list(rows(found, now)), _ROWS_SHOWN)
    news = [row for row in told if row[0].sign != SAME]
    if news:
        yield from _table(news)
    if len(news) < len(told):
        yield from _details(f"{len(told) - len(news)} unchanged", _table(row for row in told if row[0].sign == SAME))
    if left_out:
        yield f"\n{left_out}"
    yield from _details("time, pods and guesses", _facts(found))


def _details(summary: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"\n<details><summary>{summary}</summary>\n"
    yield from lines
    yield "\n</details>"


def _table(told: Iterable[tuple[Change, str]]) -> Iterator[str]:
    yield "| | task | | |"
    yield "|---|---|---|---|"
    for change, text in told:
        yield f"| {change.sign} | {_cell(change.name)} | {_cell(change.words)} | {_cell(text)} |"


def _facts(found: Planned) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for label, text in facts(found):
        yield f"| {label} | {_cell(text)} |"


def _cell(text: str) -> str:
    """No text of a manifest can end its cell, begin a tag, or call anybody by an @."""
    return escape(printable(text), quote=False).replace("|", "\\|").replace("@", "@\u200b").replace("`", "\\`")
