"""Lint reports findings for any text, and never raises."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.cli.lint.check import LintedFile, check
from sluice.cli.lint.source import read_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
LINES = sorted({line for file in EXAMPLES.rglob("*.yaml") for line in file.read_text().splitlines()})
HEAD = "apiVersion: sluice.dev/v1alpha1\nkind: {}\n"
SCALARS = ["a", "1", "true", "~", "$(params.x)", "''", "-1", "y", "0x1F", ".inf", "<<", "=", "!!bool y", "!!set x"]
ODD = [r'"\ud83c"', r'"\ud83c\udf89"', "!!binary aGVsbG8=", "!Ref x"]
KEYS = ["name", "spec", "tasks", "dependsOn", "default", "forEach", "items", "y", "~", "3.10", "<<", "*a"]
VALUES = st.recursive(
    st.sampled_from([*SCALARS, *ODD, "{}", "[]", "&a b", "*a"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(
            st.tuples(
                st.sampled_from(KEYS),
                inner,
            ),
            max_size=3,
        ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}")
    ),
    max_leaves=6,
)


def lint(text):
    report = check([LintedFile("f", list(read_yaml(text)))])
    lines = text.count("\n") + 2
    assert all(1 <= finding.line <= lines for finding in report.findings["f"])


@settings(deadline=None)
@given(st.sampled_from(["Workflow", "WorkflowRun"]), st.lists(st.sampled_from(LINES), max_size=20))
def test_lines_of_examples_in_any_order(kind, lines):
    lint(HEAD.format(kind) + "\n".join(lines))


@settings(deadline=None)
@given(st.sampled_from(["Workflow", "WorkflowRun"]), VALUES, VALUES, VALUES)
def test_values_of_any_shape(kind, metadata, tasks, parameters):
    spec = f"  workflow: a\n  tasks: {tasks}\n  parameters: {parameters}\n  arguments: {parameters}\n"
    lint(f"{HEAD.format(kind)}metadata: {metadata}\nspec:\n{spec}")


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text(text):
    lint(text)
