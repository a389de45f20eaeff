"""Datasets of Airflow 2, assets of Airflow 3, and the DAGs that `@asset` makes."""

import inspect

from . import operators
from .dags import DAG

_uris = {}
"""Of the assets that have been made, by name."""


class Asset:
    def __init__(self, name=None, uri=None, **_):
        self.name, self.uri = name or uri, uri or name
        _uris[self.name] = self.uri

    @classmethod
    def ref(cls, name=None, uri=None):
        """An asset that is made elsewhere."""
        return cls(name, uri or _uris.get(name))

    def __or__(self, other):
        return AssetExpression("or", [self, other])

    def __and__(self, other):
        return AssetExpression("and", [self, other])

    def __hash__(self):
        return hash(self.uri)

    def __eq__(self, other):
        return isinstance(other, Asset) and self.uri == other.uri


class AssetExpression(Asset):
    def __init__(self, operation, parts):
        self.operation, self.parts = operation, parts
        self.name = self.uri = f" {operation} ".join(str(part.uri) for part in parts)


class _Definition:
    """`@asset`: a DAG by the function's name, with one task that makes the asset."""

    def __call__(self, name=None, uri=None, schedule=None, **fields):
        if callable(name):
            return self()(name)

        def decorate(function):
            made = Asset(name or function.__name__, uri)
            _dag(name or function.__name__, function, [made], schedule, fields)
            return made

        return decorate

    def multi(self, outlets=(), name=None, schedule=None, **fields):
        def decorate(function):
            _dag(name or function.__name__, function, list(outlets), schedule, fields)
            return list(outlets)

        return decorate


def _dag(dag_id, function, outlets, schedule, fields):
    with DAG(dag_id, schedule=schedule, **fields):
        operators.AssetOperator(task_id="__main__", python_callable=function, outlets=outlets)


def arguments_of(operator, context):
    """What a function under `@asset` takes: itself, the context, and other assets by their names."""
    known = {"self": operator.fields["outlets"][0], "context": context}
    parameters = inspect.signature(operator.fields["python_callable"]).parameters.values()
    names = [each.name for each in parameters if each.default is each.empty]
    return {name: known[name] if name in known else Asset.ref(name) for name in names}


asset = _Definition()
