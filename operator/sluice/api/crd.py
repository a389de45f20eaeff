"""Makes the CRDs from the models: structural schemas with descriptions, bounds and printer columns.

`python -m sluice.api.crd DIR [DIR ...]` writes one file for each kind into every directory.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from sluice.api import GROUP, VERSION, Json
from sluice.api.backfill import BackfillSpec, BackfillStatus
from sluice.api.pool import PoolSpec, PoolStatus
from sluice.api.run import WorkflowRunSpec, WorkflowRunStatus
from sluice.api.workflow import WorkflowSpec, WorkflowStatus

MAX_WORKFLOW_NAME = 40  # a run's name adds up to 19 characters, and is a label's value (63)
MAX_RUN_NAME = 63
MAX_POOL_NAME = 63
MAX_BACKFILL_NAME = 63  # it is the value of a label of its runs


@dataclass(frozen=True)
class CrdKind:
    """What a CRD says of a kind beside its schema. `columns`: (name, type, JSON path) of `kubectl get`."""

    name: str
    plural: str
    short: str
    spec: type[BaseModel]
    status: type[BaseModel]
    columns: tuple[tuple[str, str, str], ...]
    max_name: int
    wide: tuple[tuple[str, str, str], ...] = ()
    """More columns, of `kubectl get -o wide` only. A Table has them always, and times in it are to be computed with:
    those of type `date` come as words such as 25m."""
    selectable: tuple[str, ...] = ()
    """What `--field-selector` takes, from Kubernetes 1.31 on. Before 1.30 the chart leaves it out."""
    immutable: tuple[str, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    """Fields of the spec that the API server fills in."""


KINDS = (
    CrdKind(
        name="Workflow",
        plural="workflows",
        short="slw",
        spec=WorkflowSpec,
        status=WorkflowStatus,
        columns=(
            ("Accepted", "string", '.status.conditions[?(@.type=="Accepted")].status'),
            ("Phase", "string", ".status.phase"),
            ("Last Run", "string", ".status.lastRun.name"),
            ("Next", "string", ".status.nextScheduleTime"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ),
        wide=(
            ("Suspended", "boolean", ".spec.schedule.suspend"),
            ("Why", "string", '.status.conditions[?(@.type=="Accepted")].message'),
        ),
        max_name=MAX_WORKFLOW_NAME,
    ),
    CrdKind(
        name="WorkflowRun",
        plural="workflowruns",
        short="slr",
        spec=WorkflowRunSpec,
        status=WorkflowRunStatus,
        columns=(
            ("Workflow", "string", ".spec.workflow"),
            ("Phase", "string", ".status.phase"),
            ("Progress", "string", ".status.progress"),
            ("Started", "date", ".status.startedAt"),
            ("Finished", "date", ".status.finishedAt"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ),
        wide=(
            ("Why", "string", ".status.message"),
            ("Started At", "string", ".status.startedAt"),
            ("Finished At", "string", ".status.finishedAt"),
        ),
        selectable=(".spec.workflow",),
        max_name=MAX_RUN_NAME,
        immutable=("workflow", "arguments", "revision", "resumeFrom", "scheduledTime", "intervalStart"),
    ),
    CrdKind(
        name="Pool",
        plural="pools",
        short="slp",
        spec=PoolSpec,
        status=PoolStatus,
        columns=(
            ("Slots", "integer", ".spec.slots"),
            ("Used", "integer", ".status.used"),
            ("Waiting", "integer", ".status.waiting"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ),
        max_name=MAX_POOL_NAME,
        immutable=("heldBy",),
        defaults=(("heldBy", "Tasks"),),
    ),
    CrdKind(
        name="Backfill",
        plural="backfills",
        short="slb",
        spec=BackfillSpec,
        status=BackfillStatus,
        columns=(
            ("Workflow", "string", ".spec.workflow"),
            ("Phase", "string", ".status.phase"),
            ("Progress", "string", ".status.progress"),
            ("From", "string", ".spec.from"),
            ("Until", "string", ".spec.until"),
            ("Age", "date", ".metadata.creationTimestamp"),
        ),
        selectable=(".spec.workflow",),
        max_name=MAX_BACKFILL_NAME,
        immutable=("workflow", "from", "until", "cron", "every", "timeZone", "order", "rerun", "arguments"),
    ),
)


def crd(kind: CrdKind) -> Json:
    """The CustomResourceDefinition of one kind."""
    spec = _structural(kind.spec)
    for name, value in kind.defaults:
        spec["properties"][name]["default"] = value
    if kind.immutable:
        same = (
            f"has(self.{f}) == has(oldSelf.{f}) && (!has(self.{f}) || self.{f} == oldSelf.{f})" for f in kind.immutable
        )
        message = f"{', '.join(kind.immutable)} cannot be changed; create another {kind.name}"
        spec["x-kubernetes-validations"] = [{"rule": " && ".join(same), "message": message}]
    status = _structural(kind.status)
    status["properties"]["observedGeneration"]["default"] = -1  # kstatus: an object nobody has looked at is not current
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": [kind.short],
                "categories": ["sluice"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [*map(_column, kind.columns), *map(_wide_column, kind.wide)],
                    **_selectable_fields(kind),
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "required": ["spec"],
                            "properties": {"spec": spec, "status": {**status, "default": {"observedGeneration": -1}}},
                            "x-kubernetes-validations": [
                                {
                                    "rule": f"self.metadata.name.size() <= {kind.max_name}",
                                    "message": f"the name of a {kind.name} has at most {kind.max_name} characters",
                                }
                            ],
                        }
                    },
                }
            ],
        },
    }


def _column(column: tuple[str, str, str]) -> Json:
    name, type_, path = column
    return {"name": name, "type": type_, "jsonPath": path}


def _wide_column(column: tuple[str, str, str]) -> Json:
    return _column(column) | {"priority": 1}


def _selectable_fields(kind: CrdKind) -> Json:
    return {"selectableFields": [{"jsonPath": path} for path in kind.selectable]} if kind.selectable else {}


def _structural(model: type[BaseModel]) -> Json:
    schema = model.model_json_schema(by_alias=True)
    found: Json = _inline(schema, schema.get("$defs", {}))
    return found


# What JSON Schema says and a structural schema cannot, or says otherwise.
_DROPPED = {"title", "$defs", "default", "const", "propertyNames"}


def _inline(node: Any, defs: Json) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = defs[node["$ref"].removeprefix("#/$defs/")]
        return _inline({**target, **{k: v for k, v in node.items() if k != "$ref"}}, defs)
    if "anyOf" in node or "oneOf" in node:
        return _inline(_union(node), defs)
    schema: Json = {}
    for key, value in node.items():
        if key in _DROPPED:
            continue
        if key == "properties":
            schema[key] = {name: _inline(field, defs) for name, field in value.items()}
        elif key == "additionalProperties":
            if isinstance(value, dict):  # False is what pruning does anyway; True is what preserving says
                schema[key] = _inline(value, defs)
        elif key == "items":
            schema[key] = _inline(value, defs)
        elif key == "description":
            schema[key] = " ".join(value.split())
        else:
            schema[key] = value
    return schema


def _union(node: Json) -> Json:
    """`X | None` is an absent X; what other unions may be is for the operator to judge."""
    rest = {k: v for k, v in node.items() if k not in ("anyOf", "oneOf")}
    options = [option for option in node.get("anyOf") or node["oneOf"] if option.get("type") != "null"]
    return {**options[0], **rest} if len(options) == 1 else rest


class _Plain(yaml.SafeDumper):
    """YAML without anchors: a reader should not have to look up `*id001`."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True


def files() -> Iterator[tuple[str, str]]:
    """(file name, YAML text) of every CRD."""
    for kind in KINDS:
        text = yaml.dump(crd(kind), Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)
        yield (
            f"{GROUP}_{kind.plural}.yaml",
            "# Generated from operator/sluice/api by `make crds`. Do not edit.\n" + text,
        )


if __name__ == "__main__":
    for directory in sys.argv[1:]:
        Path(directory).mkdir(parents=True, exist_ok=True)
        for name, text in files():
            (Path(directory) / name).write_text(text)
