"""How modules are loaded while a person waits."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Modules are imported. They stay, so nobody looks for garbage among them: not now, which would take a tenth of the
    time until the first words, and not later.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
