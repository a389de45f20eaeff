"""Reads YAML and JSON as kubectl does, and keeps the line of every value.

Plain scalars get kubectl's types, not YAML 1.1's: `2026-01-01` and `12:30` are strings, `1e3` is a number. Each
document of a file is parsed separately, so a syntax error in one hides no faults in the others.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from sluice.core.base.faults import Fault

_DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_INDEX = re.compile(r"\[(\d+)\]")
_INT, _FLOAT, _MERGE = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:merge"
_OWN_RULES = {"tag:yaml.org,2002:timestamp", _INT, _FLOAT}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A fault and its location. `line` counts from 1; `path` is empty if the document could not be parsed."""

    line: int
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    value: Any
    root: yaml.Node
    lines_before: int
    findings: list[Finding]
    """Faults whatever the object's kind: duplicate keys."""

    def line(self, path: str) -> int:
        """The line of the value at a path such as `spec.tasks[2].name`, or of its nearest parent if it is missing."""
        node, line, rest = self.root, self.root.start_mark.line, f".{path}"
        while step := _step(node, rest):
            node, line, rest = step
        return self.lines_before + line + 1

    def at(self, fault: Fault, prefix: str = "") -> Finding:
        path = prefix + fault.path
        return Finding(self.line(path), path, fault.message)


def _step(node: yaml.Node, rest: str) -> tuple[yaml.Node, int, str] | None:
    """One step down `rest`: (value, its line, remaining path). A key may contain dots, so the longest match wins."""
    if isinstance(node, yaml.SequenceNode):
        index = _INDEX.match(rest)
        if index is None or int(index[1]) >= len(node.value):
            return None
        item = node.value[int(index[1])]
        return item, item.start_mark.line, rest[index.end() :]
    if not isinstance(node, yaml.MappingNode):
        return None
    matches = [
        (key, value)
        for key, value in reversed(node.value)  # keys from a merge key come first, and own keys override them
        if rest.startswith(f".{key.value}") and rest[len(key.value) + 1 :][:1] in ("", ".", "[")
    ]
    if not matches:
        return None
    key, value = max(matches, key=lambda match: len(match[0].value))
    return value, key.start_mark.line, rest[len(key.value) + 1 :]


def read_yaml(text: str) -> Iterator[Document | Finding]:
    """The documents of a file, with a finding in place of each that cannot be parsed."""
    starts = [0, *(marker.start() for marker in _DOCUMENT_START.finditer(text) if marker.start())]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        lines_before = text.count("\n", 0, start)
        try:
            yield from _documents(text[start:end], lines_before)
        except yaml.YAMLError as error:
            line = lines_before + _line(error, text[start:end])
            yield Finding(line, "", f"this is not valid YAML: {_message(error)}")
        except RecursionError:
            yield Finding(lines_before + 1, "", "this is nested too deeply to be read")


def read_json(text: str) -> Iterator[Document | Finding]:
    """The document of a JSON file. YAML is a superset of JSON but for tabs between values, which become spaces."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        yield Finding(error.lineno, "", f"this is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}")
        return
    yield from read_yaml(text.replace("\t", " "))


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012  # how PyYAML configures a loader class
        first: [(tag, pattern) for tag, pattern in rules if tag not in _OWN_RULES]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    _INT, re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"),
    list("-+.0123456789"),
)


def _documents(text: str, lines_before: int) -> Iterator[Document]:
    loader = _Loader(text)
    while loader.check_node():
        root = loader.get_node()
        assert root is not None  # noqa: S101  # check_node says so
        tree = _Tree(loader, lines_before)
        value = tree.value(root, "")
        if value is not None:
            yield Document(value, root, lines_before, tree.findings)


@dataclass(slots=True)
class _Tree:
    """Constructs values from nodes; a node with several aliases only once."""

    loader: _Loader
    lines_before: int
    findings: list[Finding] = field(default_factory=list)
    _values: dict[int, Any] = field(default_factory=dict)

    def value(self, node: yaml.Node, path: str) -> Any:
        if id(node) not in self._values:
            self._values[id(node)] = _Unfinished
            self._values[id(node)] = self._value(node, path)
        if self._values[id(node)] is _Unfinished:
            raise yaml.constructor.ConstructorError(None, None, "this contains itself", node.start_mark)
        return self._values[id(node)]

    def _value(self, node: yaml.Node, path: str) -> Any:
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node, path)
            self.loader.flatten_mapping(node)
            return {key.value: self.value(value, f"{path}.{key.value}".lstrip(".")) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
        try:
            return self.loader.construct_object(node)
        except ValueError:
            return node.value

    def _check_keys(self, node: yaml.MappingNode, path: str) -> None:
        first_lines: dict[str, int] = {}
        for key, _ in node.value:
            line = self.lines_before + key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a string", key.start_mark)
            if key.value in first_lines and key.tag != _MERGE:
                message = f"this key is in line {first_lines[key.value]} already; keep one"
                self.findings.append(Finding(line, f"{path}.{key.value}".lstrip("."), message))
            first_lines.setdefault(key.value, line)


class _Unfinished:
    """Placeholder for a value that is being constructed: meeting it again means a cycle."""


def _line(error: yaml.YAMLError, text: str) -> int:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return mark.line + 1 if mark else 1
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1
    return 1


def _message(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        return " ".join(", ".join(filter(None, (error.context, error.problem))).split())
    return str(error).partition("\n")[0]
