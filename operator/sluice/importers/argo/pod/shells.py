"""Where in a shell script its values stand: each is a `MARK` in it, and what is around decides how it can be read."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

MARK = "\ue000"
_HERE = re.compile(
    r"<<(?!<)(?P<tabs>-?)[ \t]*"
    r"(?P<word>(?P<quote>['\"])(?P<quoted>[^'\"\n]+)(?P=quote)|(?P<escape>\\?)(?P<bare>[\w.+-]+))"
)
_LINE = re.compile(r"^[^\n]+", re.MULTILINE)
_EXPANDED = re.compile(r"[\\$`]")


@dataclass(frozen=True, slots=True)
class HereDocument:
    """`word` is where its end is named, `body` where its lines are. `is_quoted`: nothing in it is expanded."""

    end: str
    is_quoted: bool
    word: slice
    body: slice


class Places:
    """Of the values in a script. `around` is the quote that is open at each: `'`, `$'` or `"`, `$` or a backtick in a
    substitution, `#` in a comment, `<` in a here document that expands nothing, and empty where there is none.
    """

    def __init__(self, script: str) -> None:
        self.around: list[str] = []
        self.documents: list[HereDocument] = []
        self._script = script
        self._open: list[str] = []
        self._pending: list[re.Match[str]] = []
        at = 0
        while at < len(script):
            at = self._after(at)

    def _after(self, at: int) -> int:
        """Reads what stands there, and says where it goes on."""
        letter, now = self._script[at], self._open[-1] if self._open else ""
        if letter == MARK:
            self.around.append(now)
        elif letter == "\n":
            return self._line_end(at + 1)
        elif now == "#":
            pass
        elif letter == "\\" and now != "'":
            return at + 1 if self._script[at + 1 : at + 2] == MARK else at + 2
        elif now in ("'", "$'"):
            if letter == "'":
                self._open.pop()
        elif letter in '"`':
            self._open.pop() if now == letter else self._open.append(letter)
        elif self._script.startswith("$(", at):
            self._open.append("$")
            return at + 2
        elif now != '"':
            return self._code(at, letter, now)
        return at + 1

    def _code(self, at: int, letter: str, now: str) -> int:
        """What stands in no quotes."""
        before = self._script[at - 1] if at else "\n"
        if letter == ")" and now == "$":
            self._open.pop()
        elif letter == "(" and now == "$":
            self._open.append("$")
        elif letter == "'":
            self._open.append("$'" if before == "$" else "'")
        elif letter == "#" and (before.isspace() or before == ";"):
            self._open.append("#")
        elif letter == "<" and before != "<" and (found := _HERE.match(self._script, at)):
            self._pending.append(found)
            return found.end()
        return at + 1

    def _line_end(self, at: int) -> int:
        if self._open and self._open[-1] == "#":
            self._open.pop()
        for found in self._pending:
            at = self._document(found, at)
        self._pending = []
        return at

    def _document(self, found: re.Match[str], at: int) -> int:
        """Without an end there is none: `$((1<<n))` is a number."""
        end = found["quoted"] or found["bare"]
        places = (self._tabbed_lines if found["tabs"] else self._lines).get(end, ())
        if (number := bisect_left(places, at)) == len(places):
            return at
        is_quoted, last = bool(found["quote"] or found["escape"]), places[number]
        self.documents.append(HereDocument(end, is_quoted, slice(*found.span("word")), slice(at, last)))
        self.around += ["<" if is_quoted else '"'] * self._script.count(MARK, at, last)
        return self._script.index(end, last) + len(end)

    @cached_property
    def _lines(self) -> dict[str, list[int]]:
        """Where each line that may end a here document begins; `)` may stand behind it."""
        found: dict[str, list[int]] = {}
        for line in _LINE.finditer(self._script):
            found.setdefault(line[0].rstrip(")"), []).append(line.start())
        return found

    @cached_property
    def _tabbed_lines(self) -> dict[str, list[int]]:
        """The same of `<<-`, with tabs before the lines."""
        found: dict[str, list[int]] = {}
        for line in _LINE.finditer(self._script):
            found.setdefault(line[0].rstrip(")").lstrip("\t"), []).append(line.start())
        return found


def with_open_documents(script: str) -> str:
    """With quoted here documents that have values made such as a shell expands, and all else in them escaped."""
    edits: list[tuple[slice, str]] = []
    for each in Places(script).documents:
        if each.is_quoted and MARK in script[each.body] and re.fullmatch(r"[\w.+-]+", each.end):
            edits += [(each.word, each.end), (each.body, _EXPANDED.sub(r"\\\g<0>", script[each.body]))]
    pieces, end = [], 0
    for place, text in sorted(edits, key=lambda edit: edit[0].start):
        pieces += [script[end : place.start], text]
        end = place.stop
    return "".join([*pieces, script[end:]])


def reading(before: str, name: str, quote: str, after: str) -> tuple[str, str, str]:
    """A variable between two texts, in such a quote: what a shell takes for its value, and for nothing else."""
    is_escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
    match quote:
        case "'" | "$'":
            opened = before.removesuffix(quote) if before.endswith(quote) else f"{before}'"
            return opened, f'"${name}"', after[1:] if after.startswith("'") else f"{quote}{after}"
        case '"':
            return f"{before}\\" if is_escaped else before, f"${{{name}}}", after
        case "#":
            return before, name, after
    if is_escaped:
        return before[:-1], f'"${name}"', after
    return before, f"${{{name}}}" if re.match(r"\w", after) else f"${name}", after
