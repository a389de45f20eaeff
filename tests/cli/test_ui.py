"""`sluice ui` in a terminal: what it prints, and how it opens the page."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sluice.cli import ui
from tests.client.server import write_kubeconfig

SLUICE = Path(sys.executable).with_name("sluice")


@pytest.fixture
def started(tmp_path):
    """The program, and the first lines that it prints."""
    kubeconfig = write_kubeconfig(tmp_path, "http://127.0.0.1:9", {"token": "secret"})
    environment = os.environ | {"KUBECONFIG": str(kubeconfig), "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # Whatever started the tests in the background may have had them ignore Ctrl-C, and programs inherit that.
    command = ["env", "--default-signal=INT", SLUICE, "ui"]
    with subprocess.Popen(command, env=environment, **pipes) as process:
        yield process, [process.stdout.readline() for _ in range(3)]
        process.kill()


def test_it_prints_a_link_over_ssh_how_to_reach_it_and_on_enter_a_fresh_one(started):
    process, (where, link, ssh) = started
    address = re.search(r"http://127\.0\.0\.1:(\d+)/", where)
    assert link.startswith(f"{address[0]}#token=")
    assert ssh.startswith(f"Where you sit: ssh -L {address[1]}:127.0.0.1:{address[1]} ")
    process.stdin.write("\n")
    process.stdin.flush()
    fresh = process.stdout.readline()
    assert fresh.startswith(f"{address[0]}#token=")
    assert fresh != link


def test_ctrl_c_ends_it(started):
    process, _ = started
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130


def test_the_browser_gets_a_file_in_its_arguments_and_not_the_token(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(ui.webbrowser, "open", opened.append)
    ui._open("http://127.0.0.1:1/?ns=a&run=b#token=secret", tmp_path)
    (address,) = opened
    assert "secret" not in address
    file = Path(address.removeprefix("file://"))
    assert 'url=http://127.0.0.1:1/?ns=a&amp;run=b#token=secret"' in file.read_text()
