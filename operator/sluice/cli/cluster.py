"""What all verbs share that ask a cluster: kubectl's flags, and what becomes of errors.

    @click.command("stop")
    @access_options
    def command(access: Access) -> None:
        with_client(access, lambda client: stop(client, ...))

The client, which takes a quarter of a second to load, is loaded when it is needed and not for `--help`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sluice.cli.loading import loading
from sluice.client.access import Access

if TYPE_CHECKING:
    from sluice.client.api import Client

T = TypeVar("T")

NOT_SUCCEEDED, NOT_ASKED, INTERRUPTED = 1, 2, 130
"""Exit codes: the run did not succeed (of verbs that wait), we could not ask, Ctrl-C."""

_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class _RequestTimeout(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = value.rstrip("smh")
        try:
            return float(number) * _UNITS_S[value[len(number) :]]
        except (ValueError, KeyError):
            self.fail(f"'{value}' is no duration; write for example 30s, 2m, or 0 for none", param, ctx)


_OPTIONS = (
    click.option("-n", "--namespace", help="By default the kubeconfig's."),
    click.option("--context", help="A context of the kubeconfig."),
    click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Another kubeconfig."),
    click.option("--as", "as_user", metavar="USER", help="Act as this user."),
    click.option(
        "--request-timeout",
        "request_timeout_s",
        type=_RequestTimeout(),
        metavar="DURATION",
        help="Of one request, such as 30s; 0 is none.",
    ),
)


def access_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Kubectl's flags about the cluster. The command gets them together, as `access`."""

    @wraps(command)
    def with_access(
        *,
        kubeconfig: str | None,
        context: str | None,
        namespace: str | None,
        as_user: str | None,
        request_timeout_s: float | None,
        **rest: Any,
    ) -> Any:
        access = Access(kubeconfig, context, namespace, as_user, request_timeout_s)
        click.get_current_context().find_root().obj = access  # for `suggestion`
        return command(access=access, **rest)

    for option in reversed(_OPTIONS):
        with_access = option(with_access)
    return with_access


def with_client(access: Access, work: Callable[["Client"], Awaitable[T]]) -> T:
    """The result of `work`. Errors and Ctrl-C end the program: see `main`."""
    with loading():
        from sluice.client.api import Client  # noqa: PLC0415  # see the module's docstring

    async def connected() -> T:
        async with await Client.connect(access) as client:
            return await work(client)

    return asyncio.run(connected())
