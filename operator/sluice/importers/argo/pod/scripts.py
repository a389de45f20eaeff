"""Values in scripts: each becomes an environment variable, so that none becomes code.

Argo writes them into the text. In a shell `{{x}}` becomes `$X`, in double quotes `${X}`, in single quotes `'"$X"'`; a
Python string that is nothing else becomes `os.environ["X"]`. Everything else worked as code, and is told: as what is
read now, or as what is left.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sluice.importers.argo.documents.text import FILL_IN, Ref, Text, references
from sluice.importers.argo.pod.languages import LANGUAGES, MARKED, Language, Rewriting
from sluice.importers.argo.pod.shells import MARK, Places, reading, with_open_documents

SHELLS = frozenset({"sh", "bash", "ash", "dash", "ksh", "zsh"})
_PYTHONS = re.compile(r"python(3(\.\d+)?)?")


@dataclass(slots=True)
class Written:
    """A script without values. `refs` are those that it had, by the variable that each is in; `as_code` those that were
    code and are read, `left` those that nothing reads.
    """

    text: str = ""
    refs: dict[str, Ref] = field(default_factory=dict)
    as_code: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    taken: Collection[str] = ()
    """Variables that the template has already."""

    def variable(self, ref: Ref) -> str:
        name, number = ref.name, 2
        while name in self.taken or self.refs.get(name, ref) != ref:
            name, number = f"{ref.name}_{number}", number + 1
        self.refs[name] = ref
        return name

    def leave(self, name: str) -> str:
        """What stands for a value that nothing reads."""
        self.left.append(name)
        return f"{FILL_IN}_{name}"


def is_python(program: str) -> bool:
    return _PYTHONS.fullmatch(program) is not None


def written(text: Text, program: str, taken: Collection[str] = ()) -> Written:
    """A script for `program`, the last part of its path."""
    made = Written(taken=taken)
    if program in SHELLS:
        return _shell(text, made)
    return _python(text, made) if is_python(program) else _other(text, made, LANGUAGES.get(program))


def _shell(text: Text, made: Written) -> Written:
    if len(text) == 1 and isinstance(text[0], Ref):  # the value is the script
        made.text = f'eval "${made.variable(text[0])}"'
        return made
    script = with_open_documents("".join(part if isinstance(part, str) else MARK for part in text))
    before, *others = script.split(MARK)
    pieces: list[str] = []
    for ref, quote, after in zip(references(text), Places(script).around, others, strict=True):
        name = made.variable(ref)
        read = (before, made.leave(name), after) if quote == "<" else reading(before, name, quote, after)
        pieces += read[:2]
        before = read[2]
    made.text = "".join([*pieces, before])
    return made


_LITERAL = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<prefix>[rRbBuUfF]{0,2})(?P<quote>\"\"\"|'''|\"|')"
    r"(?P<body>(?:\\.|(?!(?P=quote)).)*?)(?P=quote)",
    re.DOTALL,
)


def _python(text: Text, made: Written) -> Written:
    names = [made.variable(ref) for ref in references(text)]
    marked = _marked(text)
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
            return MARKED.sub(lambda mark: names[int(mark[1])], found[0])
        encoded = ".encode()" if "b" in found["prefix"].lower() else ""
        if (whole := MARKED.fullmatch(found["body"])) is not None:
            return reading(whole) + encoded
        if MARKED.search(found["body"]) is None:
            return found[0]
        if _needs_its_literal(found["prefix"], found["body"]):
            return MARKED.sub(lambda mark: made.leave(names[int(mark[1])]), found[0])
        made.as_code += [names[int(mark[1])] for mark in MARKED.finditer(found["body"])]
        quote, prefix = found["quote"], found["prefix"]
        inner = MARKED.sub(lambda mark: f"{quote} + {reading(mark)}{encoded} + {prefix}{quote}", found["body"])
        joined = f"{prefix}{quote}{inner}{quote}"
        for empty in (f"{prefix}{quote}{quote} + ", f" + {prefix}{quote}{quote}"):
            joined = joined.replace(empty, "")
        return f"({joined})"

    out, end = "", 0
    for found in _LITERAL.finditer(marked):
        out += MARKED.sub(bare, marked[end : found.start()]) + in_literal(found)
        end = found.end()
    out += MARKED.sub(bare, marked[end:])
    made.text = _importing(out, modules)
    return made


_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}|(?P<open>\{)")


def _needs_its_literal(prefix: str, body: str) -> bool:
    """Does a value follow a backslash, or stand in a field of an f-string?"""
    if re.search(rf"(?<!\\)(?:\\\\)*\\{MARKED.pattern}", body):
        return True
    fields = _FIELD.finditer(body) if "f" in prefix.lower() else ()
    return any(found["open"] or MARKED.search(found[0]) for found in fields)


def _importing(script: str, modules: Iterable[str]) -> str:
    missing = [
        name for name in sorted(modules) if not re.search(rf"^import\s+(?:.*,\s*)?{name}\b(?!\.)", script, re.MULTILINE)
    ]
    if not missing:
        return script
    first = max((found.end() for found in _FUTURE.finditer(script)), default=0)
    return f"{script[:first]}import {', '.join(missing)}\n{script[first:]}"


_FUTURE = re.compile(r"^from __future__ import .*\n", re.MULTILINE)


def _other(text: Text, made: Written, language: Language | None) -> Written:
    rewriting = Rewriting(language, [made.variable(ref) for ref in references(text)], made.leave)
    made.text = rewriting.of(_marked(text))
    made.as_code = rewriting.taken
    return made


def _marked(text: Text) -> str:
    """With each value as its number."""
    number = iter(range(len(text)))
    return "".join(part if isinstance(part, str) else f"\ue000{next(number)}\ue001" for part in text)
