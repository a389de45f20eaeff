"""The box by `unshare`: the same for root as for anybody else, whose namespaces are made otherwise."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from sluice.importers.airflow.record import isolation

PROBE = """
cat "$1/etl.py"
touch "$1/x" /x /usr/x 2>/dev/null && echo wrote
echo kept > /tmp/x && cat /tmp/x
unshare --user true 2>/dev/null && echo another namespace
mount -t tmpfs tmpfs /tmp 2>/dev/null && echo mounted
grep -q ': 0100007F' /proc/net/tcp && echo network
[ -e /etc ] || echo no accounts
"""
TO_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture
def public():
    """A folder that others reach, too: pytest's own is closed to them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("caller", [0, 65534])
def test_what_a_program_can_do(public, monkeypatch, caller):
    if os.geteuid() not in (0, caller):
        pytest.skip("needs root, to become others")
    dags, empty = public / "dags", public / "empty"
    dags.mkdir()
    empty.mkdir()
    (dags / "etl.py").write_text("import airflow\n")
    monkeypatch.setattr(os, "geteuid", lambda: caller)
    command = isolation._by_unshare([str(dags), str(isolation._IMPORTER), "/usr"], str(empty))
    change = TO_NOBODY if caller else ()
    done = subprocess.run(
        [*change, *command, "sh", "-c", PROBE, "sh", str(dags)], env={}, capture_output=True, text=True, check=False
    )
    assert done.stdout == "import airflow\nkept\nno accounts\n", done.stderr
