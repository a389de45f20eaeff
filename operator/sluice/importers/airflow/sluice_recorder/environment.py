"""`os.environ` as DAG files see it: a variable that is not given is unknown, not absent."""

import os
import sys

from sluice_airflow.places import is_users, report
from sluice_airflow.unknown import mark

_NOTHING = object()


def value_of(name, default=_NOTHING):
    if name in os.environ:
        return os.environ[name]
    if default is not _NOTHING:
        return default
    report("value", f"environment variable {name}")
    return mark(f"environment variable {name}")


class Environment:
    """For a file that is only read."""

    get = __getitem__ = staticmethod(value_of)

    def __contains__(self, name):
        return name in os.environ


class _Asked(type(os.environ)):
    """For a file that is run: the library goes on seeing what is there."""

    def __getitem__(self, name):
        try:
            return super().__getitem__(name)
        except KeyError:
            if not is_users(sys._getframe(1).f_code.co_filename):
                raise
            return value_of(name)

    def get(self, name, default=_NOTHING):
        if is_users(sys._getframe(1).f_code.co_filename):
            return value_of(name, default)
        return super().get(name, None if default is _NOTHING else default)


def ask():
    """From now on what the user's files ask for and is not given is reported."""
    of_library = os.getenv

    def getenv(name, default=_NOTHING):
        if is_users(sys._getframe(1).f_code.co_filename):
            return value_of(name, default)
        return of_library(name, None if default is _NOTHING else default)

    os.environ.__class__ = _Asked
    os.getenv = getenv
