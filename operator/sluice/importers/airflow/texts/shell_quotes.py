"""Where in a shell script one is, so that a value is quoted as its place needs it."""

import re

_HERE = re.compile(r"<<-?(?!<)\s*(?P<quote>['\"\\]?)(?P<end>[A-Za-z_][\w.-]*)")
_NO_HERE = re.compile(r"<\Z|\(\((?!.*\)\))")
"""Before `<<` in a here string and in arithmetic."""


class Quotes:
    """`now` is the quote that is open, `#` in a comment, `<` in a quoted here document, `"` in any other one, and `$`
    or a backtick in a substitution.
    """

    def __init__(self) -> None:
        self._open: list[str] = []
        self._end = ""
        self._line = ""
        self._pending = ""

    @property
    def now(self) -> str:
        if self._end:
            return "<" if self._end.startswith("'") else '"'
        return self._open[-1] if self._open else ""

    def pass_value(self) -> None:
        """A value stands here."""
        self._line += "x"

    def read(self, text: str) -> None:
        skip = False
        for at, letter in enumerate(text):
            if letter == "\n":
                self._newline()
                skip = False
                continue
            before, self._line = self._line, self._line + letter
            if skip or self._end:
                skip = False
                continue
            now = self.now
            if now == "'":
                if letter == "'":
                    self._open.pop()
            elif now == "#":
                continue
            elif letter == "\\":
                skip = True
            elif letter in ('"', "`"):
                self._open.pop() if now == letter else self._open.append(letter)
            elif text[at - 1 : at + 1] == "$(" and at:
                self._open.append("$")
            elif now == '"':
                continue
            elif letter == ")" and now == "$":
                self._open.pop()
            elif letter == "(" and now == "$":
                self._open.append("$")
            elif letter == "'":
                self._open.append("'")
            elif letter == "#" and (not before or before[-1].isspace()):
                self._open.append("#")
            elif letter == "<" and (found := _HERE.match(text, at)) and not _NO_HERE.search(before):
                self._pending = ("'" if found["quote"] else '"') + found["end"]

    def _newline(self) -> None:
        if self._end and self._line.strip() == self._end[1:]:
            self._end = ""
        if self._open and self._open[-1] == "#":
            self._open.pop()
        if self._pending:
            self._end, self._pending = self._pending, ""
        self._line = ""
