"""Values in scripts: each becomes an environment variable, so that none becomes code.

Argo writes them into the text. In a shell `{{x}}` becomes `$X`, in double quotes `${X}`, in single quotes `'"$X"'`; a
Python string that is nothing else becomes `os.environ["X"]`. Everything else worked as code, and is told.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from sluice.importers.argo.documents.text import Ref, Text
from sluice.importers.shell_quotes import Quotes

SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh"})
_PYTHONS = re.compile(r"python(3(\.\d+)?)?")
_READS = {"node": 'process.env["{}"]', "ruby": 'ENV["{}"]', "perl": '$ENV{{"{}"}}', "php": 'getenv("{}")'}


@dataclass(slots=True)
class Written:
    """A script without values. `refs` are those that it reads, by the variable; `as_code` those that were code."""

    text: str = ""
    refs: dict[str, Ref] = field(default_factory=dict)
    as_code: list[str] = field(default_factory=list)
    taken: Collection[str] = ()
    """Variables that the template has already."""

    def variable(self, ref: Ref) -> str:
        name, number = ref.name, 2
        while name in self.taken or self.refs.get(name, ref) != ref:
            name, number = f"{ref.name}_{number}", number + 1
        self.refs[name] = ref
        return name


def is_python(program: str) -> bool:
    return _PYTHONS.fullmatch(program) is not None


def written(text: Text, program: str, taken: Collection[str] = ()) -> Written:
    """A script for `program`, the last part of its path."""
    made = Written(taken=taken)
    if program in SHELLS:
        return _shell(text, made)
    return _python(text, made) if is_python(program) else _other(text, made, _READS.get(program, "{}"))


def _shell(text: Text, made: Written) -> Written:
    if len(text) == 1 and isinstance(text[0], Ref):  # the value is the script
        made.text = f'eval "${made.variable(text[0])}"'
        return made
    quotes = Quotes()
    for part, after in _with_next(text):
        if isinstance(part, str):
            is_empty = quotes.now == "'" and part.startswith("'") and made.text.endswith("'")
            made.text = made.text[:-1] + part[1:] if is_empty else made.text + part
            quotes.read(part)
            continue
        name = made.variable(part)
        quotes.pass_value()
        match quotes.now:
            case "'":
                is_empty = made.text.endswith("'")
                made.text = f'{made.text[:-1]}"${name}"\'' if is_empty else f"{made.text}'\"${name}\"'"
            case '"':
                made.text += f"${{{name}}}"
            case "#":
                made.text += name
            case "<":
                made.text += name
                made.as_code.append(name)
            case _:
                made.text += f"${{{name}}}" if re.match(r"\w", after) else f"${name}"
    return made


def _with_next(text: Text) -> Iterator[tuple[str | Ref, str]]:
    for number, part in enumerate(text):
        after = text[number + 1] if number + 1 < len(text) else ""
        yield part, after if isinstance(after, str) else ""


_LITERAL = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<prefix>[rRbBuUfF]{0,2})(?P<quote>\"\"\"|'''|\"|')"
    r"(?P<body>(?:\\.|(?!(?P=quote)).)*?)(?P=quote)",
    re.DOTALL,
)
_MARK = re.compile("\ue000(\\d+)\ue001")


def _python(text: Text, made: Written) -> Written:
    refs = [part for part in text if isinstance(part, Ref)]
    names = [made.variable(ref) for ref in refs]
    number = iter(range(len(refs)))
    marked = "".join(part if isinstance(part, str) else f"\ue000{next(number)}\ue001" for part in text)
    modules: set[str] = set()

    def reading(mark: re.Match[str]) -> str:
        modules.add("os")
        return f'os.environ["{names[int(mark[1])]}"]'

    def bare(mark: re.Match[str]) -> str:
        modules.add("json")
        made.as_code.append(names[int(mark[1])])
        return f"json.loads({reading(mark)})"

    def in_literal(found: re.Match[str]) -> str:
        if found["comment"]:
            return _MARK.sub(lambda mark: names[int(mark[1])], found[0])
        if (whole := _MARK.fullmatch(found["body"])) is not None and "b" not in found["prefix"].lower():
            return reading(whole)
        if _MARK.search(found["body"]) is None:
            return found[0]
        made.as_code += [names[int(mark[1])] for mark in _MARK.finditer(found["body"])]
        quote, prefix = found["quote"], found["prefix"]
        inner = _MARK.sub(lambda mark: f"{quote} + {reading(mark)} + {prefix}{quote}", found["body"])
        joined = f"{prefix}{quote}{inner}{quote}"
        for empty in (f"{prefix}{quote}{quote} + ", f" + {prefix}{quote}{quote}"):
            joined = joined.replace(empty, "")
        return f"({joined})"

    out, end = "", 0
    for found in _LITERAL.finditer(marked):
        out += _MARK.sub(bare, marked[end : found.start()]) + in_literal(found)
        end = found.end()
    out += _MARK.sub(bare, marked[end:])
    made.text = _importing(out, modules)
    return made


def _importing(script: str, modules: Iterable[str]) -> str:
    missing = [
        name for name in sorted(modules) if not re.search(rf"^import\s+(?:.*,\s*)?{name}\b(?!\.)", script, re.MULTILINE)
    ]
    if not missing:
        return script
    first = max((found.end() for found in _FUTURE.finditer(script)), default=0)
    return f"{script[:first]}import {', '.join(missing)}\n{script[first:]}"


_FUTURE = re.compile(r"^from __future__ import .*\n", re.MULTILINE)


def _other(text: Text, made: Written, reads: str) -> Written:
    """`reads` is how the language reads a variable. A string that is nothing else is replaced with its quotes."""
    refs = [part for part in text if isinstance(part, Ref)]
    names = [made.variable(ref) for ref in refs]
    made.as_code += names
    number = iter(range(len(refs)))
    marked = "".join(part if isinstance(part, str) else f"\ue000{next(number)}\ue001" for part in text)
    made.text = _QUOTED.sub(lambda mark: reads.format(names[int(mark[2])]), marked)
    return made


_QUOTED = re.compile("(?P<quote>[\"']?)\ue000(\\d+)\ue001(?P=quote)")
