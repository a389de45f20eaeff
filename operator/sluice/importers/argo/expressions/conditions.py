"""Expressions as CEL conditions."""

import re
from typing import Literal

from sluice.importers.argo.documents.text import TAG, Ref, Resolve, UnknownTag, is_of_cluster
from sluice.importers.argo.expressions.parser import Parser, parse
from sluice.importers.argo.expressions.tree import Constant, Expression, Operation, Untranslatable, Value, go_text

_Kind = Literal["text", "number", "bool", "list"]


def condition(written: str, resolve: Resolve) -> str:
    """Argo's `when` as a CEL condition; `true` or `false` if it does not depend on the run.

    Raises Untranslatable, or UnknownTag for what it reads.
    """
    held: list[Expression] = []

    def tokens(found: re.Match[str]) -> str:
        words = found["words"].strip()
        if found["expression"]:
            held.append(parse(words, resolve))
            return f"\ue000{len(held) - 1}\ue001"
        known = resolve(words, False)
        if known is None:
            raise UnknownTag(found[0])
        text = ""
        for part in known:
            if isinstance(part, Ref):
                held.append(Value((part,)))
                part = f"\ue000{len(held) - 1}\ue001"  # noqa: PLW2901
            text += part
        return text

    return _as_condition(Parser(TAG.sub(tokens, written), None, held).whole())


def expression(written: str, resolve: Resolve) -> str:
    """The same of an expr-lang expression without its `{{=` and `}}`."""
    return _as_condition(parse(written, resolve))


def _as_condition(node: Expression) -> str:
    if isinstance(node, Constant):
        if str(node.value).lower() not in ("true", "false"):
            raise Untranslatable(f"is {node.value!r}, which is neither true nor false")
        return str(node.value).lower()
    text, kind = _cel(node)
    if isinstance(node, Value):
        return f"{text} == 'true'"
    if kind != "bool":
        raise Untranslatable("is neither true nor false")
    return text


_METHODS = {"contains": "contains", "startsWith": "startsWith", "endsWith": "endsWith", "=~": "matches"}
_PHASES = {"Error": "Failed", "Omitted": "Skipped"}


def _cel(node: Expression) -> tuple[str, _Kind]:
    match node:
        case Constant(bool(value)):
            return str(value).lower(), "bool"
        case Constant(int(value) | float(value)):
            return str(value), "number"
        case Constant(str(value)):
            return quoted(value), "text"
        case Constant(list(values)):
            return f"[{', '.join(_cel(Constant(value))[0] for value in values)}]", "list"
        case Value(text) if is_of_cluster(text):
            raise Untranslatable("asks for what only the environment of a container has")
        case Value(text):
            if len(text) == 1 and isinstance(text[0], Ref) and text[0].number:
                return text[0].condition, "number"
            return " + ".join(part.condition if isinstance(part, Ref) else quoted(part) for part in text), "text"
        case Operation("list", parts):
            return f"[{', '.join(_cel(part)[0] for part in parts)}]", "list"
        case Operation("int" | "double" | "string" as name, (part,)):
            inner, kind = _cel(part)
            wanted: _Kind = "text" if name == "string" else "number"
            return inner if kind == wanted else f"{name}({inner})", wanted
        case Operation("!", (part,)):
            return f"!({_boolean(part)})", "bool"
        case Operation("&&" | "||" as name, (left, right)):
            sides = (f"({_boolean(each)})" if _weaker(each, name) else _boolean(each) for each in (left, right))
            return f" {name} ".join(sides), "bool"
        case Operation("?", (asked, then, otherwise)):
            (yes, kind), (no, _) = _cel(then), _cel(otherwise)
            return f"({_boolean(asked)} ? {yes} : {no})", kind
        case Operation("contains" | "startsWith" | "endsWith" | "=~" as name, (left, right)):
            return f"{_grouped(left)}.{_METHODS[name]}({_cel(right)[0]})", "bool"
        case Operation("!~", (left, right)):
            return f"!{_grouped(left)}.matches({_cel(right)[0]})", "bool"
        case Operation("in", (left, right)):
            return f"{_cel(left)[0]} in {_cel(right)[0]}", "bool"
        case Operation("==" | "!=" | "<" | ">" | "<=" | ">=" as name, (left, right)):
            return _comparison(name, left, right), "bool"
        case Operation("+" | "-" | "*" | "/" | "%" as name, (left, right)):
            (one, kind), (two, same) = _cel(left), _cel(right)
            if kind != same:
                raise Untranslatable(f"applies {name} to a text and a number")
            return f"({one} {name} {two})", kind
        case Operation(name) if name[0].isalpha():
            raise Untranslatable(f"calls {name}(), which has no equal in CEL")
    raise Untranslatable(f"uses {node.name if isinstance(node, Operation) else go_text(node.value)}")


def _boolean(node: Expression) -> str:
    text, kind = _cel(node)
    return text if kind == "bool" else f"{text} == 'true'"


def _weaker(node: Expression, name: str) -> bool:
    return isinstance(node, Operation) and node.name in ("&&", "||") and node.name != name


def _grouped(node: Expression) -> str:
    text, _ = _cel(node)
    return f"({text})" if isinstance(node, Value) and len(node.text) > 1 else text


def _comparison(name: str, left: Expression, right: Expression) -> str:
    """Equality is that of texts, as `{{…}} == 1` has the text 1 on its left; an order of numbers needs numbers."""
    left, right = _phase(left, right), _phase(right, left)
    (one, kind), (two, other) = _cel(left), _cel(right)
    if kind == other and not (name in "<=>=" and kind == "text" and name != "=="):
        return f"{one} {name} {two}"
    if name in ("==", "!="):
        one, two = (_as_text(each, text, is_) for each, text, is_ in ((left, one, kind), (right, two, other)))
        return f"{one} {name} {two}"
    whole = not any(isinstance(each, Constant) and isinstance(each.value, float) for each in (left, right))
    one, two = (
        _as_number(each, text, is_, whole=whole) for each, text, is_ in ((left, one, kind), (right, two, other))
    )
    return f"{one} {name} {two}"


def _as_text(node: Expression, text: str, kind: _Kind) -> str:
    if kind == "text":
        return text
    return (
        quoted(str(node.value).lower() if isinstance(node.value, bool) else str(node.value))
        if isinstance(node, Constant)
        else f"string({text})"
    )


def _as_number(node: Expression, text: str, kind: _Kind, *, whole: bool) -> str:
    if isinstance(node, Constant) and isinstance(node.value, str):
        raise Untranslatable(f"compares {node.value!r} with a number")
    if kind == "number":
        return text if whole or isinstance(node, Constant) else f"double({text})"
    return f"{'int' if whole else 'double'}({text})"


def _phase(node: Expression, other: Expression) -> Expression:
    """A phase of Argo's that `other`, how something ended, is compared with."""
    if isinstance(node, Constant) and isinstance(other, Value) and isinstance(other.text[0], Ref):
        if not any(path[-1] == "phase" for path in other.text[0].paths[:1]):
            return node
        if node.value in ("Running", "Pending", "Daemoned"):
            raise Untranslatable(f"asks for what goes on in phase {node.value}, and conditions are asked at the end")
        return Constant(_PHASES.get(node.value, node.value))
    return node


def quoted(text: str) -> str:
    """As a string of CEL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"
