"""Texts with holes: what a template leaves open, put into a shell script or into a field of the manifest.

Times are made from the run's interval with `date`: in the script itself, or for a container by one task `dates`.
"""

import re
import shlex
from typing import Any

from sluice.core import Json
from sluice.core.pod.builder import parameter_variable
from sluice.importers.airflow.dags.dag import RETURNED, Translation
from sluice.importers.airflow.dags.names import parameter_of
from sluice.importers.airflow.dags.values import duration
from sluice.importers.airflow.texts.secret_values import source_of
from sluice.importers.airflow.texts.shell import put_in

DATES = "dates"
_MARK = re.compile("\ue000([0-9]+)\ue001")
_SHORT = {
    "%Y-%m-%d": "ds",
    "%Y%m%d": "ds_nodash",
    "%Y-%m-%dT%H:%M:%S+00:00": "ts",
    "%Y%m%dT%H%M%S": "ts_nodash",
}
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

_VALUES = {"Boolean", "Json"}


class InPod(Exception):
    """The template can only be rendered when the task runs."""


def parts_of(value: Any, marks: list[str]) -> list[str | Json]:
    """Texts and holes. Raises InPod."""
    if isinstance(value, dict) and "$in_pod" in value:
        raise InPod(str(value["$in_pod"]))
    if isinstance(value, dict) and isinstance(value.get("$template"), list):
        return [
            part
            for each in value["$template"]
            for part in ([each] if isinstance(each, dict) else _marked(str(each), marks))
        ]
    if isinstance(value, dict):
        hole = next(((name, value[name]) for name in ("$xcom", "$param", "$unknown") if name in value), None)
        if hole is None:
            raise InPod("a value of a kind that has no text")
        name, said = hole
        return [{name[1:]: said, "key": value.get("key", RETURNED)}]
    return _marked(str(value), marks)


def _marked(text: str, marks: list[str]) -> list[str | Json]:
    pieces = _MARK.split(text)
    found: list[str | Json] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            number = int(piece)
            found.append({"unknown": marks[number] if number < len(marks) else "a value"})
        elif piece:
            found.append(piece)
    return found


def filled(node: Any, marks: list[str], dag: Translation) -> Any:
    """A part of the manifest, with placeholders for the unknown texts that are left in it."""
    if isinstance(node, str):
        return in_field(_marked(node, marks), dag) if _MARK.search(node) else node
    if isinstance(node, dict):
        return {key: filled(value, marks, dag) for key, value in node.items()}
    return [filled(each, marks, dag) for each in node] if isinstance(node, list) else node


def in_script(parts: list[str | Json], dag: Translation) -> tuple[str, list[Json]]:
    """The script, and the environment that it needs. Raises InPod."""
    ask_for_text(parts, dag)
    lines: dict[str, str] = {}
    env: dict[str, Json] = {}
    script = put_in([part if isinstance(part, str) else (_variable(part, dag, lines, env),) for part in parts])
    return "".join(f"{name}={value}\n" for name, value in lines.items()) + script, list(env.values())


def ask_for_text(parts: list[str | Json], dag: Translation) -> None:
    """Raises InPod if one of the parameters is a value that a template writes as Python does: True, not true."""
    if names := _values_in(parts, dag):
        raise InPod(f"the parameter {names[0]} is written as Python writes it")


def _values_in(parts: list[str | Json], dag: Translation) -> list[str]:
    """The parameters in a template that are no texts or numbers. What is handed on as a value has a key."""
    holes = (part for part in parts if isinstance(part, dict) and "param" in part and "key" not in part)
    names = (parameter_of(str(hole["param"])) for hole in holes)
    return [name for name in names if dag.parameters.get(name, {}).get("type") in _VALUES]


def _variable(hole: Json, dag: Translation, lines: dict[str, str], env: dict[str, Json]) -> str:
    if "time" in hole:
        return _named(_time_name(hole), f"$({_date(hole, dag)})", lines)
    if "xcom" in hole:
        task, key = str(hole["xcom"]), str(hole["key"])
        name = re.sub(r"[^A-Z0-9]+", "_", f"{task}{'' if key == RETURNED else '_' + key}".upper())
        return _in_environment(name if name[:1].isalpha() else f"X_{name}", {"value": in_field([hole], dag)}, env)
    if "run" in hole:
        return "SLUICE_RUN"
    if (source := secret_of([hole], dag)) is not None:
        name = re.sub(r"[^A-Z0-9]+", "_", source["secretKeyRef"]["key"].upper())
        return _in_environment(name, {"valueFrom": source}, env)
    return parameter_variable(_parameter(hole, dag))


def _named(wanted: str, value: Any, taken: dict[str, Any]) -> str:
    """The name under which `taken` has the value from now on: the wanted one, unless that is another's."""
    name, number = wanted, 2
    while taken.setdefault(name, value) != value:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _in_environment(wanted: str, value: Json, env: dict[str, Json]) -> str:
    values = {name: {key: said for key, said in entry.items() if key != "name"} for name, entry in env.items()}
    name = _named(wanted, value, values)
    env[name] = {"name": name, **value}
    return name


def in_field(parts: list[str | Json], dag: Translation) -> str:
    """For a field in which placeholders are filled in."""
    for name in _values_in(parts, dag):
        what = f"the parameter {name} in a field"
        if all(loss.what != what for loss in dag.losses):
            dag.lose(
                None, what, "it is filled in as JSON: `true` where Airflow writes `True`; let its reader take that"
            )
    return "".join(part if isinstance(part, str) else _placeholder(part, dag) for part in parts)


def _placeholder(hole: Json, dag: Translation) -> str:
    if "time" in hole:
        return f"$(tasks.{DATES}.outputs.{_named(_time_name(hole), _date(hole, dag), dag.dates)})"
    if "xcom" in hole:
        task = str(hole["xcom"])
        if task not in dag.names:
            raise InPod(f"there is no task {task!r}")
        if hole["key"] not in dag.handed_on[task]:
            raise InPod(f"{hole['key']!r} is a part of what {task!r} returns")
        return f"$(tasks.{dag.names[task]}.outputs.{parameter_of(str(hole['key']))})"
    if "run" in hole:
        return "$(run.name)"
    return f"$(params.{_parameter(hole, dag)})"


def _parameter(hole: Json, dag: Translation) -> str:
    if "param" not in hole:
        return _installation(hole, dag)
    name = dag.parameter(str(hole["param"]))
    if name in dag.optional:
        dag.optional.discard(name)
        del dag.parameters[name]["default"]
    if "default" in hole and ("conf" in hole or hole["param"] not in dag.dag.params):
        _give_default(name, str(hole["default"]), dag)
    return name


def _give_default(name: str, default: str, dag: Translation) -> None:
    """A parameter has one default: of several that templates say, the first."""
    holds = str(dag.parameters[name].setdefault("default", default))
    if holds != default:
        dag.lose(None, f"the default {default!r:.60} of the parameter {name}", f"it is {holds!r:.60} everywhere")


def _origin(hole: Json) -> str:
    if "variable" in hole:
        return f"Variable {hole['variable']}"
    if "connection" in hole:
        return f"Connection {hole['connection']} {hole.get('field', '')}"
    return str(hole.get("unknown", "value"))


def secret_of(parts: list[str | Json], dag: Translation) -> Json | None:
    """A `valueFrom` for a value that is one secret of the installation, unless it was given."""
    if len(parts) != 1 or not isinstance(hole := parts[0], dict) or {"param", "given"} & set(hole):
        return None
    origin = _origin(hole)
    source = None if origin.removeprefix("Variable ") in dag.options.variables else source_of(origin)
    if source is not None:
        dag.note(None, f"{origin} is read from the Secret {source['secretKeyRef']['name']}")
        if "default" in hole:
            dag.lose(None, f"the default of {origin}", "the Secret has to have it")
    return source


def env_entry(name: str, parts: list[str | Json], dag: Translation) -> Json:
    """An environment variable of a task."""
    source = secret_of(parts, dag)
    return {"name": name} | ({"value": in_field(parts, dag)} if source is None else {"valueFrom": source})


def _installation(hole: Json, dag: Translation) -> str:
    """What only the installation knows is a parameter, with the value that was given on the command line."""
    origin = _origin(hole)
    name = dag.parameter(re.sub("^(Variable|Connection|environment variable) ", "", origin))
    given = hole.get("given", dag.options.variables.get(origin.removeprefix("Variable ")))
    if given is not None:
        dag.parameters[name].setdefault("default", given)
        return name
    if "default" not in dag.parameters[name]:
        dag.parameters[name]["description"] = f"{origin} of the Airflow installation"
    if "default" in hole:
        _give_default(name, str(hole["default"]), dag)
    return name


def _time_name(hole: Json) -> str:
    base, shift = str(hole["time"]), int(hole.get("shift", 0))
    short = _SHORT.get(str(hole["format"]), "date_" + re.sub(r"[^a-zA-Z]+", "", str(hole["format"])))
    ahead = "" if not shift else f"_{'plus' if shift > 0 else 'minus'}_{duration(abs(shift))}"
    return f"{short}{'' if base == 'logical' else '_of_' + base}{ahead}"


def _date(hole: Json, dag: Translation) -> str:
    """The command. Without a schedule the variable is empty, which is now, as in Airflow."""
    by_start = hole["time"] == "start" or (hole["time"] == "logical" and dag.by_interval)
    variable = "$SLUICE_INTERVAL_START" if by_start and dag.by_interval else "$SLUICE_SCHEDULED_TIME"
    shift = int(hole.get("shift", 0))
    if by_start and not dag.by_interval:
        shift -= dag.interval_s
    words = (
        [f"{count} {_UNITS[unit]}" for count, unit in re.findall(r"(\d+)([dhms])", duration(abs(shift)))]
        if shift
        else []
    )
    moved = "".join(f" {word}{' ago' if shift < 0 else ''}" for word in words)
    shape = shlex.quote(f"+{hole['format']}")
    return f'date -u -d "{variable}{moved}" {shape}'
