"""What an author might write. It is imported by the stub, under Python 3.9 too."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import decimal
import enum
import multiprocessing
import pathlib
import sys
import typing
import uuid

import helper
import sluice
from sluice import Pool, Step, Task, bash, task, workflow


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Row:
    id: int
    tags: list[str]
    parent: typing.Optional[Row] = None


class Pair(typing.NamedTuple):
    a: int
    b: str


UserId = typing.NewType("UserId", int)


class Options(typing.TypedDict, total=False):
    day: datetime.date


def types(
    n: int = 0,
    f: float = 0.0,
    b: bool = False,
    s: str = "",
    d: typing.Optional[datetime.date] = None,
    p: pathlib.Path = pathlib.Path(),
    m: decimal.Decimal = decimal.Decimal(0),
    c: Color = Color.RED,
    row: typing.Optional[Row] = None,
    pair: typing.Optional[Pair] = None,
    o: typing.Optional[Options] = None,
    many: typing.Sequence[int] = (),
    t: tuple[int, str] = (0, ""),
    x=None,
    u: typing.Union[int, str] = 0,
    i: typing.Optional[UserId] = None,
    dn: typing.Union[datetime.datetime, int] = 0,
    rows: typing.Union[Row, list[Row], None] = None,
    ds: typing.Union[datetime.timedelta, int] = 0,
):
    print([n, f, b, s, d, p, m, c, row, pair, o, many, t, x, u, i, dn, rows, ds])


def value(kind: str):
    return {
        "row": Row(1, ["a"], Row(2, [])),
        "pair": Pair(1, "x"),
        "date": datetime.date(2026, 1, 2),
        "set": {2, 1},
        "decimal": decimal.Decimal("1.50"),
        "path": pathlib.Path("/a/b"),
        "color": Color.RED,
        "bytes": b"\0",
        "uuid": uuid.UUID(int=1),
        "delta": datetime.timedelta(minutes=1),
        "keys": {1: 2},
        "twice": {1: 2, "1": 3},
        "none": None,
        "nan": float("nan"),
        "object": object(),
        "big": "x" * 3000,
        "huge": "x" * 100000,
        "half": "\ud800",
    }[kind]


def missing() -> int:
    pass


def object_or_none() -> object:
    pass


def choice_or_none() -> typing.Literal["a", None]:
    pass


def fails():
    raise KeyError("no rows")


def leaves():
    sys.exit()


def gives_up():
    sys.exit(75)


async def later(n: int):
    await asyncio.sleep(0)
    return n + 1


def many(n: int):
    yield from range(n)


async def many_later(n: int):
    for each in range(n):
        yield each


def two():
    return {"a": 1, "b": [2]}


def square(n):
    return n * n


def pool(method: str):
    with multiprocessing.get_context(method).Pool(2) as workers:
        return workers.map(square, [1, 2, 3])


class Job:
    @staticmethod
    def run():
        return [__name__, helper.HERE]


class Warehouse(Pool):
    pass


pools = [Warehouse("warehouse", slots=2)]
maybe: Step | None = None
typed: Task[[int], int]


@task
def doubled(n: int) -> int:
    return n * 2


@task(image="python:3.13", pools=pools)
def quadrupled(n: int) -> int:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return sum(pool.map(doubled.with_(cpu="1").function, [n, n]))


@workflow(schedule="0 3 * * *")
def nightly(day: datetime.date = datetime.date(2026, 1, 1)):
    quadrupled(1) >> bash("x", "true")


def sdk():
    return hasattr(sluice, "__file__")
