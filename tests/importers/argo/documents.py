"""Argo's documents for tests, and what comes of them."""

import json
import textwrap

from sluice.cli.lint.check import LintedFile as File
from sluice.cli.lint.check import check
from sluice.cli.lint.source import read_yaml
from sluice.importers.argo.translate import ArgoFile, translate
from sluice.importers.write import to_yaml

HEAD = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: w-}
spec:
"""
ECHO = """\
- name: echo
  inputs: {parameters: [{name: message, default: hello}]}
  container: {image: busybox, command: [echo], args: ["{{inputs.parameters.message}}"]}
- name: flip
  script: {image: "python:3.13-slim", command: [python], source: "print('heads')\\n"}
"""


def workflow(templates, entrypoint="main", **spec):
    """A Workflow with these templates, and with `echo` and `flip`."""
    fields = "".join(f"{key}: {value}\n" for key, value in spec.items())
    body = f"entrypoint: {entrypoint}\n{fields}templates:\n{textwrap.dedent(templates)}{ECHO}"
    return HEAD + textwrap.indent(body, "  ")


def call(name, template="echo", **fields):
    """A step, or a task of a DAG."""
    return json.dumps({"name": name, "template": template, **fields})


def steps(*layers, name="main"):
    """A template of steps, each layer a list of calls."""
    lines = [f"  - [{', '.join(layer)}]\n" for layer in layers]
    return f"- name: {name}\n  steps:\n" + "".join(lines)


def dag(*calls, name="main", **fields):
    """A template that is a DAG of these calls."""
    others = "".join(f"    {key}: {value}\n" for key, value in fields.items())
    return f"- name: {name}\n  dag:\n{others}    tasks:\n" + "".join(f"    - {each}\n" for each in calls)


def leaf(body):
    """A template `main` that runs in a pod."""
    return "- name: main\n" + textwrap.indent(textwrap.dedent(body).rstrip("\n") + "\n", "  ")


def imported(*texts, **options):
    """The result of an import. All that comes out passes lint, and is the same the second time."""
    sources = [ArgoFile(f"{number}.yaml", text) for number, text in enumerate(texts)]
    result = translate(sources, **options)
    text = to_yaml(result.objects)
    assert text == to_yaml(translate(sources, **options).objects)
    findings = check([File("out.yaml", list(read_yaml(text)))]).findings["out.yaml"]
    assert findings == []
    return result


def spec(text, **options):
    """The spec of the Workflow that comes of it, which is after those that it calls."""
    result = imported(text, **options)
    assert result.refused == []
    return result.objects[-1].manifest["spec"]


def tasks(text, **options):
    """Its tasks by name."""
    return {task["name"]: task for task in spec(text, **options)["tasks"]}


def lost(result):
    """(line, what) of each loss."""
    return [(loss.line, loss.what) for loss in result.losses]


_ORDER = ("dependsOn", "runIf", "when", "allowFailure", "finally", "forEach")


def order(task):
    """What a task says of its order and its condition."""
    return {key: task[key] for key in _ORDER if key in task}
