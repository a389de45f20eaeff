"""Operators by their Airflow names. Those whose work the pod does itself are classes here; `execute` runs them."""

from .graph import BaseOperator

FAMILIES = {}
"""The operator classes that are known, by name."""


def _family(*bases, names=()):
    """Registers a class, and further names that Airflow has for it."""

    def add(cls):
        for name in (cls.__name__, *names):
            FAMILIES[name] = cls
        return cls

    return add


@_family(names=["DummyOperator", "ExternalTaskMarker"])
class EmptyOperator(BaseOperator):
    pass


@_family()
class PythonOperator(BaseOperator):
    template_fields = ("templates_dict", "op_args", "op_kwargs")


@_family(names=["PythonVirtualenvDecoratedOperator"])
class PythonVirtualenvOperator(PythonOperator):
    pass


@_family()
class ExternalPythonOperator(PythonOperator):
    pass


@_family()
class BranchPythonOperator(PythonOperator):
    pass


@_family(names=["BranchExternalPythonOperator"])
class BranchPythonVirtualenvOperator(BranchPythonOperator):
    pass


@_family()
class SubDagOperator(BaseOperator):
    """Its DAG becomes a Workflow, which the task calls."""


@_family()
class MappedGroup(SubDagOperator):
    """A group under `expand`: its DAG runs for each item."""


@_family()
class ShortCircuitOperator(PythonOperator):
    pass


@_family()
class BaseBranchOperator(BaseOperator):
    pass


@_family()
class LatestOnlyOperator(BaseOperator):
    pass


@_family()
class BashOperator(BaseOperator):
    template_fields = ("bash_command", "env", "cwd")
    template_ext = (".sh", ".bash")


class BashTaskOperator(PythonOperator):
    """`@task.bash`: the function returns the command."""


class AssetOperator(PythonOperator):
    """`@asset`: the function makes the asset."""


class DockerTaskOperator(PythonOperator):
    """`@task.docker`: the function runs in an image."""


class KubernetesTaskOperator(PythonOperator):
    """`@task.kubernetes`: the function runs in an image."""


@_family(names=["GKEStartPodOperator", "GKEPodOperator", "EksPodOperator", "AksPodOperator"])
class KubernetesPodOperator(BaseOperator):
    template_fields = ("image", "cmds", "arguments", "env_vars", "labels", "name", "namespace")


@_family(names=["DockerSwarmOperator"])
class DockerOperator(BaseOperator):
    template_fields = ("image", "command", "environment")


@_family()
class TriggerDagRunOperator(BaseOperator):
    template_fields = ("trigger_dag_id", "conf")


@_family()
class BaseSensorOperator(BaseOperator):
    """`poke` says whether to go on. A class of theirs has its own."""

    def poke(self, context):
        raise NotImplementedError(f"{type(self).__name__} needs Airflow")


@_family()
class PythonSensor(PythonOperator):
    pass


@_family()
class BashSensor(BaseSensorOperator):
    template_fields = ("bash_command", "env")


@_family()
class FileSensor(BaseSensorOperator):
    template_fields = ("filepath",)


@_family(names=["TimeDeltaSensorAsync"])
class TimeDeltaSensor(BaseSensorOperator):
    pass


@_family(names=["DateTimeSensorAsync"])
class DateTimeSensor(BaseSensorOperator):
    template_fields = ("target_time",)


@_family(names=["ExternalTaskSensorAsync"])
class ExternalTaskSensor(BaseSensorOperator):
    pass


_made = {}


def operator_class(name):
    """The class of an operator that the importer may know by name, or else cannot do."""
    if name in FAMILIES:
        return FAMILIES[name]
    if name not in _made:
        base = BaseSensorOperator if name.endswith(("Sensor", "SensorAsync")) else BaseOperator
        _made[name] = type(name, (base,), {"__module__": __name__, "is_unknown": True})
    return _made[name]


FAMILIES["BaseOperator"] = BaseOperator
