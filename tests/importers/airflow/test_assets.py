"""Assets of Airflow 3: the DAGs that make them by `@asset`, and what is asked of them by name."""

from tests.importers.airflow.harness import faults, imported, run_task

FILE = """
from airflow.sdk import DAG, Asset, asset, task

@asset(uri="s3://raw", schedule="@daily")
def raw():
    return [1]

@asset(schedule=raw)
def clean(self, context, raw):
    print(self.uri, raw.uri, context["dag"].dag_id)

@asset.multi(schedule=None, outlets=[Asset("one"), Asset("two")])
def several():
    pass

with DAG("reader", schedule=[clean, Asset.ref(name="one")]):
    @task
    def read(): pass
    read()
"""


def test_each_asset_is_a_workflow_that_makes_it(tmp_path):
    result = imported(tmp_path, FILE, head="")
    assert (result.refused, result.losses, faults(result)) == ([], [], [])
    specs = {each.name: each.manifest["spec"] for each in result.objects}
    assert {name: spec.get("after") for name, spec in specs.items()} == {
        "raw": None,
        "clean": [{"workflow": "raw"}],
        "several": None,
        "reader": [{"workflow": "clean"}, {"workflow": "several"}],
    }
    assert specs["raw"]["schedule"]["cron"] == "0 0 * * *"
    assert run_task(tmp_path, specs["clean"], "main").out == "clean s3://raw clean\n"
