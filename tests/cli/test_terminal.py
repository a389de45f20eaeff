"""Colours and widths: only where they belong."""

import sys

import pytest

from sluice.cli.terminal import Terminal


@pytest.mark.parametrize(
    ("is_terminal", "environment", "colours"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals_whose_owner_wants_them(is_terminal, environment, colours, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal.of_stdout()
    assert (terminal.colours, terminal.live) == (colours, is_terminal)
    assert terminal.painted("a", "red") == ("\x1b[31ma\x1b[0m" if colours else "a")
    assert terminal.painted("a", "default") == "a"
