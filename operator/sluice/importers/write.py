"""Writes what was imported as YAML that reads as if written by hand. The same objects give the same text."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from sluice.importers.report import Imported, Loss

_FLOW_WIDTH = 80  # a list or a map that is no longer stands in one line

# What kubectl takes for a number, a boolean or nothing, by YAML 1.1 or 1.2, if it has no quotes.
_NO_STRING = re.compile(
    r"[-+]?\.?[0-9][0-9_.,:eE+-]*|[-+]?0[xob][0-9a-fA-F_]+|[-+]?\.(inf|nan)|~|null|true|false|yes|no|on|off|y|n|=|<<",
    re.IGNORECASE,
)


def to_yaml(objects: Iterable[Imported]) -> str:
    """One document for each object, with a comment for each loss: above its task, or at the top."""
    writer = YAML()
    writer.width = 4096  # a long text is not folded: its line ends are its own
    writer.indent(mapping=2, sequence=2, offset=0)
    writer.brace_single_entry_mapping_in_flow_sequence = True
    out = io.StringIO()
    writer.dump_all([_document(each) for each in objects], out)
    return out.getvalue()


def _document(imported: Imported) -> CommentedMap:
    document = CommentedMap({key: _node(value, (key,)) for key, value in imported.manifest.items()})
    if whole := [loss for loss in imported.losses if not loss.task]:
        document.yaml_set_start_comment(_words(whole))
    tasks: Any = document["spec"].get("tasks", ()) if "spec" in document else ()
    for index, name in enumerate(imported.tasks):
        if lost := [loss for loss in imported.losses if loss.task == name]:
            tasks.yaml_set_comment_before_after_key(index, before=_words(lost), indent=2)
    return document


def _words(losses: Sequence[Loss]) -> str:
    lines = (f"{loss.file}:{loss.line}: {loss}" for loss in losses)
    return "\n".join("".join(letter if letter.isprintable() else " " for letter in line) for line in lines)


def _node(value: Any, path: tuple[str | int, ...]) -> Any:
    """`value` for ruamel. Only what lies below a task's field, or below `spec.parameters` and the like, is put in one
    line.
    """
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, dict):
        node: Any = CommentedMap({_scalar(key): _node(each, (*path, key)) for key, each in value.items()})
    elif isinstance(value, list):
        node = CommentedSeq(_node(each, (*path, index)) for index, each in enumerate(value))
    else:
        return value
    is_task = path[:2] == ("spec", "tasks") and len(path) <= 3  # noqa: PLR2004  # spec.tasks[0]
    if not is_task and path not in (("spec",), ("spec", "files")) and _fits_in_line(value):
        node.fa.set_flow_style()
    return node


def _scalar(text: str) -> Any:
    if "\n" in text and _fits_literal(text):
        return LiteralScalarString(text)
    if "?" in text or _NO_STRING.fullmatch(text) or _is_no_string(text) or not text.isprintable():
        return DoubleQuotedScalarString(text)
    return text


def _fits_literal(text: str) -> bool:
    """A block takes any line but those that a reader would have to guess: an indented or empty first one, and one with
    control characters.
    """
    return (
        text[0] not in " \n\t"
        and text.strip() != ""
        and all(letter.isprintable() or letter in "\n\t" for letter in text)
    )


def _is_no_string(text: str) -> bool:
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return bool(tag != "tag:yaml.org,2002:str")


def _fits_in_line(value: Any) -> bool:
    if isinstance(value, list) and all(type(each) is int for each in value):
        return True
    return _depth(value) <= 2 and "\n" not in repr(value).replace("\\n", "\n") and len(str(value)) <= _FLOW_WIDTH  # noqa: PLR2004


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)
