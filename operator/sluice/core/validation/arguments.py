"""Faults of the arguments for a Workflow's parameters."""

from collections.abc import Iterator, Mapping

from sluice.core.base.faults import Fault, Hint


def argument_faults(given: Mapping[str, str], parameters: Mapping[str, str | None]) -> Iterator[Fault]:
    """`parameters` are the Workflow's: the default by name, None if there is none."""
    for name in given.keys() - parameters.keys():
        words = f"the Workflow has no parameter called '{name}'"
        yield Fault(f"spec.arguments.{name}", words, Hint(name, parameters))
    for name, default in parameters.items():
        if default is None and name not in given:
            yield Fault("spec.arguments", f"'{name}' has no default in the Workflow; give it a value here")
