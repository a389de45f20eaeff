"""The layout of any graph: nothing overlaps, every task is there once, and it comes out the same each time."""

import subprocess
import sys
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.core.graph.layout.draw import MOST_BOXES, lay_out
from sluice.core.graph.layout.folding import Boxes, folded
from sluice.core.graph.layout.layers import graph_of, layers_of
from sluice.core.graph.layout.names import label_of, times
from sluice.core.graph.layout.parts.bends import MOST_BENDS
from sluice.core.graph.layout.picture import LineKind
from sluice.core.graph.layout.reduction import reduced
from sluice.core.graph.layout.task import LayoutTask, Stage


def tasks(text, **fields):
    """`a, b >> c; c >> d`: as in `tests.core.world`, by name."""
    depends_on = {}
    for chain in text.split(";"):
        steps = [[name.strip() for name in step.split(",")] for step in chain.split(">>")]
        for step in steps:
            for name in step:
                depends_on.setdefault(name, [])
        for before, after in pairwise(steps):
            for name in after:
                depends_on[name] += before
    return [LayoutTask(name, tuple(needs), **fields) for name, needs in depends_on.items()]


def many(count, name="t{}x", **fields):
    return [LayoutTask(name.format(number), **fields) for number in range(count)]


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 40))
    names = [f"{draw(st.sampled_from(['load', 'clean', 'raw-orders']))}-{number}" for number in range(count)]
    needs = [draw(st.lists(st.sampled_from(names[:number]), max_size=4)) if number else [] for number in range(count)]
    groups = [draw(st.sampled_from(["", "", "in", "out"])) for _ in names]
    final = [draw(st.integers(0, 9)) == 0 for _ in names]
    stages = [draw(st.sampled_from(Stage)) for _ in names]
    return [
        LayoutTask(name, tuple(needs), group, is_final, draw(st.integers(0, 300)), stage)
        for name, needs, group, is_final, stage in zip(names, needs, groups, final, stages, strict=True)
    ]


def overlap(one, other):
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sampled_from([2, 7, MOST_BOXES]), st.booleans())
def test_any_graph(tasks, most, opens):
    opened = {box.key for box in lay_out(tasks, most).boxes[:2]} if opens else set()
    picture = lay_out(tasks, most, opened)
    shown = [task for box in picture.boxes for task in box.tasks]
    assert sorted(shown) == sorted(task.name for task in tasks)
    assert opens or len(picture.boxes) <= most
    assert not opened & {box.key for box in picture.boxes if box.folded}
    assert not any(overlap(*pair) for pair in combinations(picture.boxes, 2))
    for box in picture.boxes:
        assert 0 <= box.x <= box.x + box.width <= picture.width
        assert 0 <= box.y <= box.y + box.height <= picture.height
    for frame in picture.frames:
        assert 0 <= frame.x <= frame.x + frame.width <= picture.width
        assert 0 <= frame.y <= frame.y + frame.height <= picture.height
        assert {box.key for box in picture.boxes if overlap(frame, box)} == set(frame.boxes)
    keys = {each.key for each in (*picture.boxes, *picture.frames, *picture.joints)}
    assert all({line.source, line.target} <= keys for line in picture.lines)
    pieces = [piece for line in picture.lines for piece in line.pieces]
    assert all(before.x <= after.x for piece in pieces for before, after in pairwise(piece))
    assert picture == lay_out(tasks, most, opened)


def test_it_does_not_depend_on_how_strings_are_hashed():
    code = """
from sluice.core.graph.layout.parts.bends import MOST_BENDS
from sluice.core.graph.layout.draw import lay_out
from sluice.core.graph.layout.task import LayoutTask
names = [f"{word}-{n}" for n in range(60) for word in ("load", "clean", "ship", "check", "train")]
needs = [tuple(names[i // 2 : i // 2 + i % 4]) if i > 9 else () for i in range(300)]
tasks = [LayoutTask(name, needs[i], f"g{i % 7}") for i, name in enumerate(names)]
print(lay_out(tasks), lay_out(tasks, 40))
"""
    command = [sys.executable, "-c", code]
    said = {subprocess.check_output(command, env={"PYTHONHASHSEED": seed}) for seed in ("1", "2")}
    assert len(said) == 1


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("a >> b >> c", {"a": 0, "b": 1, "c": 2}),
        ("a >> b >> d; a >> d", {"a": 0, "b": 1, "d": 2}),  # the longest path counts
        ("a >> b >> c; x >> c", {"a": 0, "b": 1, "c": 2, "x": 1}),  # right before the first that waits for it
        ("a, b", {"a": 0, "b": 0}),
    ],
)
def test_layers(text, layers):
    assert {box.key: box.layer for box in lay_out(tasks(text)).boxes} == layers


@pytest.mark.parametrize(
    ("text", "implied"),
    [
        ("a >> b >> c", ()),
        ("a >> b >> c; a >> c", (("a", "c"),)),
        ("a >> b >> c >> d; a >> d; b >> d", (("a", "d"), ("b", "d"))),
    ],
)
def test_edges_that_others_imply_are_not_drawn(text, implied):
    picture = lay_out(tasks(text))
    assert picture.implied == implied
    assert not {(line.source, line.target) for line in picture.lines} & set(implied)


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_what_is_reached_without_implied_edges_is_what_was_reached_with_them(tasks):
    graph = Boxes.single(tasks).graph
    needed, implied = reduced(graph, layers_of(graph))
    less = graph_of(len(tasks), needed)
    assert reach(less) == reach(graph)
    assert len(needed) + len(implied) == sum(map(len, graph.dependents))


def reach(graph):
    found = [set() for _ in graph.dependents]
    for number in reversed(graph.topological_order()):
        for dependent in graph.dependents[number]:
            found[number] |= found[dependent] | {dependent}
    return found


@pytest.mark.parametrize(
    ("given", "most", "boxes"),
    [
        (many(300), 300, 300),
        ([*many(4, "a{}"), *many(3, "b{}x")], 6, 4),  # of one stem, with the same dependencies
        (tasks("a >> b >> c >> d; x >> y, z"), 5, 4),  # a chain is one box
        ([*many(3, "a{}x", group="in"), *tasks("a >> b >> c")], 4, 4),  # groups first, and no more than is needed
        (many(2000), 2, 1),
    ],
)
def test_folding_stops_when_it_fits(given, most, boxes):
    assert len(lay_out(given, most).boxes) == boxes


def test_layers_of_which_all_is_done_are_folded_before_those_in_which_something_runs():
    names = ["a", "bb", "ccc", "dddd"]
    rows = [[f"{name}{number}{'xyz'[number % 3]}w-{name * number}" for number in range(1, 9)] for name in names]
    given = [LayoutTask(name, stage=Stage.DONE) for name in rows[0]]
    for before, row in pairwise(rows):
        stage = Stage.ACTIVE if row is rows[2] else Stage.WAITING
        given += [LayoutTask(name, (before[i], before[i - 1]), stage=stage) for i, name in enumerate(row)]
    alone = {box[0].name for box in folded(given, 12, ()).tasks if len(box) == 1}
    assert alone == set(rows[2])


def test_a_group_that_others_interrupt_has_a_line_back():
    given = [LayoutTask("a1", group="g"), LayoutTask("b", ("a1",)), LayoutTask("a2", ("b",), group="g"), *many(4)]
    picture = lay_out(given, 6)
    assert [box.label for box in picture.boxes if box.folded] == [times("g", 2)]
    assert [line.kind for line in picture.lines].count(LineKind.BACK) == 1


def test_a_cycle_is_drawn_with_a_line_back():
    picture = lay_out(tasks("a >> b >> c >> a"))
    assert [(line.source, line.target, line.kind) for line in picture.lines][-1] == ("c", "a", LineKind.BACK)


def test_equal_dependencies_meet_in_a_joint():
    picture = lay_out(tasks("a, b, c >> d, e, f"))
    assert len(picture.joints) == 1
    assert len(picture.lines) == 6


def test_a_wide_layer_is_a_grid_and_lines_end_at_its_frame():
    given = [
        LayoutTask("start"),
        *many(40, "part-{}", depends_on=("start",)),
        LayoutTask("end", tuple(f"part-{n}" for n in range(40))),
    ]
    picture = lay_out(given)
    assert len(picture.lines) == 2
    (frame,) = picture.frames
    assert len(frame.boxes) == 40
    for box in picture.boxes:
        if box.key in frame.boxes:
            assert frame.x < box.x < box.x + box.width < frame.x + frame.width
            assert frame.y < box.y < box.y + box.height < frame.y + frame.height


def test_of_the_longest_lines_only_the_ends_are_drawn_where_there_would_be_too_many_bends():
    chain, sides = [f"c{number}x" for number in range(352)], [f"s{number}x" for number in range(50)]
    given = [LayoutTask(chain[0]), *(LayoutTask(name, (chain[0],)) for name in sides)]
    given += [
        LayoutTask(name, (before, *(sides[number - 300 : number - 299] if number >= 300 else ())))
        for number, (before, name) in enumerate(pairwise(chain))
    ]
    lines = lay_out(given, most=1_000).lines
    assert {line.kind for line in lines if line.source in sides} == {LineKind.WHOLE, LineKind.ENDS}
    bends = {point for line in lines if line.kind is LineKind.WHOLE for piece in line.pieces for point in piece}
    assert len(bends) < 2.2 * MOST_BENDS  # two points each, and the ends


@pytest.mark.parametrize("near", [10, 2_000])
def test_2_000_tasks_with_10_000_edges_are_few_boxes(near):
    random = Random(near)  # noqa: S311
    names = [f"{random.choice(['load', 'clean', 'ship'])}-{number:x}x" for number in range(2_000)]
    needs = [random.choices(names[max(0, number - near) : number], k=5) if number else [] for number in range(2_000)]
    picture = lay_out([LayoutTask(name, tuple(before)) for name, before in zip(names, needs, strict=True)])
    assert len(picture.boxes) <= MOST_BOXES
    assert sum(len(box.tasks) for box in picture.boxes) == 2_000


def test_what_leads_to_the_boxes_of_a_grid_is_a_grid_too():
    given = many(40, "in{}x") + [LayoutTask(f"out{number}x", (f"in{number // 2}x",)) for number in range(80)]
    picture = lay_out(given)
    assert sorted(len(frame.boxes) for frame in picture.frames) == [40, 80]
    assert len(picture.lines) == 1


def test_a_long_chain_is_broken_into_bands():
    chain = many(40)
    picture = lay_out([LayoutTask(task.name, (f"t{i - 1}x",) if i else ()) for i, task in enumerate(chain)])
    assert picture.width < 3 * picture.height
    assert sum(len(line.pieces) - 1 for line in picture.lines) == len({box.y for box in picture.boxes}) - 1


def test_the_tasks_of_a_group_stand_together_in_each_layer():
    given = [LayoutTask(f"t{number}x", ("start",), group="ab"[number % 2]) for number in range(8)]
    boxes = sorted(lay_out([LayoutTask("start"), *given]).boxes, key=lambda box: box.y)
    groups = [box.group for box in boxes if box.group]
    assert groups == sorted(groups) or groups == sorted(groups, reverse=True)


@pytest.mark.parametrize(
    ("needs", "framed"),
    [
        ({"a1": "", "a2": "a1", "b1": "", "b2": "b1", "x": "a2 b2"}, ["a", "b"]),
        ({"a1": "", "x": "a1", "a2": "x", "b1": "", "b2": "b1"}, ["b"]),  # another one is among them
    ],
)
def test_a_group_that_stands_together_has_a_frame(needs, framed):
    given = [LayoutTask(name, tuple(before.split()), name[0] if name != "x" else "") for name, before in needs.items()]
    assert [frame.label for frame in lay_out(given).frames] == framed


def test_finally_tasks_stand_in_a_frame_below_all_others():
    picture = lay_out([*tasks("a >> b"), *tasks("tidy >> tell", final=True)])
    (frame,) = picture.frames
    assert (frame.label, frame.boxes) == ("finally", ("tidy", "tell"))
    for box in picture.boxes:
        assert (box.y > frame.y) is (box.key in frame.boxes)


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (["load"], "load"),
        (["load-1", "load-2", "load-10"], times("load", 3)),
        (["raw-orders-load", "raw-orders-clean"], times("raw-orders", 2)),
        (["raw-orders", "raw-ordinary"], times("raw", 2)),  # no half words
        (["extract", "load"], times("extract …", 2)),
    ],
)
def test_labels(names, label):
    assert label_of(names) == label


def test_a_fan_out_has_a_mosaic_of_its_items():
    (box,) = lay_out([LayoutTask("clean", items=60)]).boxes
    assert box.cells == 60
    (box,) = lay_out([LayoutTask("clean", items=10_000)]).boxes
    assert (box.cells, box.cells_per_row) == (10_000, 1_250)
    assert box.height < 80
