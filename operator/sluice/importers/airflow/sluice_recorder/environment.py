"""`os.environ` as DAG files see it: a variable that is not given is unknown, not absent."""

import os

from sluice_airflow.places import report
from sluice_airflow.unknown import mark

_NOTHING = object()


class Environment:
    def get(self, name, default=_NOTHING):
        found = os.environ.get(name)
        if found is not None or default is not _NOTHING:
            return default if found is None else found
        report("value", f"environment variable {name}")
        return mark(f"environment variable {name}")

    __getitem__ = get

    def __contains__(self, name):
        return name in os.environ
