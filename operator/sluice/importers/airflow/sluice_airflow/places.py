"""Where in the user's files something was said, and what was said that the importer has to report."""

import os
import sys
import sysconfig

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSTALLED = tuple({os.path.dirname(os.__file__), *sysconfig.get_paths().values(), sys.prefix, _OWN, "<"})

EVENTS = []
"""(kind, file, line, words): what was asked of an unknown, and what is not known."""


READING = []
"""The file and the line, while a file is read without running it."""


READER = tuple(os.path.join("sluice_recorder", name) for name in ("tree.py", "values.py"))
"""Where it is read: what is asked there, the file asks."""


def is_users(file):
    return not file.startswith(_INSTALLED)


def here():
    """The file and line of the user's code that is running: the innermost frame of theirs."""
    if READING:
        return tuple(READING)
    frame = sys._getframe(1)
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def report(kind, words):
    event = (kind, *here(), words)
    if event not in EVENTS and len(EVENTS) < 1000:
        EVENTS.append(event)
