"""The cluster's Go programs: built once per version from the modules under `go/`, and kept in the cache.

A module's directory pins the version: go.mod names it, go.sum has its checksums. A change to either, or to our own Go
files there, changes the cache key and so triggers a build. Progress counts the packages that `go build -v` prints.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import cache, golang
from .commands import run
from .errors import ClusterError, tail
from .progress import say

GO = Path(__file__).parent / "go"
PROGRESS_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program to build: its module's directory, the package in it, and the names under which it is linked."""

    name: str
    package: str
    links: tuple[str, ...] = ()

    @property
    def module(self) -> Path:
        """The directory that holds its go.mod."""
        return GO / self.name


KUBERNETES = Program(
    "kubernetes", ".", ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl")
)
ETCD = Program("etcd", "go.etcd.io/etcd/server/v3")
HELM = Program("helm", "helm.sh/helm/v3/cmd/helm")
KWOK = Program("kwok", "sigs.k8s.io/kwok/cmd/kwok")
PAUSE = Program("pause", ".")
KSTATUS = Program("kstatus", ".")  # tests use it to see an object as GitOps tools do
ALL = (KUBERNETES, ETCD, HELM, KWOK, PAUSE, KSTATUS)


def file_of(program: Program) -> Path:
    """The path of this version of the program, built or not."""
    key = cache.key_of(cache.files_under(program.module), os.uname().machine)
    return cache.directory("bin") / f"{program.name}-{key}" / program.name


def build(program: Program) -> Path:
    """The program's file; built first if the cache does not have this version. Raises ClusterError."""
    file = file_of(program)
    if not file.exists():
        with cache.locked(f"build-{program.name}"):
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                _compile(program, file)
    return file


def link(program: Program, into: Path) -> None:
    """Link the program, under each of its names, in the directory `into`."""
    file = build(program)
    into.mkdir(parents=True, exist_ok=True)
    for name in program.links or (program.name,):
        (into / name).unlink(missing_ok=True)
        (into / name).symlink_to(file)


def kubernetes_version() -> str:
    """The version that go.mod requires, such as v1.35.4."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v\S+)", (KUBERNETES.module / "go.mod").read_text(), re.MULTILINE)
    if not match:
        raise ClusterError(f"{KUBERNETES.module}/go.mod does not require k8s.io/kubernetes")
    return match[1]


def _compile(program: Program, file: Path) -> None:
    go, start = golang.find(), time.monotonic()
    env = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    env["PATH"] = f"{go.parent}:{env['PATH']}"
    say(f"{program.name}: fetching its Go modules (first time only)")
    total = len(run(go, "list", "-mod=readonly", "-deps", program.package, cwd=program.module, env=env).splitlines())
    half_built = file.with_suffix(".part")
    log = file.with_suffix(".log")
    command = [str(go), "build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false"]
    command += ["-ldflags", _linker_flags(program), "-o", str(half_built), program.package]
    with log.open("w") as output, subprocess.Popen(command, cwd=program.module, env=env, stderr=output) as compiler:
        ended = threading.Event()
        threading.Thread(target=_report, args=(program, log, total, start, ended), daemon=True).start()
        failed = compiler.wait()
        ended.set()
    if failed:
        raise ClusterError(f"go build of {program.name} failed\n{tail(log)}")
    half_built.rename(file)
    say(f"{program.name}: built in {time.monotonic() - start:.0f} s")


def _report(program: Program, log: Path, total: int, start: float, ended: threading.Event) -> None:
    while not ended.wait(PROGRESS_EVERY_S):
        compiled = len(log.read_text().splitlines())
        say(f"{program.name}: {time.monotonic() - start:.0f} s, compiled {compiled} of at most {total} packages")


def _linker_flags(program: Program) -> str:
    if program is not KUBERNETES:
        return "-s -w"
    version = kubernetes_version()
    major, minor = version.removeprefix("v").split(".")[:2]
    where = "-X k8s.io/component-base/version"
    return f"-s -w {where}.gitVersion={version} {where}.gitMajor={major} {where}.gitMinor={minor}"
