"""One DAG while it is translated: its ids and names, who reads what of whom, and what was lost so far."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.names import parameter_of
from sluice.importers.airflow.record.recording import Dag, RecordedTask
from sluice.importers.airflow.sluice_airflow.names import names_of
from sluice.importers.report import Loss, Remark

RETURNED = "return_value"
USUAL_IMAGE = "python:3.13-slim"

_NO_KEYS = frozenset({"key", "value", "task_ids", "ti", "task_instance", "dag_run", "params", "run_id", "ds"})
"""Texts beside `xcom_push` that are names of Airflow's."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `airflow` is 0 where it does not."""

    image: str = USUAL_IMAGE
    airflow_image: str = ""
    airflow: int = 0
    variables: Mapping[str, Any] = field(default_factory=dict)
    connections: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Translation:
    dag: Dag
    file: str
    """As the user has written it, for the report."""
    path: str
    """Under which the DAG file travels."""
    options: Options
    airflow: int
    by_interval: bool = True
    interval_s: int = 0
    """If not, how long before the run's time its interval begins."""
    travelling: list[str] = field(default_factory=list)
    """The paths of the user's own files."""
    losses: list[Loss] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    parameters: dict[str, Json] = field(default_factory=dict)
    """By name, those that the Workflow declares."""
    optional: set[str] = field(default_factory=set)
    """Those of `dag_run.conf` that only pods read, where an empty one is none that was given."""
    dates: dict[str, str] = field(default_factory=dict)
    """By output, the `date` format and shift that the task `dates` computes for tasks that have no shell."""

    @cached_property
    def names(self) -> dict[str, str]:
        return names_of([task.id for task in self.dag.tasks])

    @cached_property
    def tasks(self) -> dict[str, RecordedTask]:
        return {task.id: task for task in self.dag.tasks}

    @cached_property
    def upstream(self) -> dict[str, list[str]]:
        """By id, the ids of the tasks that it waits for, each once."""
        found: dict[str, dict[str, None]] = {task.id: {} for task in self.dag.tasks}
        for edge in self.dag.connections:
            found[edge.down][edge.up] = None
        return {task: list(before) for task, before in found.items()}

    @cached_property
    def downstream(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {task.id: [] for task in self.dag.tasks}
        for task, before in self.upstream.items():
            for each in before:
                found[each].append(task)
        return found

    def reachable(self, start: str, edges: Mapping[str, list[str]]) -> set[str]:
        """By `upstream` or `downstream`, without `start` itself."""
        found: set[str] = set()
        todo = [*edges[start]]
        while todo:
            if (each := todo.pop()) not in found:
                found.add(each)
                todo += edges[each]
        return found

    def lose(self, task: RecordedTask | None, what: str, instead: str, *, left: bool = False) -> None:
        line = self.dag.line if task is None else task.line
        name = "" if task is None else self.names[task.id]
        self.losses.append(Loss(self.file, line, what, instead, task=name, left=left))

    def note(self, task: RecordedTask | None, message: str) -> None:
        self.notes.append(Remark(self.file, self.dag.line if task is None else task.line, message))

    def parameter(self, said: str) -> str:
        """Declares a parameter, if it is not declared yet."""
        name = parameter_of(said)
        self.parameters.setdefault(name, {"name": name})
        return name

    @cached_property
    def read(self) -> dict[str, dict[str, set[str]]]:
        """By id of a task, the tasks whose XComs it reads, and which keys."""
        return {task.id: dict(self._reads(task)) for task in self.dag.tasks}

    @cached_property
    def handed_on(self) -> dict[str, list[str]]:
        """By id of a task, the keys that others read."""
        found: dict[str, set[str]] = {task.id: set() for task in self.dag.tasks}
        for reads in self.read.values():
            for task, keys in reads.items():
                found[task] |= keys
        if self.returned is not None:
            found[self.returned[0]].add(self.returned[1])
        return {task: sorted(keys) for task, keys in found.items()}

    @cached_property
    def returned(self) -> tuple[str, str] | None:
        """The task and the key that a mapped group hands on."""
        said = self.dag.fields.get("returns")
        found = next(iter(_xcoms(said)), None)
        return None if found is None or found[0] not in self.tasks else (found[0], self._key_of(*found))

    def _reads(self, task: RecordedTask) -> Iterator[tuple[str, set[str]]]:
        said: dict[str, set[str]] = {}
        for other, key in _xcoms([task.fields, task.mapped]):
            if other in self.tasks:
                said.setdefault(other, set()).add(key)
        pulling = [text for text in texts_in([task.fields, task.mapped]) if "xcom_pull" in text]
        texts = {*task.body.texts, *(word for text in pulling for word in self._ids_in(text))}
        if "xcom_pull" in task.body.names or pulling:
            named = [each for each in self.tasks if each in texts] or self.upstream[task.id]
            for other in named:
                said.setdefault(other, set()).update(self._keys(other, {*texts, *pulling}))
        for other, keys in said.items():
            yield other, {self._key_of(other, key) for key in keys}

    def _ids_in(self, text: str) -> Iterator[str]:
        return (each for each in self.tasks if f"'{each}'" in text or f'"{each}"' in text)

    def _keys(self, producer: str, texts: set[str]) -> set[str]:
        """What is pulled of it: the keys that it pushes and the other names, and what it returns."""
        pushed = self._pushed(producer)
        named = {
            key for key in pushed if any(key == text or f"'{key}'" in text or f'"{key}"' in text for text in texts)
        }
        return named | {RETURNED}

    def _key_of(self, producer: str, key: str) -> str:
        """A key that it does not push is one of the map that it returns."""
        return key if key in self._pushed(producer) else RETURNED

    def _pushed(self, producer: str) -> set[str]:
        body = self.tasks[producer].body
        return set(body.texts) - _NO_KEYS if "xcom_push" in body.names else set()


def _xcoms(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for mark in ("$xcom", "xcom"):
            if isinstance(value.get(mark), str):
                yield value[mark], str(value.get("key", RETURNED))
        for each in value.values():
            yield from _xcoms(each)
    elif isinstance(value, list):
        for each in value:
            yield from _xcoms(each)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)
