"""A command that a message ends with, as it has to be typed here: for the same cluster, user and namespace."""

import re
import shlex

import click

from sluice.client.access import Access

_COMMAND = re.compile(r"(?:: |   )(?:sluice|kubectl) [^:;]+$")


def as_typed(line: str) -> str:
    """The line, with the flags after its command that this program was given and that are not there already."""
    context = click.get_current_context(silent=True)
    access = None if context is None else context.find_root().obj
    if not isinstance(access, Access) or not _COMMAND.search(line):
        return line
    there = line.replace(" -A", " -n ").split()
    given = access.flags()
    for flag, value in zip(given[::2], given[1::2], strict=True):
        if flag not in there:
            line += f" {flag} {shlex.quote(value)}"
    return line
