"""`depends: A.Succeeded && (B.Failed || C)` as `dependsOn`, `runIf` and, where no rule says it, `when`.

Argo asks once all that the expression names have ended. A name alone is `.Succeeded || .Skipped || .Daemoned`; a task
whose `depends` is not met is Omitted, which is neither. Ours is UpstreamFailed after a failure, else Skipped.

https://argo-workflows.readthedocs.io/en/latest/enhanced-depends-logic/
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.core.cel.diagnostics import path_text

PLAIN = frozenset({"Succeeded", "Skipped", "Daemoned"})
RESULTS = (*PLAIN, "Failed", "Errored", "Omitted", "AnySucceeded", "AllFailed")

_MAX_CHARACTERS, _MAX_DEPTH = 20_000, 32


class Malformed(Exception):
    """No `depends` at all."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A task, and the results of it that are asked for."""

    task: str
    results: frozenset[str]


@dataclass(frozen=True, slots=True)
class Logic:
    """`&&`, `||` or `!`."""

    sign: str
    parts: tuple["Depends", ...]


Depends = Atom | Logic

_TOKEN = re.compile(r"\s*(?:(?P<name>[\w-]+)(?:\.(?P<result>\w+))?|(?P<sign>&&|\|\||!|\(|\)))")


def parse(text: str) -> Depends:
    """Raises Malformed."""
    if len(text) > _MAX_CHARACTERS:
        raise Malformed(f"has {len(text)} characters; at most {_MAX_CHARACTERS} are read")
    tokens: list[tuple[str, str]] = []
    end = 0
    while text[end:].strip():
        found = _TOKEN.match(text, end)
        if found is None:
            raise Malformed(f"has {text[end:].strip()[:10]!r}, which is not understood")
        if found["result"] and found["result"] not in RESULTS:
            raise Malformed(f"asks for .{found['result']}; it may be {', '.join(RESULTS)}")
        tokens.append((found["name"] or found["sign"], found["result"] or ("" if found["name"] else "sign")))
        end = found.end()
    node, rest = _any(tokens, 0)
    if rest:
        raise Malformed(f"has {rest[0][0]!r} where it should end")
    return node


_Tokens = Sequence[tuple[str, str]]


def _any(tokens: _Tokens, depth: int) -> tuple[Depends, _Tokens]:
    parts = []
    while True:
        part, tokens = _all(tokens, depth)
        parts.append(part)
        if not tokens or tokens[0] != ("||", "sign"):
            return _joined("||", parts), tokens
        tokens = tokens[1:]


def _all(tokens: _Tokens, depth: int) -> tuple[Depends, _Tokens]:
    parts = []
    while True:
        part, tokens = _one(tokens, depth)
        parts.append(part)
        if not tokens or tokens[0] != ("&&", "sign"):
            return _joined("&&", parts), tokens
        tokens = tokens[1:]


def _one(tokens: _Tokens, depth: int) -> tuple[Depends, _Tokens]:
    if not tokens or depth > _MAX_DEPTH:
        raise Malformed("ends too early" if not tokens else f"is nested deeper than {_MAX_DEPTH} levels")
    (word, kind), rest = tokens[0], tokens[1:]
    if (word, kind) == ("!", "sign"):
        part, rest = _one(rest, depth + 1)
        return Logic("!", (part,)), rest
    if (word, kind) == ("(", "sign"):
        part, rest = _any(rest, depth + 1)
        if not rest or rest[0] != (")", "sign"):
            raise Malformed("lacks a ')'")
        return part, rest[1:]
    if kind == "sign":
        raise Malformed(f"has {word!r} where a task should be")
    return Atom(word, frozenset({kind}) if kind else PLAIN), rest


def _joined(sign: str, parts: list[Depends]) -> Depends:
    """`A.Failed || A.Errored` is one question about A."""
    if sign == "||":
        merged: dict[str, frozenset[str]] = {}
        for part in parts:
            if isinstance(part, Atom):
                merged[part.task] = merged.get(part.task, frozenset()) | part.results
        parts = [
            *(Atom(task, results) for task, results in merged.items()),
            *(p for p in parts if isinstance(p, Logic)),
        ]
    return parts[0] if len(parts) == 1 else Logic(sign, tuple(parts))


def atoms(node: Depends) -> list[Atom]:
    """All questions, in order."""
    return [node] if isinstance(node, Atom) else [atom for part in node.parts for atom in atoms(part)]


def is_conjunction(node: Depends) -> bool:
    """Does it ask for all of some tasks?"""
    return isinstance(node, Atom) or (node.sign == "&&" and all(isinstance(part, Atom) for part in node.parts))


def everything(names: Sequence[str]) -> Depends:
    """`dependencies: [A, B]`. A failure that its `continueOn` lets pass counts as success: it has `allowFailure`."""
    return _joined("&&", [Atom(name, PLAIN) for name in names])


@dataclass(frozen=True, slots=True)
class Dependency:
    """What is known of a task that is depended on: `name` is ours.

    `may_skip`: its own `when` may skip it. `may_fail_before`: it may end as UpstreamFailed. `omitted_as_skipped`: it
    may be Skipped, too, where its `depends` is not met.
    """

    name: str
    may_skip: bool = False
    may_fail_before: bool = False
    omitted_as_skipped: bool = False
    condition: str = ""
    """When its `depends` is met, in CEL, if that is decided by its `when`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`handles`: a failure of a dependency may be what lets the task run. `passes_on`: a dependency that is Omitted in
    Argo may be Skipped, and so is the task then. `inexact`: why it is not quite the same, and what is asked instead.
    """

    depends_on: list[str]
    run_if: str = ""
    when: str = ""
    handles: bool = False
    passes_on: bool = False
    inexact: list[tuple[str, str]] = field(default_factory=list)


_FAILED = frozenset({"Failed", "Errored"})


def rule(node: Depends, known: Mapping[str, Dependency]) -> Rule:
    """`known` has each task that is named."""
    asked = atoms(node)
    depends_on = list(dict.fromkeys(known[atom.task].name for atom in asked))
    found = [known[atom.task] for atom in asked]
    once = len(depends_on) == len(asked)
    sign = node.sign if isinstance(node, Logic) and all(isinstance(part, Atom) for part in node.parts) else ""
    flat = once and (isinstance(node, Atom) or sign in ("&&", "||"))
    every = flat and (isinstance(node, Atom) or sign == "&&")
    simple = _simple(asked, found, every=every, single=isinstance(node, Atom), either=flat and sign == "||")
    handles = any(atom.results & {*_FAILED, "Omitted", "AllFailed"} for atom in asked) or not every
    inexact = [
        (f"{atom.task}.Errored is a failure of the program here as well", "asked as .Failed")
        for atom in asked
        if "Errored" in atom.results and "Failed" not in atom.results
    ]
    inexact += [
        (f"{atom.task} is Skipped here by its `when` and where it would be Omitted", "asked as either")
        for atom, dependency in zip(asked, found, strict=True)
        if _counts_either(dependency) and ("Skipped" in atom.results) != ("Omitted" in atom.results)
    ]
    if simple is not None:
        passes_on = not simple and any(each.omitted_as_skipped for each in found)
        return Rule(depends_on, simple, handles=handles, passes_on=passes_on, inexact=inexact)
    return Rule(depends_on, "AllDone", _when(node, known), handles=True, inexact=inexact)


def _simple(
    asked: Sequence[Atom], found: Sequence[Dependency], *, every: bool, single: bool, either: bool
) -> str | None:
    """The trigger rule that says it all; None if none does."""
    results = {atom.results - {"Daemoned"} for atom in asked}
    plain, succeeded = frozenset({"Succeeded", "Skipped"}), frozenset({"Succeeded"})
    may_skip = any(each.may_skip for each in found)
    confused = any(each.omitted_as_skipped for each in found)
    told_apart = any(each.omitted_as_skipped and not _counts_either(each) for each in found)
    if every and results <= {plain, succeeded} and (results == {succeeded} or not may_skip):
        return ""
    if every and results == {plain} and not told_apart:
        return "NoneFailed"
    if either and results <= {plain, succeeded} and not may_skip and not confused:
        return "AllDoneOneSucceeded"
    before = any(each.may_fail_before for each in found)
    if every and results <= {_FAILED, frozenset({"Failed"}), frozenset({"Errored"})} and not before:
        return "OneFailed" if single else "AllFailed"
    ends = _FAILED | succeeded
    if every and all(atom.results >= {"Failed", "Succeeded"} for atom in asked) and not before:
        skips = any(
            (each.may_skip and "Skipped" not in atom.results) or each.omitted_as_skipped
            for each, atom in zip(found, asked, strict=True)
        )
        return None if skips else "AllDone"
    return "AllDone" if every and all(atom.results >= ends | {"Skipped", "Omitted"} for atom in asked) else None


def _counts_either(dependency: Dependency) -> bool:
    """Does nothing tell whether it is Skipped by its own `when` or because its `depends` is not met?"""
    return dependency.omitted_as_skipped and dependency.may_skip and not dependency.condition


def _when(node: Depends, known: Mapping[str, Dependency]) -> str:
    if isinstance(node, Atom):
        return _asked(node, known[node.task])
    if node.sign == "!":
        return f"!({_when(node.parts[0], known)})"
    texts = [_when(part, known) for part in node.parts]
    inner = (f"({text})" if " || " in text or " && " in text else text for text in texts)
    return f" {node.sign} ".join(inner)


def _asked(atom: Atom, dependency: Dependency) -> str:
    phase = path_text(("tasks", dependency.name, "phase"))
    phases = {"Succeeded"} if atom.results & {"Succeeded", "AnySucceeded"} else set()
    phases |= {"Failed"} if atom.results & (_FAILED | {"AllFailed"}) else set()
    phases |= {"UpstreamFailed"} if "Omitted" in atom.results else set()
    skipped, omitted = "Skipped" in atom.results and dependency.may_skip, "Omitted" in atom.results
    apart = ""
    if dependency.omitted_as_skipped and dependency.may_skip and dependency.condition and skipped != omitted:
        told = dependency.condition if skipped else f"!({dependency.condition})"
        apart = f"{phase} == 'Skipped' && ({told})"
    elif skipped or (omitted and dependency.omitted_as_skipped):
        phases |= {"Skipped"}
    ordered = [each for each in ("Succeeded", "Skipped", "Failed", "UpstreamFailed") if each in phases]
    match ordered:
        case []:
            text = apart or "false"
        case [only]:
            text = f"{phase} == '{only}'"
        case _:
            text = f"{phase} in {ordered}"
    return f"{text} || ({apart})" if apart and ordered else text
