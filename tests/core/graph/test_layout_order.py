"""The order of the boxes in each layer: crossings are counted right, and are few."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from sluice.core.graph.layout.layers import graph_of, layers_of
from sluice.core.graph.layout.parts.order import crossings, ordered
from sluice.core.graph.layout.sketch import Sketch, Spot


def sketch_of(count, edges, groups=None):
    layers = layers_of(graph_of(count, edges))
    return Sketch(tuple(Spot(layer, group=(groups or {}).get(n, "")) for n, layer in enumerate(layers)), tuple(edges))


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(6, 11))))
def test_crossings_are_those_of_each_pair_of_lines(edges):
    pairs = combinations(sorted(edges), 2)
    crossed = sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in pairs)
    assert crossings([list(range(6)), list(range(6, 12))], graph_of(12, sorted(edges))) == crossed


@given(st.lists(st.integers(0, 100), max_size=30))
def test_lines_of_a_tree_do_not_cross(parents):
    edges = [(parent % number, number) for number, parent in enumerate(parents, start=1)]
    sketch = sketch_of(len(parents) + 1, edges)
    assert crossings(ordered(sketch), sketch.graph()) == 0


def test_two_that_cross_change_places():
    sketch = sketch_of(4, [(0, 3), (1, 2)])
    assert crossings(ordered(sketch), sketch.graph()) == 0


def test_the_spots_of_a_group_stand_side_by_side_even_if_lines_cross():
    edges = [(0, 4), (1, 5), (2, 6), (3, 7)]
    sketch = sketch_of(8, edges, {4: "g", 6: "g"})
    after = ordered(sketch)[1]
    assert abs(after.index(4) - after.index(6)) == 1
