"""Operators by their Airflow names. Those whose work the pod does itself are classes here; `execute` runs them."""

from .tasks import BaseOperator

FAMILIES = {}
"""The operator classes that are known, by name."""


def family(names=()):
    """Registers a class, and further names that Airflow has for it."""

    def add(cls):
        for name in (cls.__name__, *names):
            FAMILIES[name] = cls
        return cls

    return add


@family(names=["DummyOperator", "ExternalTaskMarker"])
class EmptyOperator(BaseOperator):
    pass


@family()
class PythonOperator(BaseOperator):
    template_fields = ("templates_dict", "op_args", "op_kwargs")


@family(names=["PythonVirtualenvDecoratedOperator"])
class PythonVirtualenvOperator(PythonOperator):
    pass


@family()
class ExternalPythonOperator(PythonOperator):
    pass


@family()
class BranchPythonOperator(PythonOperator):
    pass


@family(names=["BranchExternalPythonOperator"])
class BranchPythonVirtualenvOperator(BranchPythonOperator):
    pass


@family()
class SubDagOperator(BaseOperator):
    """Its DAG becomes a Workflow, which the task calls."""


@family()
class MappedGroup(SubDagOperator):
    """A group under `expand`: its DAG runs for each item."""


@family()
class ShortCircuitOperator(PythonOperator):
    pass


@family()
class BaseBranchOperator(BaseOperator):
    pass


@family()
class LatestOnlyOperator(BaseOperator):
    pass


@family()
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


@family(names=["GKEStartPodOperator", "GKEPodOperator", "EksPodOperator", "AksPodOperator"])
class KubernetesPodOperator(BaseOperator):
    template_fields = ("image", "cmds", "arguments", "env_vars", "labels", "name", "namespace")


@family(names=["DockerSwarmOperator"])
class DockerOperator(BaseOperator):
    template_fields = ("image", "command", "environment")


@family()
class TriggerDagRunOperator(BaseOperator):
    template_fields = ("trigger_dag_id", "conf")


@family()
class BaseSensorOperator(BaseOperator):
    """`poke` says whether to go on. A class of theirs has its own."""

    def poke(self, context):
        raise NotImplementedError(f"{type(self).__name__} needs Airflow")


@family()
class PythonSensor(PythonOperator):
    pass


@family()
class BashSensor(BaseSensorOperator):
    template_fields = ("bash_command", "env")


@family()
class FileSensor(BaseSensorOperator):
    template_fields = ("filepath",)


@family(names=["TimeDeltaSensorAsync"])
class TimeDeltaSensor(BaseSensorOperator):
    pass


@family(names=["DateTimeSensorAsync"])
class DateTimeSensor(BaseSensorOperator):
    template_fields = ("target_time",)


@family(names=["ExternalTaskSensorAsync"])
class ExternalTaskSensor(BaseSensorOperator):
    pass


@family()
class ApprovalOperator(BaseOperator):
    """Of Airflow 3.1."""

    template_fields = ("subject", "body")


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
