"""Reads YAML and JSON as kubectl does, and keeps the line of every value.

What a scalar without quotes stands for is said in `scalars`. Each document of a file is parsed separately, so a syntax
error in one hides no faults in the others.
"""

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from sluice.cli.lint.loaders import MERGE, PLAIN, FastLoader, Loader
from sluice.cli.lint.scalars import Scalar, key, plain, shown
from sluice.core.base.faults import LISTED_AT_MOST, Fault
from sluice.core.base.foreign import MAX_LEVELS

_DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_INDEX = re.compile(r"\[(\d+)\]")
_STRING = "tag:yaml.org,2002:str"
_RESOLVED = {PLAIN, *(f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "null", "timestamp"))}
_HALVES = re.compile(r"[\ud800-\udfff]+")
_ONE_HALF = re.compile(r"[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")
_TOO_DEEP = f"this is nested too deeply; at most {MAX_LEVELS} levels can be read"
_MAX_NODES = 1_000_000  # that the aliases of a file may stand for; more than fit into any object


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A fault and its location. `line` counts from 1; `path` is empty if the document could not be parsed."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: " + (f"{self.path}: " if self.path else "") + self.message


@dataclass(frozen=True, slots=True)
class Misread:
    """A scalar without quotes, and what kubectl takes it for: no string."""

    path: str
    text: str
    value: Scalar

    @property
    def arrives(self) -> bool:
        """Is what arrives written as it is written in the file?"""
        return shown(self.value) == self.text

    def __str__(self) -> str:
        kind = "no value" if self.value is None else "a boolean" if isinstance(self.value, bool) else "a number"
        read = kind if self.arrives else shown(self.value)
        return f'kubectl reads {self.text} as {read}; write "{self.text}"'


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document of a file."""

    value: Any
    root: yaml.Node
    lines_before: int
    findings: list[Finding]
    """Faults whatever the object's kind: of keys, and of scalars that JSON does not have. Of many the first."""
    twice: list[Finding]
    """Keys that are there twice. There may be more to say of such a place."""

    def line(self, path: str) -> int:
        """The line of the value at a path such as `spec.tasks[2].name`, or of its nearest parent if it is missing."""
        return self.lines_before + self._nearest(path)[1] + 1

    def misread(self, path: str) -> Iterator[Misread]:
        """The scalars at a path and below it that have no quotes and are no strings."""
        node, _, missing = self._nearest(path)
        return iter(()) if missing else _misread(node, path)

    def _nearest(self, path: str) -> tuple[yaml.Node, int, str]:
        """The value at a path, or its nearest parent; its line; the part of the path that is missing."""
        node, line, rest = self.root, self.root.start_mark.line, f".{path}"
        while step := _step(node, rest):
            node, line, rest = step
        return node, line, rest

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


def _misread(node: yaml.Node, path: str) -> Iterator[Misread]:
    if isinstance(node, yaml.MappingNode):
        for name, value in {each.value: value for each, value in node.value}.items():
            yield from _misread(value, f"{path}.{name}")
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _misread(item, f"{path}[{index}]")
    elif node.tag == PLAIN and node.value and not isinstance(value := plain(node.value), str):
        yield Misread(path, node.value, value)


def read_yaml(text: str) -> Iterator[YamlDocument | Finding]:
    """The documents of a file, with a finding in place of each that cannot be parsed."""
    starts = [0, *(marker.start() for marker in _DOCUMENT_START.finditer(text) if marker.start())]
    lines_before, room = 0, _Room()
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        try:
            yield from _documents(text[start:end], lines_before, room)
        except yaml.YAMLError as error:
            line = lines_before + _line(error, text[start:end])
            yield Finding(line, "", f"this is not valid YAML: {_message(error)}")
        except RecursionError:
            yield Finding(lines_before + 1, "", _TOO_DEEP)
        lines_before += text.count("\n", start, end)


def read_json(text: str) -> Iterator[YamlDocument | Finding]:
    """The document of a JSON file. YAML is a superset of JSON but for tabs between values, which become spaces."""
    try:
        json.loads(text, parse_int=str)  # one of more than 4,300 digits is no int to Python
    except json.JSONDecodeError as error:
        yield Finding(error.lineno, "", f"this is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}")
        return
    except RecursionError:
        yield Finding(1, "", _TOO_DEEP)
        return
    yield from read_yaml(text.replace("\t", " "))


@dataclass(slots=True)
class _Room:
    """How many nodes the aliases and merge keys of a file may still stand for, over all its documents."""

    nodes: int = field(default_factory=lambda: _MAX_NODES)

    def take(self, nodes: int, what: str, node: yaml.Node) -> None:
        self.nodes -= nodes
        if self.nodes < 0:
            raise _invalid(f"its {what} stand for more than can be read; write out what is needed", node)


def _documents(text: str, lines_before: int, room: _Room) -> Iterator[YamlDocument]:
    """Where libyaml finds a fault the slower parser is asked, whose words are known."""
    nodes = room.nodes
    try:
        return iter(list(_composed(FastLoader(text), lines_before, room)))
    except yaml.YAMLError:
        room.nodes = nodes
        return _composed(Loader(text), lines_before, room)


def _composed(loader: "Loader | FastLoader", lines_before: int, room: _Room) -> Iterator[YamlDocument]:
    while loader.check_node():
        root = loader.get_node()
        assert root is not None  # noqa: S101  # check_node says so
        tree = _Tree(loader, lines_before, room)
        value = tree.value(root)
        if value is not None:
            yield YamlDocument(value, root, lines_before, tree.findings, tree.twice)


class _Value(NamedTuple):
    """What a node stands for, with the size that it has once all aliases in it are filled in."""

    value: Any
    nodes: int = 1
    levels: int = 0


@dataclass(slots=True)
class _Tree:
    """Constructs values from nodes; a node with several aliases only once.

    A few lines of aliases and merge keys can stand for more than any computer holds, so both are counted.
    """

    loader: "Loader | FastLoader"
    lines_before: int
    room: _Room
    findings: list[Finding] = field(default_factory=list)
    twice: list[Finding] = field(default_factory=list)
    _values: dict[int, _Value | None] = field(default_factory=dict)
    """None while a value is being constructed: meeting it again means a cycle."""

    def value(self, root: yaml.Node) -> Any:
        return self._of(root, "").value

    def _of(self, node: yaml.Node, path: str) -> _Value:
        if id(node) not in self._values:
            self._values[id(node)] = None
            found = self._values[id(node)] = self._new(node, path)
            return found
        known = self._values[id(node)]
        if known is None:
            raise _invalid("this contains itself", node)
        self.room.take(known.nodes, "aliases", node)
        return known

    def _new(self, node: yaml.Node, path: str) -> _Value:
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node, path)
            self._count_merged(node)
            self.loader.flatten_mapping(node)
            for name, _ in node.value:
                self._read_key(name, path)
            fields = {name.value: self._of(value, _below(path, name.value)) for name, value in node.value}
            return self._container({name: each.value for name, each in fields.items()}, fields.values(), node)
        if isinstance(node, yaml.SequenceNode):
            items = [self._of(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
            return self._container([each.value for each in items], items, node)
        return _Value(self._scalar(node, path))

    def _scalar(self, node: yaml.Node, path: str) -> Any:
        if node.tag not in _RESOLVED:
            return self._text(node, path)
        value = plain(node.value)
        if isinstance(value, float) and not math.isfinite(value):
            self._report(node, path, f'kubectl cannot send {node.value} as a number; write "{node.value}"')
            return node.value
        return value

    def _read_key(self, node: yaml.ScalarNode, path: str) -> None:
        """Makes a key of a map what it is in JSON."""
        if node.tag not in _RESOLVED:
            node.tag, node.value = _STRING, self._text(node, _below(path, node.value))
            return
        text, read = node.value, key(node.value)
        node.tag, node.value = _STRING, text if read is None else read
        if read is None:
            self._report(node, _below(path, text), f'kubectl takes no null as a key; write "{text}"')
        elif read != text:
            self._report(node, _below(path, read), f'kubectl reads the key {text} as {read}; write "{text}"')

    def _text(self, node: yaml.Node, path: str) -> str:
        """Of a scalar in quotes, or with a tag. JSON writes some characters as two halves, which YAML leaves apart."""
        if node.tag not in (_STRING, MERGE):
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._report(node, path, f"the tag {tag} means nothing here; leave it out, and write the value itself")
        text: str = node.value
        if text.isascii() or not _HALVES.search(text):
            return text
        if half := _ONE_HALF.search(text):
            words = f"{ascii(half[0])[1:-1]} is one half of a character; write both, or the character itself"
            self._report(node, path, words)
        return _HALVES.sub(_joined, text)

    def _report(self, node: yaml.Node, path: str, message: str) -> None:
        self._add(self.findings, node, path, message)

    def _add(self, findings: list[Finding], node: yaml.Node, path: str, message: str) -> None:
        line = self.lines_before + node.start_mark.line + 1
        if len(findings) < LISTED_AT_MOST:
            findings.append(Finding(line, path, message))
        elif len(findings) == LISTED_AT_MOST:
            findings.append(Finding(line, "", f"there are more than {LISTED_AT_MOST} such faults; mend these first"))

    def _container(self, value: Any, parts: Collection[_Value], node: yaml.Node) -> _Value:
        found = _Value(
            value, 1 + sum(part.nodes for part in parts), 1 + max((part.levels for part in parts), default=0)
        )
        if found.levels > MAX_LEVELS:
            raise _invalid(_TOO_DEEP, node)
        return found

    def _count_merged(self, node: yaml.Node) -> None:
        """Counts the keys that the merge keys of a map stand for, before they are filled in."""
        for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if name.tag == MERGE:
                for source in value.value if isinstance(value, yaml.SequenceNode) else (value,):
                    self.room.take(max(1, len(source.value)), "merge keys", node)  # an empty one takes time, too
                    self._count_merged(source)

    def _check_keys(self, node: yaml.MappingNode, path: str) -> None:
        first_lines: dict[str, int] = {}
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise _invalid("a key must be a string", name)
            if name.value in first_lines and name.tag != MERGE:
                message = f"this key is in line {first_lines[name.value]} already; keep one"
                self._add(self.twice, name, _below(path, name.value), message)
            first_lines.setdefault(name.value, self.lines_before + name.start_mark.line + 1)


def _joined(halves: re.Match[str]) -> str:
    return halves[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _below(path: str, key: str) -> str:
    return f"{path}.{key}".lstrip(".")


def _invalid(words: str, node: yaml.Node) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, words, node.start_mark)


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
