"""The answer as text, or as JSON."""

import shlex

from sluice.cli.printable import json_text, printable
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.core.explain.answer import Answer, Command

_MORE_LINES = 12


def as_json(found: Answer) -> str:
    return json_text(found.written())


def as_text(found: Answer, terminal: Terminal, access: Access) -> list[str]:
    """On a terminal a fact is cut at the edge; a command never is."""
    labels = [line.label for line in found.lines] + ["not seen"] * bool(found.unseen)
    width = max(map(len, labels), default=0)
    shown = [printable(found.head)]
    for label, text in found.lines:
        first, *more = text.strip().splitlines() or [""]
        shown.append(terminal.fitted(f"  {label:{width}}  {printable(first)}"))
        if len(more) > _MORE_LINES:
            more[_MORE_LINES:] = [f"and {len(more) - _MORE_LINES} more lines: -o json has them"]
        shown += [terminal.fitted(f"  {'':{width}}  {printable(line)}") for line in more]
    shown += [f"  {'not seen':{width}}  {printable(words)}" for words in found.unseen]
    shown += [f"  {pasted(each, access)}    # {each.effect}" for each in found.commands]
    return shown


def pasted(command: Command, access: Access) -> str:
    """With the flags that say which cluster and namespace, as this program was given them."""
    return printable(shlex.join([*command.arguments, *access.flags()]))
