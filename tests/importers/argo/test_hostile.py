"""Documents in which anything may stand anywhere: nothing crashes, and what comes out passes lint."""

import copy
import random
from pathlib import Path

import pytest
import yaml

from tests.importers.argo.documents import imported

FILES = sorted((Path(__file__).parents[3] / "examples" / "import" / "argo").glob("*.yaml"))
ODD = (
    *(None, "", 0, -1, 10**30, 3.5, True, [], {}, [1], [[]], [{}], ["a", None], {"name": None}, {"a": 1}),
    *("{{x}}", "{{inputs.parameters.a}}", "{{=a}}", "{{item.b}}", "$(params.x)", "\x1b[31m", "é"),
)


def places(node, path=()):
    """The path of each value in a document."""
    yield path
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in parts:
        yield from places(value, (*path, key))


def at(node, path):
    for key in path:
        node = node[key]
    return node


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_anything_anywhere(file):
    dice = random.Random(15)  # noqa: S311  # the same documents each time
    whole = yaml.safe_load(file.read_text())
    paths = [path for path in places(whole) if len(path) > 1]
    for _ in range(60):
        document = copy.deepcopy(whole)
        *parent, key = dice.choice(paths)
        odd = dice.choice([*ODD, at(whole, dice.choice(paths))])
        at(document, parent)[key] = copy.deepcopy(odd)
        imported(yaml.safe_dump(document, sort_keys=False))
