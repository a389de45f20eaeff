"""What `sluice logs` makes of bytes: lines of which none is lost or doubled, and nothing that moves the cursor."""

import asyncio
import tracemalloc

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from sluice.cli.logs.copy import copy
from sluice.cli.logs.lines import LONGEST, LogLines
from sluice.cli.logs.shown import harmless
from tests.client.server import serving


def at(second: int) -> str:
    return f"2026-03-01T02:00:{second:02}.000000000Z"


def kubelets(log: list[tuple[int, bytes]], since: str, *, newline: bool) -> bytes:
    """What the API server sends: the lines from a time on."""
    lines = [at(second).encode() + b" " + text for second, text in log if at(second) >= since]
    return b"\n".join(lines) + (b"\n" if newline and lines else b"")


def joined(pieces) -> list[bytes]:
    found = []
    for piece in pieces:
        if piece.first:
            found.append(b"")
        found[-1] += piece.text
    return found


@given(
    log=st.lists(
        st.tuples(st.integers(0, 3), st.binary(max_size=5).map(lambda text: text.replace(b"\n", b""))), max_size=8
    ),
    cuts=st.lists(st.integers(0, 300), max_size=4),
    newline=st.booleans(),
    size=st.integers(1, 60),
)
def test_a_log_that_is_cut_anywhere_comes_whole_and_once(log, cuts, newline, size):
    log.sort(key=lambda line: line[0])
    lines, pieces = LogLines(), []
    for cut in [*cuts, None]:
        lines.begin()
        sent = kubelets(log, lines.since, newline=newline)[:cut]
        for start in range(0, len(sent), size):
            pieces += lines.feed(sent[start : start + size])
    pieces += lines.end()
    assert joined(pieces) == [text for _, text in log]


@pytest.mark.parametrize("cut", [0, 10, LONGEST, 2 * LONGEST + 99, 3 * LONGEST])
def test_a_line_without_end_comes_in_pieces_and_goes_on_after_a_cut(cut):
    text = bytes(65 + number % 26 for number in range(3 * LONGEST))
    sent = at(1).encode() + b" " + text + b"\n" + at(1).encode() + b" next\n"
    lines, pieces = LogLines(), []
    for stream in (sent[:cut], sent):
        lines.begin()
        for start in range(0, len(stream), 999):
            pieces += lines.feed(stream[start : start + 999])
    assert joined(pieces) == [text, b"next"]
    assert max(len(piece.text) for piece in pieces) < LONGEST + 2 * 999


_MB = 2**20
_CHUNK = (at(1).encode() + b" " + b"x" * 989 + b"\n") * 64


@pytest.mark.parametrize("chunk", [_CHUNK, b"x" * len(_CHUNK)], ids=["lines", "one line"])
async def test_of_a_log_that_comes_faster_than_it_is_shown_a_few_buffers_are_held(chunk, tmp_path):
    """What is held is counted in bytes, those of the server and its connection among them."""
    size, shown = 32 * _MB, 0

    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(at(1).encode() + b" ")
        for _ in range(size // len(chunk)):
            await response.write(chunk)
        return response

    def show(piece):
        nonlocal shown
        shown += len(piece.text)

    async def drain():
        for _ in range(10):  # meanwhile the server sends on
            await asyncio.sleep(0)

    async with serving(answer, tmp_path) as client:
        tracemalloc.start()
        await copy(client, "pod", "team", {"follow": "true"}, show, drain, lambda: True)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert shown > 0.9 * size
    assert peak < 4 * _MB


def test_what_the_kubelet_says_without_a_time_is_shown():
    lines = LogLines()
    lines.begin()
    assert [piece.text for piece in lines.feed(b"failed to open the log\n")] == [b"failed to open the log"]


@pytest.mark.parametrize(
    ("text", "with_colours", "without"),
    [
        ("plain", "plain", "plain"),
        ("a\tb", "a\tb", "a\tb"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m\x1b[0m", "red"),
        ("\x1b[31mred", "\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1H", "\\x1b[2J\\x1b[1;1H", "\\x1b[2J\\x1b[1;1H"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07", "\\x1b]0;title\\x07"),
        ("10%\r20%", "10%\\r20%", "10%\\r20%"),
        ("\x9b2J\u202e", "\\x9b2J\\u202e", "\\x9b2J\\u202e"),
    ],
)
def test_on_a_terminal_only_colours_stay(text, with_colours, without):
    assert harmless(text, colours=True) == with_colours
    assert harmless(text, colours=False) == without
