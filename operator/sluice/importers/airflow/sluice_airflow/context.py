"""The context of a task, as Airflow gives it: times, parameters, the task instance, macros."""

import datetime
import os

from .names import names_of
from .settings import Connection, _Reader

try:
    from pendulum import instance as moment
except ImportError:

    class Moment(datetime.datetime):
        """As much of pendulum's DateTime as DAG files use of the context's times."""

        def add(self, **units):
            return self + datetime.timedelta(**units)

        def subtract(self, **units):
            return self - datetime.timedelta(**units)

        def to_date_string(self):
            return self.strftime("%Y-%m-%d")

        def to_datetime_string(self):
            return self.strftime("%Y-%m-%d %H:%M:%S")

        def to_iso8601_string(self):
            return self.isoformat()

        def in_timezone(self, zone):
            import zoneinfo

            return self.astimezone(zoneinfo.ZoneInfo(zone) if isinstance(zone, str) else zone)

        in_tz = in_timezone

        @property
        def int_timestamp(self):
            return int(self.timestamp())

    def moment(value):
        return Moment.fromisoformat(value.isoformat())


class Named(dict):
    """A map whose values are attributes, too, as in templates: `params.day`."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(name)


class TaskInstance:
    def __init__(self, task, inputs):
        self.task, self.task_id, self.dag_id = task, task.task_id, task.dag_id
        self.run_id = inputs["run"]["name"]
        self.try_number = inputs["task"]["attempt"]
        self.map_index = inputs["task"].get("index", -1)
        self.hostname = os.environ.get("HOSTNAME", "")
        self.pushed = {}
        self._tasks, self._names = inputs["tasks"], names_of(task.dag.tasks_by_id)

    def xcom_push(self, key, value, **_):
        self.pushed[key] = value

    def xcom_pull(self, task_ids=None, dag_id=None, key="return_value", default=None, map_indexes=None, **_):
        if task_ids is None:
            for name in sorted(self.task.upstream_task_ids):
                found = self._output(name, key)
                if found is not None:
                    return found
            return default
        if isinstance(task_ids, str):
            found = self._output(task_ids, key)
            if map_indexes is not None and isinstance(found, list):
                return found[map_indexes] if isinstance(map_indexes, int) else [found[each] for each in map_indexes]
            if isinstance(found, list) and self.task.dag.tasks_by_id[task_ids].mapped is not None:
                return [each for each in found if each is not None]  # those that returned None have no XCom
            return default if found is None else found
        return [self._output(name, key) for name in task_ids]

    def _output(self, task_id, key):
        outputs = self._tasks.get(self._names.get(task_id), {}).get("outputs", {})
        if key in outputs:
            return outputs[key]
        returned = outputs.get("return_value")  # with `multiple_outputs` each key is an XCom of its own
        return returned.get(key) if isinstance(returned, dict) and key != "return_value" else None


class Macros:
    """`{{ macros... }}`."""

    datetime, timedelta = datetime.datetime, datetime.timedelta

    @staticmethod
    def ds_add(ds, days):
        return (datetime.date.fromisoformat(str(ds)) + datetime.timedelta(days=days)).isoformat()

    @staticmethod
    def ds_format(ds, input_format, output_format):
        return datetime.datetime.strptime(str(ds), input_format).strftime(output_format)


def context_of(task, inputs, airflow):
    """The context, and the map into which `xcom_push` puts.

    `airflow`: 3 if a run is named after its own time. Its interval begins then, too, or earlier as a timetable says.
    """
    run = inputs["run"]
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    end = _time(run.get("intervalEnd") or now)
    start = _time(run.get("intervalStart") or run.get("intervalEnd") or now)
    length = end - start
    if airflow == 3:
        start = end - getattr(task.dag.schedule, "kwargs", {}).get("interval", datetime.timedelta())
    logical = end if airflow == 3 else start
    ti = TaskInstance(task, inputs)
    ds = logical.strftime("%Y-%m-%d")
    params = Named({**inputs["params"], **(task.fields.get("params") or {})})
    context = {
        "ds": ds,
        "ds_nodash": ds.replace("-", ""),
        "ts": logical.isoformat(),
        "ts_nodash": logical.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": logical.isoformat().replace("-", "").replace(":", ""),
        "logical_date": logical,
        "execution_date": logical,
        "data_interval_start": start,
        "data_interval_end": end,
        "next_execution_date": end,
        "prev_execution_date": logical - length,
        "next_ds": end.strftime("%Y-%m-%d"),
        "next_ds_nodash": end.strftime("%Y%m%d"),
        "prev_ds": (logical - length).strftime("%Y-%m-%d"),
        "prev_ds_nodash": (logical - length).strftime("%Y%m%d"),
        "yesterday_ds": Macros.ds_add(ds, -1),
        "yesterday_ds_nodash": Macros.ds_add(ds, -1).replace("-", ""),
        "tomorrow_ds": Macros.ds_add(ds, 1),
        "tomorrow_ds_nodash": Macros.ds_add(ds, 1).replace("-", ""),
        "is_latest": not run.get("intervalEnd") or _time(now) < end + length,
        "params": params,
        "run_id": ti.run_id,
        "dag": task.dag,
        "task": task,
        "ti": ti,
        "task_instance": ti,
        "task_instance_key_str": f"{task.dag_id}__{task.task_id}__{ds.replace('-', '')}",
        "macros": Macros,
        "var": Named(value=_Reader(as_json=False), json=_Reader(as_json=True)),
        "conn": _Connections(),
        "test_mode": False,
    }
    context["dag_run"] = Named(
        run_id=ti.run_id,
        conf=Named({name: value for name, value in inputs["params"].items() if value != ""}),  # what was given
        logical_date=logical,
        execution_date=logical,
        data_interval_start=start,
        data_interval_end=end,
        run_type="scheduled" if run.get("intervalEnd") else "manual",
    )
    return context, ti.pushed


def _time(text):
    return moment(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc))


class _Connections:
    def __getattr__(self, name):
        return Connection.get_connection_from_secrets(name)


def pulled(argument, context):
    """The value of an XComArg."""
    return context["ti"].xcom_pull(task_ids=argument.operator.task_id, key=argument.key)
