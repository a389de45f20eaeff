"""Argo's two expression languages as CEL.

`when` is govaluate's: values are filled in as text first, and a bare word is a string (`{{…}} == heads`). `{{=…}}`,
`expression` and hooks are expr-lang's: values are variables (`steps['a'].outputs.result == 'heads'`). One grammar
reads both. What is known at import is computed here.

https://github.com/Knetic/govaluate/blob/master/MANUAL.md, https://expr-lang.org/docs/language-definition
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sluice.importers.argo.text import TAG, Ref, Resolve, Text, Unknown

MAX_CHARACTERS, _MAX_DEPTH = 4096, 24

Kind = Literal["text", "number", "bool", "list"]


class Untranslatable(Exception):
    """An expression that has no equal in CEL."""


@dataclass(frozen=True, slots=True)
class Known:
    value: Any


@dataclass(frozen=True, slots=True)
class Value:
    """References and literals that are one text together."""

    text: Text


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function, and what it is applied to."""

    name: str
    parts: tuple["Expression", ...]


Expression = Known | Value | Call


def condition(written: str, resolve: Resolve) -> str:
    """Argo's `when` as a CEL condition; `true` or `false` if it does not depend on the run.

    Raises Untranslatable, or Unknown for what it reads.
    """
    held: list[Expression] = []

    def tokens(found: re.Match[str]) -> str:
        words = found["words"].strip()
        if found["expression"]:
            held.append(parse(words, resolve))
            return f"\ue000{len(held) - 1}\ue001"
        known = resolve(words, False)
        if known is None:
            raise Unknown(found[0])
        text = ""
        for part in known:
            if isinstance(part, Ref):
                held.append(Value((part,)))
                part = f"\ue000{len(held) - 1}\ue001"  # noqa: PLW2901
            text += part
        return text

    return _as_condition(_Parser(TAG.sub(tokens, written), None, held).whole())


def expression(written: str, resolve: Resolve) -> str:
    """The same of an expr-lang expression without its `{{=` and `}}`."""
    return _as_condition(parse(written, resolve))


def _as_condition(node: Expression) -> str:
    if isinstance(node, Known):
        if str(node.value).lower() not in ("true", "false"):
            raise Untranslatable(f"is {node.value!r}, which is neither true nor false")
        return str(node.value).lower()
    text, kind = _cel(node)
    if isinstance(node, Value):
        return f"{text} == 'true'"
    if kind != "bool":
        raise Untranslatable("is neither true nor false")
    return text


def parse(written: str, resolve: Resolve) -> Expression:
    """An expr-lang expression. What is known at import is a literal. Raises Untranslatable or Unknown."""
    return _Parser(written, resolve, []).whole()


_TOKEN = re.compile(
    r"\s*(?:(?P<held>\ue000\d+\ue001)|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(?P<number>\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_][\w]*(?:-[A-Za-z0-9_]+)*|\d[\w.-]*)"
    r"|(?P<sign>\?\?|\|\||&&|==|!=|<=|>=|=~|!~|\?\.|[-+*/%<>!?:(),.\[\]]))"
)
_BINDING = {
    "?": 1,
    "??": 2,
    "||": 3,
    "or": 3,
    "&&": 4,
    "and": 4,
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">=", "=~", "!~"), 5),
    **dict.fromkeys(("in", "contains", "startsWith", "endsWith", "matches"), 5),
    "+": 6,
    "-": 6,
    "*": 7,
    "/": 7,
    "%": 7,
}
_SAME = {"or": "||", "and": "&&", "matches": "=~"}


class _Parser:
    """`resolve` is None for govaluate, where a word is a string. `held` are the values that tokens stand for."""

    def __init__(self, text: str, resolve: Resolve | None, held: list[Expression]) -> None:
        if len(text) > MAX_CHARACTERS:
            raise Untranslatable(f"has {len(text)} characters; at most {MAX_CHARACTERS} are read")
        self._resolve, self._held = resolve, held
        self._tokens: list[tuple[str, str]] = []
        self._depth = 0
        end = 0
        while text[end:].strip():
            found = _TOKEN.match(text, end)
            if found is None or found.lastgroup is None:
                raise Untranslatable(f"has {text[end:].strip()[:10]!r}, which is not understood")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            end = found.end()
        self._tokens.append(("end", ""))

    def whole(self) -> Expression:
        node = self._expression(0)
        if self._tokens[0][0] != "end":
            raise Untranslatable(f"has {self._tokens[0][1]!r} where it should end")
        return node

    def _next(self) -> tuple[str, str]:
        return self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]

    def _take(self, sign: str) -> bool:
        if self._tokens[0] == ("sign", sign):
            self._next()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise Untranslatable(f"lacks a {sign!r}")

    def _expression(self, bound: int) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Untranslatable(f"is nested deeper than {_MAX_DEPTH} levels")
        left = self._operand()
        while (binding := _BINDING.get(self._tokens[0][1], 0)) > bound and self._tokens[0][0] in ("sign", "word"):
            sign = self._next()[1]
            if sign == "?":
                then = self._expression(0)
                self._expect(":")
                left = _folded("?", left, then, self._expression(0))
            else:
                left = _folded(_SAME.get(sign, sign), left, self._expression(binding))
        self._depth -= 1
        return left

    def _operand(self) -> Expression:
        kind, token = self._next()
        match kind, token:
            case "held", _:
                return self._held[int(token[1:-1])]
            case "number", _:
                return Known(float(token) if "." in token else int(token))
            case "text", _:
                return self._text(token)
            case "sign", "(":
                node = self._list(")") if self._resolve is None else self._expression(0)
                if self._resolve is not None:
                    self._expect(")")
                return node
            case "sign", "[":
                return self._list("]")
            case ("sign", "!") | ("word", "not"):
                return _folded("!", self._expression(_BINDING["+"] if token == "!" else _BINDING["=="]))  # noqa: S105
            case "sign", "-":
                return _folded("-", Known(0), self._expression(_BINDING["*"]))
            case "word", "true" | "false":
                return Known(token == "true")  # noqa: S105  # a token of the grammar
            case "word", _ if self._resolve is None:
                return Known(token)
            case "word", _:
                return self._path(token)
        raise Untranslatable(f"has {token!r} where a value should be" if token else "ends too early")

    def _text(self, token: str) -> Expression:
        parts: list[str | Ref] = []
        for piece in re.split(r"(\ue000\d+\ue001)", token[1:-1]):
            if not piece.startswith("\ue000"):
                parts.append(re.sub(r"\\(.)", r"\1", piece))
                continue
            match self._held[int(piece[1:-1])]:
                case Value(text):
                    parts += text
                case Known(value):
                    parts.append(str(value))
                case _:
                    raise Untranslatable("has an expression inside a text")
        return value_of(tuple(part for part in parts if part != ""))

    def _list(self, end: str) -> Expression:
        """A list; in round brackets a single expression is that itself."""
        parts = [self._expression(0)]
        while self._take(","):
            parts.append(self._expression(0))
        self._expect(end)
        return parts[0] if end == ")" and len(parts) == 1 else Call("list", tuple(parts))

    def _path(self, word: str) -> Expression:
        keys = [word]
        while True:
            if self._take(".") or self._take("?."):
                keys.append(self._next()[1])
            elif self._take("["):
                kind, token = self._next()
                if kind not in ("text", "number"):
                    raise Untranslatable("has an index that is computed")
                keys.append(token.strip("'\""))
                self._expect("]")
            else:
                break
        if self._take("("):
            arguments = [] if self._take(")") else [self._list(")")]
            parts = (
                arguments[0].parts
                if arguments and isinstance(arguments[0], Call) and arguments[0].name == "list"
                else arguments
            )
            return _function(".".join(keys), tuple(parts))
        assert self._resolve is not None  # noqa: S101  # govaluate's words are strings
        known = self._resolve(".".join(keys), False)
        if known is None:
            raise Unknown(".".join(keys))
        return value_of(known)


def value_of(text: Text) -> Expression:
    """A text as an expression: a literal if it has no reference."""
    if all(isinstance(part, str) for part in text):
        return Known("".join(map(str, text)))
    return Value(text)


_CASTS: dict[str, Callable[[Any], Any]] = {"asInt": int, "int": int, "asFloat": float, "float": float, "string": str}


def _function(name: str, parts: tuple[Expression, ...]) -> Expression:
    if name in _CASTS and len(parts) == 1:
        if isinstance(parts[0], Known):
            try:
                return Known(_CASTS[name](parts[0].value))
            except ValueError:
                raise Untranslatable(f"{name}() takes no {parts[0].value!r}") from None
        return Call({"asInt": "int", "asFloat": "double", "float": "double"}.get(name, name), parts)
    raise Untranslatable(f"calls {name}(), which has no equal in CEL")


_COMPUTED: dict[str, Callable[..., Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "!": operator.not_,
    "&&": lambda a, b: a and b,
    "||": lambda a, b: a or b,
    "contains": operator.contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


def _folded(name: str, *parts: Expression) -> Expression:
    """The operator applied, if all that it needs is known; what decides `&&` and `||` alone is taken."""
    known = [part.value for part in parts if isinstance(part, Known)]
    if name == "?" and isinstance(parts[0], Known):
        return parts[1] if parts[0].value is True else parts[2]
    if name in ("&&", "||") and len(known) == 1:
        other = next(part for part in parts if not isinstance(part, Known))
        return Known(name == "||") if known[0] is (name == "||") else other
    match parts if name == "in" else ():
        case (Known(one), Call("list", choices)) if all(isinstance(each, Known) for each in choices):
            return Known(Known(one) in choices)
    if len(known) < len(parts) or name not in _COMPUTED:
        return Call(name, parts)
    try:
        return Known(_COMPUTED[name](*known))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise Untranslatable(f"cannot compute {name} of {known[0]!r}") from None


_METHODS = {"contains": "contains", "startsWith": "startsWith", "endsWith": "endsWith", "=~": "matches"}
_PHASES = {"Error": "Failed", "Omitted": "Skipped"}


def _cel(node: Expression) -> tuple[str, Kind]:
    match node:
        case Known(bool(value)):
            return str(value).lower(), "bool"
        case Known(int(value) | float(value)):
            return str(value), "number"
        case Known(value):
            return quoted(str(value)), "text"
        case Value(text):
            if len(text) == 1 and isinstance(text[0], Ref) and text[0].number:
                return text[0].condition, "number"
            return " + ".join(part.condition if isinstance(part, Ref) else quoted(part) for part in text), "text"
        case Call("list", parts):
            return f"[{', '.join(_cel(part)[0] for part in parts)}]", "list"
        case Call("int" | "double" | "string" as name, (part,)):
            inner, kind = _cel(part)
            wanted: Kind = "text" if name == "string" else "number"
            return inner if kind == wanted else f"{name}({inner})", wanted
        case Call("!", (part,)):
            return f"!({_boolean(part)})", "bool"
        case Call("&&" | "||" as name, (left, right)):
            sides = (f"({_boolean(each)})" if _weaker(each, name) else _boolean(each) for each in (left, right))
            return f" {name} ".join(sides), "bool"
        case Call("?", (asked, then, otherwise)):
            (yes, kind), (no, _) = _cel(then), _cel(otherwise)
            return f"({_boolean(asked)} ? {yes} : {no})", kind
        case Call("contains" | "startsWith" | "endsWith" | "=~" as name, (left, right)):
            return f"{_grouped(left)}.{_METHODS[name]}({_cel(right)[0]})", "bool"
        case Call("!~", (left, right)):
            return f"!{_grouped(left)}.matches({_cel(right)[0]})", "bool"
        case Call("in", (left, right)):
            return f"{_cel(left)[0]} in {_cel(right)[0]}", "bool"
        case Call("==" | "!=" | "<" | ">" | "<=" | ">=" as name, (left, right)):
            return _comparison(name, left, right), "bool"
        case Call("+" | "-" | "*" | "/" | "%" as name, (left, right)):
            (one, kind), (two, same) = _cel(left), _cel(right)
            if kind != same:
                raise Untranslatable(f"applies {name} to a text and a number")
            return f"({one} {name} {two})", kind
    raise Untranslatable(f"uses {node.name if isinstance(node, Call) else node!r}")


def _boolean(node: Expression) -> str:
    text, kind = _cel(node)
    return text if kind == "bool" else f"{text} == 'true'"


def _weaker(node: Expression, name: str) -> bool:
    return isinstance(node, Call) and node.name in ("&&", "||") and node.name != name


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
    whole = not any(isinstance(each, Known) and isinstance(each.value, float) for each in (left, right))
    one, two = (
        _as_number(each, text, is_, whole=whole) for each, text, is_ in ((left, one, kind), (right, two, other))
    )
    return f"{one} {name} {two}"


def _as_text(node: Expression, text: str, kind: Kind) -> str:
    if kind == "text":
        return text
    return (
        quoted(str(node.value).lower() if isinstance(node.value, bool) else str(node.value))
        if isinstance(node, Known)
        else f"string({text})"
    )


def _as_number(node: Expression, text: str, kind: Kind, *, whole: bool) -> str:
    if isinstance(node, Known) and isinstance(node.value, str):
        raise Untranslatable(f"compares {node.value!r} with a number")
    if kind == "number":
        return text if whole or isinstance(node, Known) else f"double({text})"
    return f"{'int' if whole else 'double'}({text})"


def _phase(node: Expression, other: Expression) -> Expression:
    """A phase of Argo's that `other`, how something ended, is compared with."""
    if isinstance(node, Known) and isinstance(other, Value) and isinstance(other.text[0], Ref):
        if other.text[0].paths[0][-1] != "phase":
            return node
        if node.value in ("Running", "Pending", "Daemoned"):
            raise Untranslatable(f"asks for what goes on in phase {node.value}, and conditions are asked at the end")
        return Known(_PHASES.get(node.value, node.value))
    return node


def quoted(text: str) -> str:
    """As a string of CEL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"
