"""What the page changes, and what it leaves alone: it may have shown a run as it was a while ago."""

import pytest
from aiohttp import web

from sluice.core.base.ownership import RunRef
from tests.core.kubelet import of_child
from tests.page.server import browsing
from tests.page.test_streams import row, table
from tests.page.test_views import cluster, run


class Writable:
    """Takes every patch, and keeps them."""

    def __init__(self, found):
        self._found, self.patched = found, []

    async def __call__(self, request):
        if request.method == "PATCH":
            self.patched.append(await request.json())
            return web.json_response({"metadata": {"name": "etl-1"}})
        return await self._found(request)


def made(phase, state="", **tasks):
    found = run("etl-1", phase, **tasks)
    found["spec"] |= {"state": state} if state else {}
    return found


WAITS, DECIDED = {"phase": "Running"}, {"phase": "Succeeded", "message": "approved by ada"}


@pytest.mark.parametrize(
    ("action", "found", "words"),
    [
        ("stop", made("Running"), ""),
        ("stop", made("Failed"), "etl-1 has ended already: Failed"),
        ("suspend", made("Running"), ""),
        ("suspend", made("Running", "Stopped"), "etl-1 is being stopped"),
        ("resume", made("Suspended", "Suspended"), ""),
        ("resume", made("Suspended", "Stopped"), "etl-1 is being stopped"),  # somebody did it meanwhile
        ("resume", made("Stopped", "Stopped"), "etl-1 has ended already: Stopped"),
        ("approve", made("Running", a=WAITS), ""),
        ("reject", made("Running", a=DECIDED), "a of etl-1 has been decided: Succeeded; approved by ada"),
        ("approve", made("Failed", a=WAITS), "etl-1 has ended already: Failed"),
    ],
)
async def test_what_cannot_be_changed_any_more_says_why(action, found, words, tmp_path):
    api = Writable(cluster(found, selfsubjectreviews={"status": {"userInfo": {"username": "ada"}}}))
    asked = {"action": action, "name": "etl-1", "task": "a", "dryRun": False}
    async with browsing(api, tmp_path) as browser:
        answer = await browser.ask("POST", "api/act", json=asked)
        told = await answer.json()
    assert words in told.get("error", "")
    assert (answer.status, len(api.patched)) == ((400, 0) if words else (200, 1))


CHILD = of_child(RunRef("team", "etl-0", "uid-of-etl-0"))
RUNS = [
    row("etl-1", "Succeeded", creationTimestamp="2026-03-01T01:00:00Z"),
    row("etl-2", "Failed", creationTimestamp="2026-03-01T02:00:00Z"),
    row("etl-3", "Succeeded", creationTimestamp="2026-03-01T03:00:00Z"),
    row(phase="Succeeded", creationTimestamp="2026-03-01T01:30:00Z", **CHILD),
]


@pytest.mark.parametrize(("shown", "with_"), [("etl-3", "etl-2"), ("etl-2", "etl-1"), ("etl-1", None)])
async def test_a_run_is_compared_with_the_one_that_was_made_before_it(shown, with_, tmp_path):
    found = cluster(*(run(f"etl-{n}", "Succeeded") for n in (1, 2, 3)), workflowruns=table(*RUNS))
    async with browsing(found, tmp_path) as browser:
        told = await (await browser.get(f"api/diff?with=&name=run/{shown}")).json()
    if with_ is None:
        assert "no run of etl that was made before etl-1 is there" in told["error"]
    else:
        assert told["runs"] == [with_, shown]
