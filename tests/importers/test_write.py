"""Manifests as YAML: what is written is what is read, by kubectl's rules as lint knows them, and it reads well."""

import pytest

from sluice.cli.lint.source import YamlDocument, read_yaml
from sluice.importers.report import Imported, Loss
from sluice.importers.write import to_yaml


def workflow(*tasks, **spec):
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "etl"},
        "spec": {**spec, "tasks": list(tasks)},
    }


def test_reads_as_if_written_by_hand():
    manifest = workflow(
        {"name": "extract", "bash": "echo one\necho two\n"},
        {"name": "load", "dependsOn": ["extract"], "pools": [{"name": "warehouse"}], "timeout": "10m"},
        parameters=[{"name": "day", "default": "2026-01-01"}],
        schedule={"cron": "0 3 * * *", "timeZone": "Europe/Berlin"},
    )
    losses = [
        Loss("etl.py", 9, "depends_on_past", "runs wait for each other", task="load"),
        Loss("etl.py", 3, "jinja_environment_kwargs", "left out"),
    ]
    assert to_yaml([Imported(manifest, losses)]) == (
        """\
# etl.py:3: jinja_environment_kwargs: left out
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: etl}
spec:
  parameters: [{name: day, default: "2026-01-01"}]
  schedule: {cron: 0 3 * * *, timeZone: Europe/Berlin}
  tasks:
  - name: extract
    bash: |
      echo one
      echo two
  # etl.py:9: depends_on_past: runs wait for each other
  - name: load
    dependsOn: [extract]
    pools: [{name: warehouse}]
    timeout: 10m
"""
    )


@pytest.mark.parametrize(
    "text",
    [
        *(
            "yes",
            "No",
            "on",
            "null",
            "~",
            "",
            "1",
            "1.0",
            "1e3",
            "0x1F",
            "0o7",
            "010",
            "1_000",
            "12:30:45",
            ".5",
            "=",
            "<<",
        ),
        *(
            "2026-01-01",
            "10m",
            "- a",
            "a: b",
            "a #b",
            "{{ ds }}",
            "$(params.x)",
            "[a, b]",
            "a, b",
            "release it?",
            "a?b",
            "?",
            "@daily",
            "%x",
            "'",
            '"',
        ),
        *(
            "tab\tin",
            "two\nlines",
            "two\nlines\n",
            "two\nlines\n\n\n",
            " indented\nfirst\n",
            "\nempty first",
            "\n",
            " ",
        ),
        *(
            "end \nspaces \n",
            "bell \a\nline",
            "\x1b[31mred",
            "snow \u2603",
            "\u2028",
            "\x85",
            "\ufeff",
            "a\r\nb",
            "# no\n",
        ),
        *("---\nx\n", "...\nx\n", "x" * 300, "word " * 60, "\ttab first\nx", "a\n\n  b\n c\n"),
    ],
)
def test_what_is_written_is_what_is_read(text):
    manifest = workflow(
        {"name": "a", "bash": text, "args": [text, {"key": text}], "env": [{"name": "X", "value": text}]},
        files={"etl.py": text, text or "empty": "x"},
    )
    written = to_yaml([Imported(manifest), Imported(manifest)])
    documents = list(read_yaml(written))
    assert all(isinstance(each, YamlDocument) and not each.findings for each in documents), written
    assert [each.value for each in documents] == [manifest, manifest], written


def test_a_comment_stays_a_comment():
    loss = Loss("a\nb.py", 1, "x\nkind: Pool", "\x1b[2J \u2028 y", task="a")
    (document,) = read_yaml(to_yaml([Imported(workflow({"name": "a"}), [loss])]))
    assert document.value == workflow({"name": "a"})
