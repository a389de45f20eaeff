"""What a person gives besides the file: parameters, and how long tasks take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.cli.run.file import BadFile
from sluice.core.base.text import did_you_mean
from sluice.core.spec.definition import Definition


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the flags say. `given_s` are durations by task, `arguments` are `-p NAME=VALUE`."""

    given_s: Mapping[str, float] = field(default_factory=dict)
    arguments: Sequence[str] = ()

    def check(self, definitions: Sequence[Definition]) -> None:
        """Raises BadFile with all names that none of these Workflows knows."""
        parameters = {name for definition in definitions for name in definition.parameters}
        tasks = {task.name for definition in definitions for task in definition.tasks}
        named = [text.partition("=")[0] for text in self.arguments if "=" in text]
        faults = [
            *(f"-p: no parameter is called {words}" for words in _unknown(named, parameters)),
            *(f"--durations: no task is called {words}" for words in _unknown(self.given_s, tasks)),
        ]
        if faults:
            raise BadFile("\n".join(faults))


def _unknown(names: Iterable[str], known: set[str]) -> list[str]:
    return [f"'{name}'{did_you_mean(name, sorted(known))}" for name in names if name not in known]
