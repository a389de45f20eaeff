"""Output that nobody can take is an error of one line."""

import subprocess
import sys
from pathlib import Path

import pytest

SLUICE = Path(sys.executable).with_name("sluice")
EXAMPLE = Path(__file__).parent.parent.parent / "examples/01-parallel.yaml"


@pytest.mark.parametrize("command", [("ls", "--help"), ("plan", "--offline", EXAMPLE), ("graph", EXAMPLE)])
def test_a_disk_without_room_is_named(command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([SLUICE, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "Error: cannot write all of the output: No space left on device\n",
    )
