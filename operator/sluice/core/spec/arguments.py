"""Faults of the arguments for a Workflow's parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core.base.faults import Fault, Hint
from sluice.core.base.text import as_json
from sluice.core.graph.placeholders import placeholders_in
from sluice.core.spec.parameter import BadValue, ParameterDeclaration, canonical

_IN_ALL_MAX_BYTES = 512 * 1024
"""Of 1.5 MiB that etcd takes of an object."""


def argument_faults(
    given: Mapping[str, Any],
    parameters: Mapping[str, ParameterDeclaration],
    where: str = "spec.arguments",
    *,
    filled_later: bool = False,
) -> Iterator[Fault]:
    """`parameters` are the Workflow's, `where` is the path of the arguments. `filled_later`: a text with placeholders
    is not the value yet.
    """
    for name in given.keys() - parameters.keys():
        words = f"the Workflow has no parameter called '{name}'"
        yield Fault(f"{where}.{name}", words, Hint(name, parameters))
    for name, parameter in parameters.items():
        if name in given and filled_later and next(placeholders_in(given[name], ""), None):
            continue
        if name in given:
            yield from value_faults(parameter, given[name], f"{where}.{name}")
        elif parameter.default is None:
            yield Fault(where, f"'{name}' has no default in the Workflow; give it a value here")


def arguments_fit(given: Mapping[str, Any], where: str = "spec.arguments") -> Iterator[Fault]:
    """Of a run that is to start: beside larger ones its status would not fit into the object."""
    size = len(as_json(given).encode(errors="replace"))
    if size > _IN_ALL_MAX_BYTES:
        words = "put what is large into a file or a store, and hand on its path or address"
        yield Fault(where, f"has {size} bytes in all; at most {_IN_ALL_MAX_BYTES} are possible; {words}")


def value_faults(parameter: ParameterDeclaration, given: Any, path: str) -> Iterator[Fault]:
    """`given` is what is written at `path`, which the message does not repeat: it may be a secret."""
    try:
        parameter.value(given)
    except BadValue as error:
        known = parameter.enum or ()
        hint = Hint(canonical(given), known) if known and not isinstance(given, dict | list) else None
        yield Fault(path, str(error), hint)
