"""Puts values into a shell script by variables: where a template stood, `$X` stands, quoted as its place needs it.

Bare it becomes `$X`, in double quotes `${X}`, and in single quotes `'..."$X"...'` with the quotes closed around it.
"""

from collections.abc import Sequence

BARE, SINGLE, DOUBLE, COMMENT = "bare", "single", "double", "comment"


class NotPossible(Exception):
    """A value stands where no variable can: in a quoted here-document."""


def put_in(parts: Sequence[str | tuple[str]]) -> str:
    """`parts`: texts, and the names of variables as tuples of one."""
    if any("<<'" in part or '<<"' in part or "<<\\" in part for part in parts if isinstance(part, str)):
        raise NotPossible("a value in a quoted here-document")
    written, quote = "", BARE
    for part in parts:
        if isinstance(part, str):
            written += part
            quote = _quote_after(part, quote)
        elif quote == SINGLE:
            written += f"'\"${{{part[0]}}}\"'"
        else:
            written += f"${{{part[0]}}}"
    return written


def _quote_after(text: str, quote: str) -> str:
    """How the text after `text` is quoted."""
    skip = False
    for index, letter in enumerate(text):
        if skip:
            skip = False
        elif quote == COMMENT:
            quote = BARE if letter == "\n" else COMMENT
        elif letter == "\\" and quote != SINGLE:
            skip = True
        elif letter == "'" and quote != DOUBLE:
            quote = BARE if quote == SINGLE else SINGLE
        elif letter == '"' and quote != SINGLE:
            quote = BARE if quote == DOUBLE else DOUBLE
        elif letter == "#" and quote == BARE and (index == 0 or text[index - 1].isspace()):
            quote = COMMENT
    return quote
