"""Gives `airflow` and all beneath it to the imports of a DAG file, where the real one is not to be used."""

import datetime
import importlib
import importlib.machinery
import os
import sys
import types

from . import assets, clock, dags, edges, operators, results, settings, taskflow, tasks
from .places import is_users, report
from .unknown import Unknown


class AirflowSkipException(edges.AirflowException):
    pass


class AirflowFailException(edges.AirflowException):
    pass


class _Words:
    """An enumeration whose members are their own names in small letters."""

    def __init__(self, *words):
        for word in words:
            setattr(self, word.upper(), word)

    def __call__(self, word):
        return word


TriggerRule = _Words(
    *("all_success", "all_failed", "all_done", "all_done_min_one_success", "all_skipped", "one_success", "one_failed"),
    *("one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "always", "all_done_setup_success"),
    *("none_failed_or_skipped", "dummy"),
)


class Param:
    def __init__(self, default=None, description=None, schema=None, **more):
        self.default, self.description = default, description
        self.schema = {**(schema or {}), **more}

    @property
    def value(self):
        return self.default


class Timetable:
    """A schedule as an object: what it was made of."""

    def __init__(self, kind):
        self.kind = kind

    def __call__(self, *args, **kwargs):
        made = Timetable(self.kind)
        made.args, made.kwargs = args, kwargs
        return made

    def __mro_entries__(self, bases):
        """A class of theirs has times of its own."""
        return (TheirTimetable,)


class TheirTimetable:
    def __init__(self, *args, **kwargs):
        pass


def days_ago(n, **_):
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - datetime.timedelta(days=n)


class Timezone:
    utc = datetime.timezone.utc

    @staticmethod
    def utcnow():
        return datetime.datetime.now(datetime.timezone.utc)

    @staticmethod
    def datetime(*args, **kwargs):
        kwargs.setdefault("tzinfo", datetime.timezone.utc)
        return datetime.datetime(*args, **kwargs)

    @staticmethod
    def parse(text, timezone=None):
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)

    @staticmethod
    def make_aware(value, timezone=None):
        return value if value.tzinfo else value.replace(tzinfo=timezone or datetime.timezone.utc)

    @staticmethod
    def convert_to_utc(value):
        return Timezone.make_aware(value).astimezone(datetime.timezone.utc)


NAMES = {
    "DAG": dags.DAG,
    "BaseOperator": tasks.BaseOperator,
    "XComArg": results.XComArg,
    "TaskGroup": dags.TaskGroup,
    "Label": edges.Label,
    "EdgeModifier": edges.Label,
    "chain": edges.chain,
    "chain_linear": edges.chain_linear,
    "cross_downstream": edges.cross_downstream,
    "AirflowException": edges.AirflowException,
    "AirflowSkipException": AirflowSkipException,
    "AirflowFailException": AirflowFailException,
    "TriggerRule": TriggerRule,
    "WeightRule": _Words("downstream", "upstream", "absolute"),
    "WeekDay": _Words(*clock.DAYS),
    "dag": taskflow.dag,
    "task": taskflow.task,
    "task_group": taskflow.task_group,
    "setup": taskflow.setup,
    "teardown": taskflow.teardown,
    "get_current_context": taskflow.get_current_context,
    "Variable": settings.Variable,
    "Connection": settings.Connection,
    "BaseHook": settings.BaseHook,
    "conf": settings.conf,
    "Dataset": assets.Asset,
    "Asset": assets.Asset,
    "asset": assets.asset,
    "Param": Param,
    "days_ago": days_ago,
    "timezone": Timezone,
    "is_venv_installed": lambda: True,
}
_SAME_AS_CLASS = (
    "CronTriggerTimetable",
    "CronDataIntervalTimetable",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
)
_EVENTFUL = ("AssetOrTimeSchedule", "DatasetOrTimeSchedule", "MultipleCronTriggerTimetable")
NAMES.update({name: Timetable(name) for name in (*_SAME_AS_CLASS, *_EVENTFUL)})


_WITH_MODULES = {"airflow", *(f"airflow.{name}" for name in ("operators", "sensors", "utils", "models", "contrib"))}
"""Where `from airflow.operators import python_operator` asks for a module."""


class KubernetesModel:
    """`k8s.V1EnvVar(name=..., value=...)` and its like: what it was made of."""

    def __init__(self, **fields):
        self.fields = fields


class Secret(KubernetesModel):
    """`Secret("env", "PASSWORD", "db", "password")` of the Kubernetes provider."""

    def __init__(self, deploy_type=None, deploy_target=None, secret=None, key=None, **more):
        super().__init__(deploy_type=deploy_type, deploy_target=deploy_target, secret=secret, key=key)


NAMES["Secret"] = Secret


class Module(types.ModuleType):
    """A module of Airflow, or one that is not here: any name that is asked of it exists."""

    __path__ = ()

    def __getattr__(self, name):
        is_airflow = self.__name__.partition(".")[0] == "airflow"
        if name.startswith("__"):
            if name == "__all__":
                return list(NAMES) if is_airflow else []
            raise AttributeError(name)
        if self.__name__.startswith("kubernetes") and name in ("client", "models"):
            return importlib.import_module(f"{self.__name__}.{name}")
        if self.__name__.startswith("kubernetes.client") and name.startswith("V1"):
            return type(name, (KubernetesModel,), {})
        if not is_airflow:
            return Unknown(f"{self.__name__}.{name}")
        if self.__name__ == "airflow.utils.timezone":
            return getattr(Timezone, name)
        if name in NAMES:
            return NAMES[name]
        if name in operators.FAMILIES or name.endswith(("Operator", "Sensor", "OperatorAsync", "SensorAsync")):
            return operators.operator_class(name)
        if name.islower() and self.__name__ in _WITH_MODULES:
            return importlib.import_module(f"{self.__name__}.{name}")
        return Unknown(f"{self.__name__}.{name}")


class Finder:
    """Last on the path of finders: for what is found nowhere, where the user's own files import it."""

    def find_spec(self, fullname, path=None, target=None):
        if isinstance(sys.modules.get(fullname.rpartition(".")[0]), Module) or self._wanted_by_user():
            report("import", f"module {fullname} is not here")
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def _wanted_by_user(self):
        frame = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        return frame is not None and is_users(frame.f_code.co_filename)

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module):
        module.__path__ = []


class FirstFor(Finder):
    """First on the path of finders, for packages that are passed over where they are installed."""

    def __init__(self, *packages):
        self._packages = packages

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in self._packages:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None


def install(*passed_over):
    """Of the packages that are passed over Airflow is always one: its own operators would not be recorded."""
    if any(isinstance(each, Finder) for each in sys.meta_path):
        return
    sys.meta_path.insert(0, FirstFor("airflow", *passed_over))
    sys.meta_path.append(Finder())
    os.environ.setdefault("AIRFLOW_HOME", "/opt/airflow")
