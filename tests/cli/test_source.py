"""Reading manifests: values as kubectl parses them, the line of each, and syntax errors."""

from __future__ import annotations

import pytest

from sluice.cli.lint.source import Document, Finding, read_json, read_yaml


def document(text):
    (only,) = read_yaml(text)
    return only


def findings(text, read=read_yaml):
    found = []
    for each in read(text):
        found += [each] if isinstance(each, Finding) else each.findings
    return [(finding.line, finding.path, finding.message) for finding in sorted(found)]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"),
        ("12:30", "12:30"),
        ("08", 8.0),  # a number for kubectl too, so it must be quoted
        ("1e3", 1000.0),
        ("010", 8),
        ("0x1F", 31),
        ("1_000", 1000),
        ("12", 12),
        ("-1.5", -1.5),
        ("500m", "500m"),
        ("yes", True),
        ("~", None),
        ("'12'", "12"),
        ("!!int abc", "abc"),
    ],
)
def test_scalars_are_what_kubectl_makes_of_them(scalar, value):
    assert document(f"a: {scalar}").value == {"a": value}


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
    merged = document("base: &base\n  x: 1\n  y: 1\nown:\n  <<: *base\n  y: 2\n")
    assert merged.value["own"] == {"x": 1, "y": 2}
    assert (merged.line("own.x"), merged.line("own.y")) == (2, 6)
    assert merged.findings == []


def test_duplicate_keys():
    assert findings("a: 1\nb:\n- c: 1\n  d: 2\n  c: 3\na: 2\n") == [
        (5, "b[0].c", "this key is in line 3 already; keep one"),
        (6, "a", "this key is in line 1 already; keep one"),
    ]


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
        (_bomb("[x]", "[{}]"), 7, "its aliases stand for more than can be read; write out what is needed"),
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


def test_json_that_python_would_not_read():
    (found,) = read_json("[" * 5000 + "]" * 5000)
    assert (found.line, found.message) == (1, "this is nested too deeply; at most 200 levels can be read")
    (found,) = read_json('{"a": ' + "9" * 5000 + "}")
    assert found.value == {"a": "9" * 5000}


def test_what_is_no_yaml_hides_no_other_document():
    first, broken, last = read_yaml("a: 1\n---\na: b: c\n---\na: 3\n")
    assert isinstance(first, Document)
    assert broken.line == 3
    assert last.value == {"a": 3}


def test_json_may_have_tabs():
    (only,) = read_json('{\n\t"a": [\n\t\t"b",\n\t\t1e3\n\t]\n}\n')
    assert only.value == {"a": ["b", 1000.0]}
    assert only.line("a[1]") == 4


def test_what_is_no_json():
    ((line, path, message),) = findings('{\n  "a": 1\n  "b": 2\n}', read_json)
    assert (line, path, message) == (3, "", "this is not valid JSON: expecting ',' delimiter")
