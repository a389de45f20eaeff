"""The command line: python3 -m tests.cluster up|down|env|status|build|image|load."""

from __future__ import annotations

import argparse
import shlex
import sys

from . import binaries, status
from .cluster import DEFAULT_NAME, Cluster, existing_cluster, open_cluster, take_down
from .errors import ClusterError
from .progress import say


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "up":
            _greet(open_cluster(options.name, kwok_nodes=options.kwok, node=not options.no_node))
        case "down":
            take_down(options.name)
        case "env":
            print(_exports(existing_cluster(options.name)))
        case "image":
            tag = open_cluster(options.name).build_operator_image()
            say(f"{tag} is built and loaded")
        case "load":
            open_cluster(options.name).load(options.image)
        case "build":
            for program in binaries.ALL:
                print(binaries.build(program))
        case "status":
            print(status.report())


def _greet(cluster: Cluster) -> None:
    say(f"cluster {cluster.name} is ready")
    print(f"kubeconfig: {cluster.kubeconfig}")
    print(f'to use it:  eval "$(python3 -m tests.cluster env --name {cluster.name})" && kubectl get nodes')


def _exports(cluster: Cluster) -> str:
    return f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))} PATH={shlex.quote(str(cluster.bin))}:$PATH"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.cluster", description="A local Kubernetes.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--name", default=DEFAULT_NAME, help="the cluster's name (default: %(default)s)")
    up = commands.add_parser("up", parents=[named], help="start the cluster, if it is not up")
    up.add_argument("--kwok", type=int, default=0, metavar="N", help="with at least N simulated nodes")
    up.add_argument("--no-node", action="store_true", help="without a real node (needs no root)")
    commands.add_parser("down", parents=[named], help="take the cluster apart; leaves nothing behind")
    commands.add_parser("env", parents=[named], help="print what a shell evaluates to use the cluster")
    commands.add_parser("image", parents=[named], help="build the operator's image and load it")
    load = commands.add_parser("load", parents=[named], help="load an image")
    load.add_argument("image", help="an archive, or the tag of an image that Docker has")
    commands.add_parser("build", help="only build the programs")
    commands.add_parser("status", help="list the clusters")
    return parser


if __name__ == "__main__":
    sys.exit(main())
