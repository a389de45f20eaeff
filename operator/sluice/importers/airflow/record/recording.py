"""What the box has recorded of a DAG file. It comes from a hostile process: it is checked before it is used.

A value that JSON has no word for is a map with one key that begins with `$`: see `sluice_recorder/record.py`.
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sluice.core.base.foreign import parse

Text = Annotated[str, Field(max_length=1000)]
Lines = Annotated[list[Text], Field(max_length=10_000)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Body(_Model):
    """The names and texts in the code of what a task calls."""

    names: Lines = []
    texts: Lines = []
    conf: Lines = []
    """What it reads of `dag_run.conf`; an empty name stands for such as are not known."""


class RecordedTask(_Model):
    id: Text
    file: Text
    line: int
    operator: Text
    classes: Lines
    own: bool
    """Its class is the user's."""
    unknown: bool
    """Its class is one of Airflow's or a provider's that has no translation."""
    group: Text | None
    fields: dict[str, Any]
    mapped: dict[str, Any] | None
    missing: Lines = []
    """The names in its templates that are not there in a pod."""
    jinja: bool = False
    """Do they take jinja2 in the pod?"""
    setup: bool
    teardown: bool
    setups: Lines
    fails_dag: bool
    body: Body

    def is_a(self, *classes: str) -> bool:
        return not set(classes).isdisjoint(self.classes)


class Edge(_Model):
    up: Text
    down: Text
    file: Text
    line: int


class Dag(_Model):
    id: Text | None
    file: Text
    line: int
    schedule: Any
    start_date: dict[str, Any] | None
    end_date: dict[str, Any] | None
    params: dict[str, Any]
    description: Any
    fields: dict[str, Any]
    tasks: Annotated[list[RecordedTask], Field(max_length=10_000)]
    edges: Annotated[list[tuple[Text, Text, Text, int]], Field(max_length=200_000)]

    @model_validator(mode="after")
    def _names_its_tasks(self) -> Self:
        ids = {task.id for task in self.tasks}
        named = {name for up, down, *_ in self.edges for name in (up, down)}
        named.update(*(task.setups for task in self.tasks))
        if named - ids or len(ids) < len(self.tasks):
            raise ValueError("an edge names no task of it, or two tasks have one id")
        return self

    @property
    def connections(self) -> list[Edge]:
        return [Edge(up=up, down=down, file=file, line=line) for up, down, file, line in self.edges]


class Failure(_Model):
    """What ended the file before it was through."""

    file: Text
    line: int
    words: Text


class Recording(_Model):
    error: Failure | None = None
    events: Annotated[list[tuple[Text, Text, int, Text]], Field(max_length=1000)] = []
    """(kind, file, line, words); see `sluice_airflow/places.py`."""
    dags: Annotated[list[Dag], Field(max_length=1000)] = []
    modules: Annotated[list[tuple[Text, Text]], Field(max_length=10_000)] = []
    opened: Lines = []
    marks: Lines = []
    makers: Lines = []


def read(text: str) -> Recording:
    """Raises ValueError if the text is none of ours."""
    try:
        return Recording.model_validate(parse(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        words = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except ValueError as error:
        words = str(error)
    raise ValueError(f"what came back of it is damaged: {words}")
