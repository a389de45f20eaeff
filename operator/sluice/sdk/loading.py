"""Whether an author's file is being loaded: what stands in it outside of functions runs in every pod as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LOADING: ContextVar[bool] = ContextVar("loading", default=False)


def loading() -> bool:
    return _LOADING.get()


@contextmanager
def loading_file() -> Iterator[None]:
    token = _LOADING.set(True)
    try:
        yield
    finally:
        _LOADING.reset(token)
