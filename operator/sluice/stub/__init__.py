"""What the operator sends along with the files of a Workflow: the program in `call.py`."""

from importlib.resources import files

STUB: str = files(__name__).joinpath("call.py").read_text(encoding="utf-8")
"""The program that calls a task's `function`."""
