"""Faults of the arguments for a Workflow's parameters."""

from collections.abc import Iterator, Mapping

from sluice.core.base.errors import Fault
from sluice.core.base.text import did_you_mean


def argument_faults(given: Mapping[str, str], parameters: Mapping[str, str | None]) -> Iterator[Fault]:
    """`parameters` are the Workflow's: the default by name, None if there is none."""
    for name in given.keys() - parameters.keys():
        hint = did_you_mean(name, parameters)
        yield Fault(f"spec.parameters.{name}", f"the Workflow has no parameter called '{name}'{hint}")
    for name, default in parameters.items():
        if default is None and name not in given:
            yield Fault("spec.parameters", f"'{name}' has no default in the Workflow; give it a value here")
