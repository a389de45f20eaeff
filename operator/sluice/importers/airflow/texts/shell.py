"""Puts values into a shell script by variables: where a template stood, `$X` stands, quoted as its place needs it.

Bare it becomes `${X}`, as in double quotes, and in single quotes `'..."${X}"...'` with the quotes closed around it.
What is nothing but values is run as the script that they are.
"""

from collections.abc import Sequence

from sluice.importers.airflow.texts.shell_quotes import Quotes


class NotPossible(Exception):
    """A value stands where no variable can: in a quoted here-document."""


def text_of(parts: Sequence[object]) -> str:
    """What of a script is no value. Without any the values are the script."""
    return "".join(part for part in parts if isinstance(part, str)).strip()


def put_in(parts: Sequence[str | tuple[str]]) -> str:
    """`parts`: texts, and the names of variables as tuples of one."""
    if parts and not text_of(parts):
        return f'eval "{"".join(part if isinstance(part, str) else _variable(part) for part in parts).strip()}"'
    written, quotes = "", Quotes()
    for part in parts:
        if isinstance(part, str):
            written += part
            quotes.read(part)
            continue
        if quotes.now == "<":
            raise NotPossible("a value in a quoted here-document")
        written += f"'\"{_variable(part)}\"'" if quotes.now == "'" else _variable(part)
        quotes.pass_value()
    return written


def _variable(part: tuple[str]) -> str:
    return f"${{{part[0]}}}"
