"""The grammar of both languages."""

import re

from sluice.importers.argo.documents.text import Ref, Resolve, UnknownTag
from sluice.importers.argo.expressions.computed import OVER_LISTS, Computer
from sluice.importers.argo.expressions.tree import (
    Constant,
    Expression,
    Operation,
    Untranslatable,
    Value,
    go_text,
    value_of,
)

MAX_CHARACTERS, _MAX_DEPTH = 4096, 24

_TOKEN = re.compile(
    r"\s*(?:(?P<held>\ue000\d+\ue001)|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(?P<number>\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<word>[A-Za-z_][\w]*(?:-[A-Za-z0-9_]+)*|\d[\w.-]*)"
    r"|(?P<sign>\?\?|\|\||&&|==|!=|<=|>=|=~|!~|\?\.|[-+*/%<>!?:(),.\[\]{}#]))"
)
_LEVELS = (
    ("?",),
    ("||", "or"),
    ("&&", "and"),
    ("==", "!=", "<", ">", "<=", ">=", "=~", "!~", "in", "contains", "startsWith", "endsWith", "matches"),
    ("+", "-"),
    ("*", "/", "%"),
    ("??",),
)
"""Operators; those of a line bind closer than those of the lines before."""
_BINDING = {sign: level for level, signs in enumerate(_LEVELS, start=1) for sign in signs}
_SAME = {"or": "||", "and": "&&", "matches": "=~"}


def parse(written: str, resolve: Resolve) -> Expression:
    """An expr-lang expression. What is known at import is a literal. Raises Untranslatable or UnknownTag."""
    return Parser(written, resolve, []).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    """The kind and the letters of each token; the last one is an `end`. Raises Untranslatable."""
    tokens, end = [], 0
    while text[end:].strip():
        found = _TOKEN.match(text, end)
        if found is None or found.lastgroup is None:
            raise Untranslatable(f"has {text[end:].strip()[:10]!r}, which is not understood")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        end = found.end()
    return [*tokens, ("end", "")]


class Parser:
    """`resolve` is None for govaluate, where a word is a string. `held` are the values that tokens stand for."""

    def __init__(self, text: str, resolve: Resolve | None, held: list[Expression]) -> None:
        if len(text) > MAX_CHARACTERS:
            raise Untranslatable(f"has {len(text)} characters; at most {MAX_CHARACTERS} are read")
        self._resolve, self._held = resolve, held
        self._apply = Computer().apply
        self._tokens = _tokens(text)
        self._depth = 0

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
        left = self._part_of(self._operand())
        while (binding := _BINDING.get(self._tokens[0][1], 0)) > bound and self._tokens[0][0] in ("sign", "word"):
            sign = self._next()[1]
            if sign == "?":
                then = self._expression(0)
                self._expect(":")
                left = self._apply("?", left, then, self._expression(0))
            elif sign in ("=~", "!~", "matches"):
                left = Operation(_SAME.get(sign, sign), (left, self._expression(binding)))
            else:
                left = self._apply(_SAME.get(sign, sign), left, self._expression(binding))
        self._depth -= 1
        return left

    def _operand(self) -> Expression:
        kind, token = self._next()
        match kind, token:
            case "held", _:
                return self._held[int(token[1:-1])]
            case "number", _:
                return Constant(float(token) if "." in token else int(token))
            case "text", _:
                return self._text(token)
            case "sign", "(":
                parts = self._list(")")
                return parts[0] if len(parts) == 1 else self._apply("list", *parts)
            case "sign", "[":
                return self._apply("list", *self._list("]"))
            case "sign", "{":
                return self._map()
            case "sign", "#":
                return Operation("#", ())
            case ("sign", "!") | ("word", "not"):
                return self._apply("!", self._expression(_BINDING["+"] if token == "!" else _BINDING["=="]))  # noqa: S105
            case "sign", "-":
                return self._apply("-", Constant(0), self._expression(_BINDING["*"]))
            case "word", "true" | "false":
                return Constant(token == "true")  # noqa: S105  # a token of the grammar
            case "word", "nil" if self._resolve is not None:
                return Constant(None)
            case "word", _:
                return Constant(token) if self._resolve is None else self._path(token, self._resolve)
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
                case Constant(value):
                    parts.append(go_text(value))
                case _:
                    raise Untranslatable("has an expression inside a text")
        return value_of(tuple(part for part in parts if part != ""))

    def _list(self, end: str) -> list[Expression]:
        """What stands up to a bracket that closes."""
        if self._take(end):
            return []
        parts = [self._expression(0)]
        while self._take(","):
            parts.append(self._expression(0))
        self._expect(end)
        return parts

    def _map(self) -> Expression:
        parts: list[Expression] = []
        while not self._take("}"):
            kind, token = self._next()
            if kind not in ("word", "text"):
                raise Untranslatable("has a map with keys that are computed")
            parts.append(self._text(token) if kind == "text" else Constant(token))
            self._expect(":")
            parts.append(self._expression(0))
            if not self._take(",") and self._tokens[0] != ("sign", "}"):
                raise Untranslatable("lacks a '}'")
        return self._apply("{}", *parts)

    def _part_of(self, node: Expression) -> Expression:
        """`node[0]`, `node.name`."""
        while True:
            if self._take("["):
                node = self._apply("[]", node, self._expression(0))
                self._expect("]")
            elif self._take(".") or self._take("?."):
                node = self._apply("[]", node, Constant(self._next()[1]))
            else:
                return node

    def _path(self, word: str, resolve: Resolve) -> Expression:
        """`inputs.parameters['day']`, or a function's call."""
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
        name = ".".join(keys)
        if self._take("("):
            return self._over_list(name) if name in OVER_LISTS else self._apply(name, *self._list(")"))
        known = resolve(name, False)
        if known is None:
            raise UnknownTag(name)
        return value_of(known)

    def _over_list(self, name: str) -> Expression:
        """`filter(values, {# > 1})`, the braces may be left out."""
        values = self._expression(0)
        self._expect(",")
        in_braces = self._take("{")
        body = self._expression(0)
        if in_braces:
            self._expect("}")
        self._expect(")")
        return self._apply(name, values, body)
