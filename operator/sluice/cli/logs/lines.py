"""A log cut into lines, over as many streams as it takes: none is lost, none comes twice.

Each line has the kubelet's time before it. A stream that was cut is opened again from the time of the last line
(`since`), and what has been seen is passed over: by the time, and among lines of the same time by their number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 2**16  # bytes of a piece: a line may have no end

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d) ")
_TIME_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, or of a very long one a part. `time` is as the kubelet wrote it, '' if it wrote none."""

    time: str
    text: bytes
    first: bool = True
    """Does it begin a line?"""
    last: bool = True
    """Does it end one? The last of a log may not."""


class LogLines:
    """One container's log."""

    def __init__(self) -> None:
        self._rest = b""
        self._time = b""
        """Of the newest line that was handed out, as a whole or in part."""
        self._seen = 0
        """How many whole lines of that time were."""
        self._handed_out = 0
        """How many bytes of the line after them were."""
        self._passed = 0
        """Of this stream, how many lines of that time have come."""
        self._open: bytes | None = None
        """The time of the line of which pieces come; None between two lines."""

    @property
    def since(self) -> str:
        """The time from which the next stream has to begin; '' is from the start."""
        return self._time.decode()

    def begin(self) -> None:
        """A stream begins. What the one before had of a line comes again."""
        self._rest, self._passed, self._open = b"", 0, None
        self._skip = self._handed_out

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The pieces that are complete with this chunk."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            yield from self._piece(line, last=True)
        while len(self._rest) > LONGEST + _TIME_LONGEST:
            part, self._rest = self._rest[: LONGEST + _TIME_LONGEST], self._rest[LONGEST + _TIME_LONGEST :]
            yield from self._piece(part, last=False)

    def end(self) -> Iterator[Piece]:
        """The log has ended, perhaps without a newline."""
        if self._rest:
            rest, self._rest = self._rest, b""
            yield from self._piece(rest, last=True)

    def _piece(self, text: bytes, *, last: bool) -> Iterator[Piece]:
        begins = self._open is None
        if begins:
            found = _TIME.match(text)
            self._open = found[0].rstrip() if found else b""
            text = text[found.end() :] if found else text
        time = self._open or b""
        if last:
            self._open = None
        if time and time < self._time:
            return
        if time > self._time:
            self._time, self._seen, self._passed, self._handed_out, self._skip = time, 0, 0, 0, 0
        if time and self._passed < self._seen:  # a whole line that was handed out by an earlier stream
            self._passed += last
            return
        dropped = min(self._skip, len(text)) if time else 0
        self._skip -= dropped
        first, text = begins and not dropped, text[dropped:]
        if time:
            self._note(len(text), last=last)
        if text or last:
            yield Piece(time.decode(), text, first, last)

    def _note(self, size: int, *, last: bool) -> None:
        if last:
            self._seen += 1
            self._passed, self._handed_out, self._skip = self._seen, 0, 0
        else:
            self._handed_out += size
