"""The values of `-p NAME=VALUE`, typed as the Workflow's parameters say."""

from collections.abc import Iterable
from typing import Any

from sluice.client.errors import ClientError
from sluice.core import Json
from sluice.core.base.faults import listed
from sluice.core.spec.arguments import argument_faults
from sluice.core.spec.parameter import stored_declarations

_OPTION = "-p"


class BadArguments(ClientError):
    """Values that the Workflow's parameters do not take. The message lists all faults."""


def typed(written: Iterable[str], workflow: Json, *, complete: bool = True) -> dict[str, Any]:
    """The arguments of a run, by name. `workflow` is the manifest. Raises BadArguments; with `complete` also if a
    parameter without default has no value.
    """
    given: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadArguments(f"{_OPTION} {text}: write {_OPTION} NAME=VALUE")
        given[name] = value
    declared = stored_declarations(workflow["spec"])
    needed = (
        declared if complete else {n: each for n, each in declared.items() if n in given or each.default is not None}
    )
    if faults := listed(argument_faults(given, needed, _OPTION)):
        raise BadArguments("\n".join(str(fault).replace(f"{_OPTION}.", f"{_OPTION} ", 1) for fault in faults))
    return {name: declared[name].value(value) for name, value in given.items()}
