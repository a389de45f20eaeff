"""Variables, connections and other values that only the installation has.

In a pod they come from the environment, as Airflow's do: AIRFLOW_VAR_NAME and AIRFLOW_CONN_NAME. While importing they
come from `--variables` and `--connections`; without, the call's default holds, and else the value is unknown.
"""

import json
import os
import urllib.parse

from .places import report
from .unknown import RUNNING, UnknownJson, mark

_NOTHING = object()
GIVEN_VARIABLES, GIVEN_CONNECTIONS = {}, {}


def _unknown(kind, name):
    if RUNNING:
        raise KeyError(
            f"{kind} {name} does not exist: set AIRFLOW_{'VAR' if kind == 'Variable' else 'CONN'}_{name.upper()}"
        )
    report("value", f"{kind} {name}")
    return mark(f"{kind} {name}")


class _Reader:
    """`{{ var.value.name }}` and `{{ var.json.name }}`."""

    def __init__(self, as_json):
        self._json = as_json

    def __getattr__(self, name):
        return Variable.get(name, deserialize_json=self._json)

    def get(self, name, default=_NOTHING):
        return Variable.get(name, default_var=default, deserialize_json=self._json)


class Variable:
    @classmethod
    def get(cls, key, default_var=_NOTHING, deserialize_json=False, default=_NOTHING):
        found = os.environ.get(f"AIRFLOW_VAR_{key.upper()}", GIVEN_VARIABLES.get(key, _NOTHING))
        if found is _NOTHING:
            default = default_var if default is _NOTHING else default
            if default is not _NOTHING:
                return default
            unknown = _unknown("Variable", key)
            return UnknownJson(unknown) if deserialize_json else unknown
        return json.loads(found) if deserialize_json and isinstance(found, str) else found

    @classmethod
    def set(cls, key, value, *_, **__):
        if RUNNING:
            raise NotImplementedError(f"Variable.set({key!r}): Sluice has no place for variables; use an output")

    @classmethod
    def setdefault(cls, key, default, deserialize_json=False):
        return cls.get(key, default, deserialize_json)


class Connection:
    """From a URI, or from JSON with the fields of the constructor."""

    def __init__(
        self,
        conn_id=None,
        conn_type=None,
        host=None,
        login=None,
        password=None,
        schema=None,
        port=None,
        extra=None,
        uri=None,
        **_,
    ):
        self.conn_id, self.conn_type, self.host, self.login = conn_id, conn_type, host, login
        self.password, self.schema, self.port = password, schema, port
        self.extra = json.dumps(extra) if isinstance(extra, dict) else extra or ""
        if uri:
            parts = urllib.parse.urlsplit(uri)
            unquote = urllib.parse.unquote
            self.conn_type, self.host, self.port = parts.scheme.replace("-", "_"), parts.hostname, parts.port
            self.login, self.password = unquote(parts.username or "") or None, unquote(parts.password or "") or None
            self.schema = unquote(parts.path[1:])
            query = dict(urllib.parse.parse_qsl(parts.query))
            self.extra = query.get("__extra__") or json.dumps(query)

    @property
    def extra_dejson(self):
        return json.loads(self.extra) if self.extra else {}

    def get_uri(self):
        login = f"{self.login or ''}:{self.password}@" if self.password else f"{self.login}@" if self.login else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.conn_type}://{login}{self.host or ''}{port}/{self.schema or ''}"

    @classmethod
    def get_connection_from_secrets(cls, conn_id):
        found = os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}", GIVEN_CONNECTIONS.get(conn_id, _NOTHING))
        if found is _NOTHING:
            unknown = _unknown("Connection", conn_id)
            return cls(conn_id, *[unknown] * 5)
        if isinstance(found, dict) or found.lstrip().startswith("{"):
            return cls(conn_id, **(found if isinstance(found, dict) else json.loads(found)))
        return cls(conn_id, uri=found)

    get = get_connection_from_secrets


class BaseHook:
    """Hooks of providers need Airflow; this one reads connections."""

    def __init__(self, *args, **kwargs):
        pass

    @classmethod
    def get_connection(cls, conn_id):
        return Connection.get_connection_from_secrets(conn_id)

    @property
    def log(self):
        import logging

        return logging.getLogger("airflow.hook")


class _Configuration:
    def get(self, section, key, fallback=_NOTHING, **_):
        found = os.environ.get(f"AIRFLOW__{section.upper()}__{key.upper()}")
        if found is None:
            return _unknown("configuration", f"{section}.{key}") if fallback is _NOTHING else fallback
        return found

    getboolean = getint = getfloat = get


conf = _Configuration()
