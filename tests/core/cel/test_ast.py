"""What the library serializes, byte for byte, and the tree that is read from it.

The form is no promise of the library's, so its version is pinned. If a new one fails here, compare what it serializes
with what `ast.py` reads, then renew what has changed.
"""

import hashlib

import pytest

from sluice.core.cel.ast import Expr, ExprKind, _message, parse_tree
from sluice.core.cel.program import _library

GOLDEN = r"""
true
  f07981995703157d
  0 literal True

false
  75bb52fc76dee3b7
  0 literal False

null
  d7feb69e69ba9fe4
  0 literal None

0
  9fcee35e93966111
  0 literal 0

42
  43393450ebbe240a
  0 literal 42

-3
  84bc3588c5e6fa10
  0 literal -3

9223372036854775807
  9e8b829aa5044c9e
  0 literal 9223372036854775807

-9223372036854775808
  11ccc780673be48c
  0 literal -9223372036854775808

7u
  6d47aff807e1b1c2
  0 literal 7

18446744073709551615u
  c7691fd2b1db6c8f
  0 literal 18446744073709551615

0.0
  eead66c4c1624d04
  0 literal 0.0

-1.5
  7f498abbe881bc55
  0 literal -1.5

1e400
  5b760dc52b1dbf31
  0 literal inf

''
  0f4c849b4de72b60
  0 literal ''

'a\'b\n'
  f100786348e2fb38
  0 literal "a'b\n"

"é😀"
  20b085fd158b49af
  0 literal 'é😀'

b''
  0375ec439431a2cf
  0 literal b''

b'\x00\xff'
  bfb2bdd5d95c3e30
  0 literal b'\x00\xff'

params.day
  e2803e7f4855b797
  6 field 'day'
    0 identifier params

params['load-data']
  8f390447672c8287
  6 field 'load-data'
    0 identifier params

tasks.a.outputs.files[0].name
  7611cec6907ed4de
  24 field 'name'
    21 field 0
      15 field 'files'
        7 field 'outputs'
          5 field 'a'
            0 identifier tasks

item[1]
  8410dd353d164462
  4 field 1
    0 identifier item

item[-1]
  f11c986309508d64
  4 field -1
    0 identifier item

item[true]
  7096caab0813daca
  4 field True
    0 identifier item

item[params.n]
  5bce33da4282f876
  4 call _[_]
    0 identifier item
    11 field 'n'
      5 identifier params

item[0][item.size() - 1]
  a008b0f9a7d6a03a
  7 call _[_]
    4 field 0
      0 identifier item
    20 call _-_
      17 call size
        8 identifier item
      22 literal 1

has(tasks.a.exitCode)
  d98272207e1ade5e
  3 has 'exitCode'
    9 field 'a'
      4 identifier tasks

!has(item.x) || item.x == null
  6e18ab4d1e0c6fa5
  13 call _||_
    0 call !_
      4 has 'x'
        5 identifier item
    23 call _==_
      20 field 'x'
        16 identifier item
      26 literal None

1 + 2 * 3 - 4 / 5 % 6
  78ffb1441168b624
  10 call _-_
    2 call _+_
      0 literal 1
      6 call _*_
        4 literal 2
        8 literal 3
    18 call _%_
      14 call _/_
        12 literal 4
        16 literal 5
      20 literal 6

1 < 2 && 2 <= 3 || 3 > 4 && 4 >= 5
  17c269b8d5b5c8e8
  16 call _||_
    6 call _&&_
      2 call _<_
        0 literal 1
        4 literal 2
      11 call _<=_
        9 literal 2
        14 literal 3
    25 call _&&_
      21 call _>_
        19 literal 3
        23 literal 4
      30 call _>=_
        28 literal 4
        33 literal 5

params.a != 'é😀' ? 'b' : 'c'
  658bdc1e729ef8f6
  17 call _?_:_
    9 call _!=_
      6 field 'a'
        0 identifier params
      12 literal 'é😀'
    19 literal 'b'
    25 literal 'c'

size(item) > 2
  7de208b1866ee0b8
  11 call _>_
    4 call size
      5 identifier item
    13 literal 2

params.day.startsWith('2026-')
  1d2b13c69449ab7a
  21 call startsWith
    6 field 'day'
      0 identifier params
    22 literal '2026-'

timestamp(run.scheduledTime).getHours('Europe/Berlin')
  2ce896c00935e207
  37 call getHours
    9 call timestamp
      13 field 'scheduledTime'
        10 identifier run
    38 literal 'Europe/Berlin'

duration('1h') > duration('59m')
  60a6041486f44b1e
  15 call _>_
    8 call duration
      9 literal '1h'
    25 call duration
      26 literal '59m'

params.x.matches('^a+$')
  92bdaad39864cc54
  16 call matches
    6 field 'x'
      0 identifier params
    17 literal '^a+$'

dyn(1) == type(1.0)
  33404aec9ed60135
  7 call _==_
    3 call dyn
      4 literal 1
    14 call type
      15 literal 1.0

'a' in ['a', 'b']
  09325fb9540b5151
  4 call @in
    0 literal 'a'
    7 list
      8 literal 'a'
      13 literal 'b'

[]
  0198a4458bf3738b
  0 list

[1, 'b', [true], dyn(null)]
  6833c1622fb9318d
  0 list
    1 literal 1
    4 literal 'b'
    9 list
      10 literal True
    20 call dyn
      21 literal None

{}
  b53b6e3aec2524e3
  0 map

{'a': 1, 'b': [2, {'c': 3}]}
  0136526e30b7cd51
  0 map
    1 literal 'a'
    6 literal 1
    9 literal 'b'
    14 list
      15 literal 2
      18 map
        19 literal 'c'
        24 literal 3

{1: 'int', 2u: 'uint', true: 'bool'}
  f7f8c23ac6e3bdab
  0 map
    1 literal 1
    4 literal 'int'
    11 literal 2
    15 literal 'uint'
    23 literal True
    29 literal 'bool'

google.protobuf.Int64Value{value: 1}
  40842a50eca98e5f
  0 map
    34 literal 1

item.all(x, x > 1)
  0fb601d7c61d2043
  8 comprehension x @result
    0 identifier item
    8 literal True
    8 call @not_strictly_false
      8 identifier @result
    8 call _&&_
      8 identifier @result
      14 call _>_
        12 identifier x
        16 literal 1
    8 identifier @result

item.exists(x, x == 'é')
  e8bb94aef4f7c8a6
  11 comprehension x @result
    0 identifier item
    11 literal False
    11 call @not_strictly_false
      11 call !_
        11 identifier @result
    11 call _||_
      11 identifier @result
      17 call _==_
        15 identifier x
        20 literal 'é'
    11 identifier @result

item.exists_one(x, x)
  d13b34aa1271f905
  15 comprehension x @result
    0 identifier item
    15 literal 0
    15 literal True
    15 call _?_:_
      19 identifier x
      15 call _+_
        15 identifier @result
        15 literal 1
      15 identifier @result
    15 call _==_
      15 identifier @result
      15 literal 1

item.map(x, x.name)
  7c637dc2d594fe4d
  8 comprehension x @result
    0 identifier item
    8 list
    8 literal True
    8 call _+_
      8 identifier @result
      8 list
        13 field 'name'
          12 identifier x
    8 identifier @result

item.map(x, x > 1, x * 2)
  629b08602c69bd29
  8 comprehension x @result
    0 identifier item
    8 list
    8 literal True
    8 call _?_:_
      14 call _>_
        12 identifier x
        16 literal 1
      8 call _+_
        8 identifier @result
        8 list
          21 call _*_
            19 identifier x
            23 literal 2
      8 identifier @result
    8 identifier @result

item.filter(x, has(x.name))
  2808de44315e6854
  11 comprehension x @result
    0 identifier item
    11 list
    11 literal True
    11 call _?_:_
      18 has 'name'
        19 identifier x
      11 call _+_
        11 identifier @result
        11 list
          12 identifier x
      11 identifier @result
    11 identifier @result

[1, 2].exists(x, [x].all(y, y == x))
  61f08e8a871c53b2
  13 comprehension x @result
    0 list
      1 literal 1
      4 literal 2
    13 literal False
    13 call @not_strictly_false
      13 call !_
        13 identifier @result
    13 call _||_
      13 identifier @result
      24 comprehension y @result
        17 list
          18 identifier x
        24 literal True
        24 call @not_strictly_false
          24 identifier @result
        24 call _&&_
          24 identifier @result
          30 call _==_
            28 identifier y
            33 identifier x
        24 identifier @result
    13 identifier @result

tasks.a.outputs.k.exists(k, tasks.a.outputs.k[k] == params.day)
  9c02580b92693c90
  24 comprehension k @result
    15 field 'k'
      7 field 'outputs'
        5 field 'a'
          0 identifier tasks
    24 literal False
    24 call @not_strictly_false
      24 call !_
        24 identifier @result
    24 call _||_
      24 identifier @result
      49 call _==_
        45 call _[_]
          43 field 'k'
            35 field 'outputs'
              33 field 'a'
                28 identifier tasks
          46 identifier k
        58 field 'day'
          52 identifier params
    24 identifier @result
"""


def cases():
    """(expression, digest, tree) of each block."""
    for block in GOLDEN.strip().split("\n\n"):
        expression, digest, *tree = block.split("\n")
        yield pytest.param(expression, digest.strip(), [line.removeprefix("  ") for line in tree], id=expression)


@pytest.mark.parametrize(("expression", "digest", "tree"), list(cases()))
def test_bytes_and_tree(expression, digest, tree):
    serialized = _library().environment.compile(expression).serialize()
    assert list(printed(parse_tree(serialized))) == tree
    assert digest_of(serialized) == digest, "the library serializes this differently now: look at ast.py"


def digest_of(serialized):
    """Of the bytes that are read: the expression and, sorted, the positions of its nodes. Protobuf writes the entries
    of a map in any order.
    """
    checked = _message(_message(serialized)[2][0])
    positions = _message(checked[5][0]).get(4, ())
    return hashlib.sha256(b"".join([checked[4][0], *sorted(positions)])).hexdigest()[:16]


def printed(node: Expr, depth=0):
    """A line for each node: its position, its kind and its value; below it, its parts."""
    match node.kind:
        case ExprKind.LITERAL | ExprKind.FIELD | ExprKind.HAS:
            value = f" {node.value!r}"
        case ExprKind.COMPREHENSION:
            value = f" {' '.join(node.value)}"
        case _:
            value = f" {node.value}" if node.value is not None else ""
    yield f"{'  ' * depth}{node.position} {node.kind.name.lower()}{value}"
    for part in node.parts:
        yield from printed(part, depth + 1)
