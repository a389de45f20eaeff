import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from sluice.api.backfill import BackfillSpec
from sluice.api.crd import KINDS, crd, files
from sluice.api.pool import PoolSpec
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSpec

ROOT = Path(__file__).parents[2]
FILES = dict(files())
CRDS = {kind.name: crd(kind) for kind in KINDS}


@pytest.mark.parametrize("directory", ["crds", "charts/sluice/files/crds"])
def test_directory_holds_exactly_what_the_models_say(directory):
    """If this fails: `make crds`."""
    stored = {path.name: path.read_text() for path in (ROOT / directory).glob("*.yaml")}
    assert stored == FILES


@pytest.mark.parametrize("name", FILES)
def test_file_can_be_applied_with_its_last_applied_annotation(name):
    assert len(FILES[name].encode()) < 256 * 1024


@pytest.mark.parametrize("name", FILES)
def test_file_is_plain_yaml(name):
    assert "&id" not in FILES[name]
    assert yaml.safe_load(FILES[name]) in CRDS.values()


def schema(kind):
    (version,) = CRDS[kind]["spec"]["versions"]
    return version["schema"]["openAPIV3Schema"]


def nodes(node, path=""):
    """(path, schema) of every value that the schema describes."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}[]")


ALL = [(f"{kind}{path}", node) for kind in CRDS for path, node in nodes(schema(kind))]


def test_schema_is_structural():
    known = {
        "type",
        "description",
        "properties",
        "required",
        "items",
        "additionalProperties",
        "enum",
        "format",
        "default",
    }
    known |= {"pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties"}
    known |= {"maxProperties"}
    odd = [
        (path, key) for path, node in ALL for key in node if key not in known and not key.startswith("x-kubernetes-")
    ]
    assert odd == []


def test_every_value_has_a_type_or_is_left_to_the_api_server():
    free = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string")
    assert [path for path, node in ALL if "type" not in node and not any(map(node.get, free))] == []


@pytest.mark.parametrize(("type_", "bound"), [("string", "maxLength"), ("array", "maxItems")])
def test_every_string_and_list_is_bounded(type_, bound):
    assert [path for path, node in ALL if node.get("type") == type_ and not node.keys() & {bound, "enum"}] == []


def test_every_map_is_bounded():
    maps = [(path, node) for path, node in ALL if node.get("type") == "object" and "properties" not in node]
    assert len(maps) > 3
    assert [path for path, node in maps if "maxProperties" not in node and not _verbatim(node)] == []


def _verbatim(node):
    return node.get("x-kubernetes-preserve-unknown-fields", False)


def test_every_field_that_needs_words_has_them():
    spec = schema("Workflow")["properties"]["spec"]["properties"]
    task = spec["tasks"]["items"]["properties"]
    assert [name for name, node in {**spec, **task}.items() if not node.get("description")] == []


def test_tasks_are_owned_as_a_whole():
    """Granular ownership of 1,000 tasks costs 447 KB of managedFields."""
    assert schema("Workflow")["properties"]["spec"]["properties"]["tasks"]["x-kubernetes-list-type"] == "atomic"
    status = schema("WorkflowRun")["properties"]["status"]["properties"]
    assert status["tasks"]["x-kubernetes-map-type"] == "atomic"


@pytest.mark.parametrize("kind", CRDS)
def test_object_that_nobody_has_looked_at_is_not_current(kind):
    status = schema(kind)["properties"]["status"]
    assert status["default"] == {"observedGeneration": -1}
    assert status["properties"]["observedGeneration"]["default"] == -1


@pytest.mark.parametrize("kind", CRDS)
def test_status_is_written_apart_from_the_spec(kind):
    (version,) = CRDS[kind]["spec"]["versions"]
    assert version["subresources"] == {"status": {}}


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("Workflow", ["Accepted", "Phase", "Last Run", "Next", "Age", "Suspended", "Why"]),
        ("Pool", ["Slots", "Used", "Waiting", "Age"]),
        ("Backfill", ["Workflow", "Phase", "Progress", "From", "Until", "Age"]),
        (
            "WorkflowRun",
            ["Workflow", "Phase", "Progress", "Started", "Finished", "Age", "Why", "Started At", "Finished At"],
        ),
    ],
)
def test_columns_read_well_and_point_at_fields_that_exist(kind, columns):
    (version,) = CRDS[kind]["spec"]["versions"]
    assert [column["name"] for column in version["additionalPrinterColumns"]] == columns
    for column in version["additionalPrinterColumns"]:
        first, second = column["jsonPath"].split("[")[0].strip(".").split(".")[:2]
        if first != "metadata":
            assert second in schema(kind)["properties"][first]["properties"]


def test_times_to_compute_with_are_texts_that_a_table_always_has():
    (version,) = CRDS["WorkflowRun"]["spec"]["versions"]
    wide = {column["name"]: column["type"] for column in version["additionalPrinterColumns"] if "priority" in column}
    assert wide == {"Why": "string", "Started At": "string", "Finished At": "string"}


@pytest.mark.parametrize("kind", ["WorkflowRun", "Backfill"])
def test_the_server_finds_what_belongs_to_a_workflow(kind):
    (version,) = CRDS[kind]["spec"]["versions"]
    assert version["selectableFields"] == [{"jsonPath": ".spec.workflow"}]
    assert "workflow" in schema(kind)["properties"]["spec"]["required"]


def test_who_holds_a_pool_has_a_default_and_cannot_be_changed():
    spec = schema("Pool")["properties"]["spec"]
    (rule,) = spec["x-kubernetes-validations"]
    assert "self.heldBy == oldSelf.heldBy" in rule["rule"]
    assert spec["properties"]["heldBy"] | {"description": ""} == {
        "type": "string",
        "enum": ["Tasks", "Runs"],
        "default": "Tasks",
        "description": "",
    }


def test_what_a_run_is_cannot_be_changed():
    (rule,) = schema("WorkflowRun")["properties"]["spec"]["x-kubernetes-validations"]
    assert all(f"self.{field} == oldSelf.{field}" in rule["rule"] for field in ("workflow", "arguments", "revision"))
    assert "self.state" not in rule["rule"]


def _known_to_cel(node):
    """https://github.com/kubernetes/apiserver/blob/v0.35.4/pkg/cel/common/schemas.go (SchemaDeclType)"""
    inside = [node[key] for key in ("items", "additionalProperties") if key in node]
    return node.get("x-kubernetes-int-or-string") or ("type" in node and all(map(_known_to_cel, inside)))


def test_rules_compare_only_fields_of_a_type_that_they_know():
    for kind in CRDS:
        spec = schema(kind)["properties"]["spec"]
        for rule in spec.get("x-kubernetes-validations", ()):
            for field in re.findall(r"self\.(\w+) == oldSelf", rule["rule"]):
                assert _known_to_cel(spec["properties"][field]), f"{kind}.{field}"


def test_of_a_backfill_only_its_pace_can_be_changed():
    (rule,) = schema("Backfill")["properties"]["spec"]["x-kubernetes-validations"]
    fields = BackfillSpec.model_json_schema(by_alias=True)["properties"].keys()
    assert {field for field in fields if f"self.{field} == oldSelf.{field}" not in rule["rule"]} == {"maxRuns", "state"}


def test_names_leave_room_for_the_names_made_from_them():
    by_name = {kind.name: kind.max_name for kind in KINDS}
    assert by_name["Workflow"] + len("-g99999999999-4f7a9") <= by_name["WorkflowRun"] <= 63
    assert by_name["Workflow"] + len("-202603010200-4f7a9-r99") <= by_name["WorkflowRun"]
    for kind in CRDS:
        (rule,) = schema(kind)["x-kubernetes-validations"]
        assert rule["rule"] == f"self.metadata.name.size() <= {by_name[kind]}"


@pytest.mark.parametrize(
    ("model", "required"),
    [
        (WorkflowSpec, {"tasks"}),
        (WorkflowRunSpec, {"workflow"}),
        (PoolSpec, {"slots"}),
        (BackfillSpec, {"workflow", "from", "until"}),
    ],
    ids=["Workflow", "WorkflowRun", "Pool", "Backfill"],
)
def test_only_what_nobody_can_guess_is_required(model, required):
    assert {field.alias or name for name, field in model.model_fields.items() if field.is_required()} == required


def test_descriptions_are_sentences_on_one_line():
    for path, node in ALL:
        words = node.get("description", "x")
        assert "\n" not in words, path
        assert not any(one == other == " " for one, other in pairwise(words)), path
