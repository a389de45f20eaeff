"""Reading manifests: values as kubectl parses them, the line of each, and syntax errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sluice.cli.lint import source
from sluice.cli.lint.source import Finding, YamlDocument, read_json, read_yaml
from tests.core.counting import calls


def document(text):
    (only,) = read_yaml(text)
    return only


def findings(text, read=read_yaml):
    found = []
    for each in read(text):
        found += [each] if isinstance(each, Finding) else [*each.findings, *each.twice]
    return [(finding.line, finding.path, finding.message) for finding in sorted(found)]


def nodes(node):
    """Tag, value and line of a node and of all beneath it."""
    if isinstance(node, yaml.ScalarNode):
        return node.tag, node.value, node.start_mark.line
    beneath = [each for pair in node.value for each in (pair if isinstance(pair, tuple) else (pair,))]
    return node.tag, node.start_mark.line, [nodes(each) for each in beneath]


EXAMPLES = [path.read_text() for path in sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))]
ODD = [
    "a: &x [1, 'b', |\n]\n",
    'a: &x {b: 1}\nc:\n  <<: *x\n  d: >-\n    two\n    lines\n\n  e: "\\u00e9\\x41"\r\nf: 7\r\n',
    "a: one\u2028two\nb: \u0085\nc: 3\n",
    "? a\n: - b\n  -\n  - {c: d, e}\n# no more\n...\n",
    "\tx: 1\n",
    "a: \x01\n",
    "a: b: c\n",
    "",
]


@pytest.mark.parametrize("text", EXAMPLES + ODD)
def test_libyaml_reads_as_the_slower_parser_does(text, monkeypatch):
    def read():
        found = read_yaml(text)
        return [(each.value, nodes(each.root)) if isinstance(each, YamlDocument) else each for each in found]

    fast = read()
    monkeypatch.setattr(source, "FastLoader", source.Loader)
    assert fast == read()


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *((word, True) for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE")),
        *((word, False) for word in ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")),
        *((word, None) for word in ("~", "null", "Null", "NULL", "")),
        *((word, word) for word in ("oFf", "nULL", "yy", "=", "<<", ".", "-.", "abc", "500m", "12x")),
        *((time, time) for time in ("2026-01-01", "2026-01-01T12:00:00Z", "12:30", "1:2", "190:20:30.15")),
        ("'12'", "12"),
        ('"y"', "y"),
        ("12", 12),
        ("+5", 5),
        ("-0", 0),
        ("1_000", 1000),
        ("123_", 123),
        ("_1", "_1"),
        ("01234", 668),
        ("0o17", 15),
        ("-017", -15),
        ("08", 8),
        ("0_8", 8),
        ("0x1F", 31),
        ("0X1f", 31),
        ("0b1", 1),
        ("-0b11", -3),
        ("0b2", "0b2"),
        ("3.10", 3.1),
        ("1.0", 1),
        ("1.", 1),
        (".5", 0.5),
        ("._5", "._5"),
        (".5_0", 0.5),
        ("1_000.5", 1000.5),
        ("-1.5", -1.5),
        ("1e3", 1000),
        ("1e-7", 1e-7),
        ("1e999", "1e999"),
        ("9223372036854775807", 2**63 - 1),
        ("18446744073709551615", 1.8446744073709552e19),
        ("07777777777777777777777777", 7.777777777777778e24),
        ("0x" + "f" * 201, "0x" + "f" * 201),
        ("!!str y", "y"),
        ("!!bool y", True),
        ("!!int '12'", 12),
        ("!!float 1", 1),
        ("!!int abc", "abc"),
    ],
)
def test_scalars_are_what_kubectl_makes_of_them(scalar, value):
    found = document(f"a: {scalar}").value["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "read", "words"),
    [
        ("y", "true", 'kubectl reads the key y as true; write "y"'),
        ("on", "true", 'kubectl reads the key on as true; write "on"'),
        ("No", "false", 'kubectl reads the key No as false; write "No"'),
        ("0x1F", "31", 'kubectl reads the key 0x1F as 31; write "0x1F"'),
        ("3.10", "3.1", 'kubectl reads the key 3.10 as 3.1; write "3.10"'),
        ("1e3", "1000", 'kubectl reads the key 1e3 as 1000; write "1e3"'),
        ("~", "~", 'kubectl takes no null as a key; write "~"'),
        ("true", "true", None),
        ("12", "12", None),
        ("3.1", "3.1", None),
        ("'y'", "y", None),
        ("2026-01-01", "2026-01-01", None),
    ],
)
def test_keys_are_what_kubectl_makes_of_them(key, read, words):
    text = f"a:\n- b: 1\n  {key}: 2\n"
    assert document(text).value == {"a": [{"b": 1, read: 2}]}
    assert findings(text) == ([(3, f"a[0].{read}", words)] if words else [])


def test_a_key_that_is_merged_into_other_maps_is_told_once():
    text = "a: &a {y: 1}\nb: {<<: *a}\nc: {<<: *a}\n"
    assert document(text).value == {name: {"true": 1} for name in "abc"}
    assert findings(text) == [(1, "a.true", 'kubectl reads the key y as true; write "y"')]


@pytest.mark.parametrize("number", [".inf", "-.Inf", "+.INF", ".nan"])
def test_a_number_that_json_does_not_have(number):
    assert findings(f"a:\n- {number}\n") == [(2, "a[0]", f'kubectl cannot send {number} as a number; write "{number}"')]


@pytest.mark.parametrize(
    ("scalar", "tag"),
    [
        ("!!binary aGVsbG8=", "!!binary"),
        ("!!set x", "!!set"),
        ("!!omap x", "!!omap"),
        ("!!python/name:os.system x", "!!python/name:os.system"),
        ("!Ref 'x'", "!Ref"),
    ],
)
def test_a_tag_that_json_does_not_have(scalar, tag):
    words = f"the tag {tag} means nothing here; leave it out, and write the value itself"
    assert findings(f"a:\n- {scalar}\n") == [(2, "a[0]", words)]
    assert findings(f"a: 1\n{scalar}: 2\n") == [(2, scalar.split()[1].strip("'"), words)]


def test_maps_and_lists_are_what_they_are_whatever_their_tag():
    found = document("a: !!set {b, c}\nd: !!omap [e: 1]\nf: !!python/object/apply:os.system [ls]\n")
    assert found.value == {"a": {"b": None, "c": None}, "d": [{"e": 1}], "f": ["ls"]}
    assert found.findings == []


@pytest.mark.parametrize(
    ("scalar", "words", "arrives"),
    [
        ("y", 'kubectl reads y as true; write "y"', False),
        ("3.10", 'kubectl reads 3.10 as 3.1; write "3.10"', False),
        ("~", 'kubectl reads ~ as null; write "~"', False),
        ("true", 'kubectl reads true as a boolean; write "true"', True),
        ("12", 'kubectl reads 12 as a number; write "12"', True),
        ("null", 'kubectl reads null as no value; write "null"', True),
        ("'y'", None, None),
        ("monday", None, None),
        ("", None, None),
    ],
)
def test_misread(scalar, words, arrives):
    found = [(each.path, str(each), each.arrives) for each in document(f"a: [b, [{scalar}]]").misread("a")]
    assert found == ([("a[1][0]", words, arrives)] if words else [])
    assert list(document(f"a: {scalar}").misread("a.b")) == []


TEXT = """\
# a comment
spec:
  tasks:
  - name: a
    dependsOn: [b,
      c]
    bash: |
      echo
  -
    name: b
    resources:
      requests:
        nvidia.com/gpu: 1
        nvidia.com: 2
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("spec", 2),
        ("spec.tasks", 3),
        ("spec.tasks[0]", 4),
        ("spec.tasks[0].dependsOn", 5),
        ("spec.tasks[0].dependsOn[1]", 6),
        ("spec.tasks[0].bash", 7),
        ("spec.tasks[1].name", 10),
        ("spec.tasks[1].resources.requests.nvidia.com/gpu", 13),
        ("spec.tasks[1].resources.requests.nvidia.com", 14),
        ("spec.tasks[0].image", 4),  # missing, so the line of its task
        ("spec.tasks[7].name", 3),
        ("metadata.name", 2),
    ],
)
def test_line_of_a_path(path, line):
    assert document(TEXT).line(path) == line


def test_lines_count_through_all_documents():
    first, second = read_yaml("a: 1\n--- # the second\n\nb: 2\n")
    assert (first.line("a"), second.line("b")) == (1, 4)


def test_a_merge_key_gives_way_to_own_keys():
    merged = document("base: &base\n  u: 1\n  v: 1\nown:\n  <<: *base\n  v: 2\n")
    assert merged.value["own"] == {"u": 1, "v": 2}
    assert (merged.line("own.u"), merged.line("own.v")) == (2, 6)
    assert merged.findings == []


def test_duplicate_keys():
    assert findings("a: 1\nb:\n- c: 1\n  d: 2\n  c: 3\na: 2\n") == [
        (5, "b[0].c", "this key is in line 3 already; keep one"),
        (6, "a", "this key is in line 1 already; keep one"),
    ]


@pytest.mark.parametrize(("text", "what"), [("k: 1\n", "this key is"), ("- !!set x\n", "the tag !!set")])
def test_of_many_faults_the_first_are_told(text, what):
    *told, last = findings(text * 20_000)
    assert len(told) == 100
    assert all(message.startswith(what) for _, _, message in told)
    assert last[1:] == ("", "there are more than 100 such faults; mend these first")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: b: c\n", 1, "this is not valid YAML: mapping values are not allowed here"),
        ("a:\n\t- b\n", 2, "this is not valid YAML: while scanning for the next token, found character '\\t'"),
        ("a: [1,\nb: 2\n", 3, "this is not valid YAML: while parsing a flow sequence"),
        ("a: *b\n", 1, "this is not valid YAML: found undefined alias 'b'"),
        ("a:\n  &a [*a]\n", 2, "this is not valid YAML: this contains itself"),
        ("? [a]\n: b\n", 1, "this is not valid YAML: a key must be a string"),
        ("a: 1\nb: \x07\n", 2, "this is not valid YAML: unacceptable character #x0007"),
        ("[" * 5000, 1, "this is nested too deeply; at most 200 levels"),
    ],
)
def test_what_is_no_yaml(text, line, words):
    ((found, path, message),) = findings(text)
    assert (found, path) == (line, "")
    assert message.startswith(words)


def _bomb(base, again):
    """Nine levels, each of them ten times the one before."""
    return "\n".join(
        [f"a0: &a0 {base}", *(f"a{n + 1}: &a{n + 1} {again.format(', '.join([f'*a{n}'] * 10))}" for n in range(9))]
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (_bomb("[x]", "[{}]"), 6, "its aliases stand for more than can be read; write out what is needed"),
        (
            _bomb("{x: 1}", "{{<<: [{}]}}"),
            7,
            "its merge keys stand for more than can be read; write out what is needed",
        ),
        (
            "a0: &a0 [x]\n" + "\n".join(f"a{n + 1}: &a{n + 1} [*a{n}]" for n in range(300)),
            201,
            "this is nested too deeply; at most 200 levels can be read",
        ),
    ],
)
def test_a_few_lines_that_stand_for_too_much(text, line, words):
    (found,) = read_yaml(text)
    assert (found.line, found.message) == (line, f"this is not valid YAML: {words}")


@pytest.mark.parametrize("again", ["[{}]", "{{<<: [{}]}}"])
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_all_documents_of_a_file_together_stand_for_no_more(monkeypatch, again, end):
    monkeypatch.setattr(source, "_MAX_NODES", 100)
    bombs = f"a: &a {{x: 1}}\nb: {again.format(', '.join(['*a'] * 20))}{end}---\n" * 10
    read = list(read_yaml(f"{bombs}\n---\nc: 1\n"))
    assert 0 < sum(isinstance(each, YamlDocument) for each in read) < 6
    assert "stand for more than can be read" in next(each.message for each in read if isinstance(each, Finding))
    assert read[-1].value == {"c": 1}


def test_merge_keys_that_stand_for_empty_maps_are_counted(monkeypatch):
    monkeypatch.setattr(source, "_MAX_NODES", 2_000)
    bomb = "{}"
    for name in "bcd":
        bomb = f"{{<<: [&{name} {bomb}{f', *{name}' * 49}]}}"
    found = []
    assert calls(lambda: found.extend(read_yaml(bomb))) < 30_000
    assert "its merge keys stand for more than can be read" in found[0].message


def test_json_that_python_would_not_read():
    (found,) = read_json("[" * 5000 + "]" * 5000)
    assert (found.line, found.message) == (1, "this is nested too deeply; at most 200 levels can be read")
    (found,) = read_json('{"a": ' + "9" * 5000 + "}")
    assert found.value == {"a": "9" * 5000}


def test_what_is_no_yaml_hides_no_other_document():
    first, broken, last = read_yaml("a: 1\n---\na: b: c\n---\na: 3\n")
    assert isinstance(first, YamlDocument)
    assert broken.line == 3
    assert last.value == {"a": 3}


def test_json_may_have_tabs():
    (only,) = read_json('{\n\t"a": [\n\t\t"b",\n\t\t1e3\n\t]\n}\n')
    assert only.value == {"a": ["b", 1000.0]}
    assert only.line("a[1]") == 4


def test_what_is_no_json():
    ((line, path, message),) = findings('{\n  "a": 1\n  "b": 2\n}', read_json)
    assert (line, path, message) == (3, "", "this is not valid JSON: expecting ',' delimiter")


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_a_character_that_json_writes_as_two_halves_is_one(read):
    (only,) = read(r'{"a": "\\ud83c \ud83c\udf89\ud83c\udf89", "\ud83c\udf89": 1}')
    assert only.value == {"a": r"\ud83c 🎉🎉", "🎉": 1}
    assert (only.findings, only.line("🎉")) == ([], 1)


@pytest.mark.parametrize(
    ("text", "read", "half"),
    [
        (r"a\ud83c", "a\ufffd", r"\ud83c"),
        (r"\ud83c\udf89\udf89", "🎉\ufffd", r"\udf89"),
        (r"\udf89x", "\ufffdx", r"\udf89"),
    ],
)
def test_half_of_a_character(text, read, half):
    (only,) = read_json(f'{{"a":\n"{text}"}}')
    assert only.value == {"a": read}
    assert findings(f'{{"a":\n"{text}"}}', read_json) == [
        (2, "a", f"{half} is one half of a character; write both, or the character itself")
    ]
