"""The page in a real browser, with real runs."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import launch_options
from tests.e2e import gateway_api
from tests.e2e.kubernetes import Kubectl, by_hand, eventually, workflow
from tests.e2e.page import forwarded, served, watched
from tests.e2e.terminal import Sluice
from tests.install import CHART, RELEASE, helm

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as launched:
        yield launched


@pytest.fixture
def sluice(kubectl: Kubectl) -> Sluice:
    return Sluice(kubectl)


def has_state(tab: Page, state: str) -> None:
    """The run that is shown comes to that."""
    expect(tab.locator(".title .state")).to_contain_text(state)


def box(tab: Page, task: str, state: str = "") -> Locator:
    """The task's box in the graph, once it has come to that state."""
    found = tab.locator(f".box[aria-label^='{task} ']" + (f"[data-state={state}]" if state else ""))
    expect(found).to_be_visible()
    return found


def do(tab: Page, action: str, task: str = "", confirm: str = "") -> str:
    """Clicks the action and its confirmation; the kubectl line in between."""
    tab.get_by_role("button", name=f"{action} {task}".strip() + "…", exact=True).click()
    line = tab.locator("dialog pre.line").inner_text()
    tab.locator("dialog").get_by_role("button", name=confirm or action, exact=True).click()
    expect(tab.locator("dialog")).to_have_count(0)
    return line


def test_a_run_from_before_its_first_second_to_its_end(kubectl: Kubectl, sluice: Sluice, browser: Browser) -> None:
    """Nothing is loaded anew: what is seen comes by the stream. Whatever programs write stays text."""
    with served(sluice, browser) as page:
        tab = page.tab
        expect(tab.get_by_text("There is no run in this namespace")).to_be_visible()
        kubectl.apply(
            workflow(
                "release",
                {"name": "say", "bash": f"echo '{HOSTILE}'; printf '\\033[31mred\\033[0m\\n'"},
                {"name": "deploy", "approval": {}, "dependsOn": ["say"]},
                {"name": "each", "forEach": {"items": [HOSTILE, "b"]}, "bash": "exit 3", "dependsOn": ["deploy"]},
            )
        )
        tab.get_by_role("link", name="release-g1").click()
        for task in ("say", "deploy", "each[]"):
            box(tab, task)
        run = kubectl.run_of("release")
        assert tab.url.endswith(f"?ns={kubectl.namespace}&run={run}")

        tab.keyboard.press("l")
        expect(tab.locator(".log")).to_contain_text(HOSTILE)
        expect(tab.locator(".log [data-colour=red]")).to_have_text("red")
        tab.get_by_label("Search").fill("RED")
        expect(tab.locator(".log .line")).to_have_count(1)

        tab.get_by_role("button", name="Approve deploy…").click()
        tab.get_by_label("Why").last.fill(HOSTILE)
        expect(tab.locator("dialog pre.line")).to_contain_text("onerror")
        line = tab.locator("dialog pre.line").inner_text()
        assert line.startswith("kubectl ")
        assert f"-n {kubectl.namespace} patch workflowruns.sluice.dev {run} --type=merge" in line
        tab.get_by_role("button", name="Approve", exact=True).click()
        decided = eventually(lambda: kubectl.get("workflowrun", run)["spec"].get("approvals"), "the decision is there")
        assert decided == {"deploy": {"decision": "Approve", "by": kubectl.whoami(), "comment": HOSTILE}}

        has_state(tab, "Failed")
        tab.keyboard.press("g")
        box(tab, "each[]", "Failed").click()
        expect(tab.locator("aside")).to_contain_text(f"each of {run} has failed.")
        expect(tab.locator("aside canvas")).to_have_attribute("aria-label", "2 items: 2 Failed")
        tab.keyboard.press("t")
        expect(tab.locator("tr", has_text="each")).to_contain_text("Failed")
        tab.go_back()
        box(tab, "each[]", "Failed")
        tab.route("**/api/timeline*", lambda route: route.abort("connectionreset"), times=1)
        tab.keyboard.press("b")
        expect(tab.locator(".timeline tr[data-longest=true]")).to_have_count(3)
        tab.keyboard.press("y")
        expect(tab.locator("pre")).to_contain_text("kind: WorkflowRun")
        tab.keyboard.press("u")
        expect(tab.locator("tr", has_text=run)).to_contain_text("Failed")

        other = page.new_tab()  # it gets the key from the first
        expect(other.locator("tr", has_text=run)).to_contain_text("Failed")
        assert tab.locator("img").count() == other.locator("img").count() == 0
        assert page.complaints == ["Failed to load resource: net::ERR_CONNECTION_RESET"]  # of the timeline's first read


def test_what_is_done_by_clicks(kubectl: Kubectl, sluice: Sluice, browser: Browser) -> None:
    kubectl.apply(
        workflow(
            "etl",
            {"name": "work", "bash": 'sleep "$PARAM_SECONDS"'},
            trigger="Manual",
            parameters=[{"name": "seconds", "type": "Integer", "default": 300}],
        )
    )
    with served(sluice, browser) as page:
        tab = page.tab
        tab.get_by_role("link", name="Workflows").click()
        tab.get_by_role("button", name="Run…").click()
        tab.get_by_label("seconds").fill("soon")
        expect(tab.locator("dialog [role=alert]")).to_contain_text("must be a whole number")
        confirm = tab.locator("dialog").get_by_role("button", name="Run", exact=True)
        expect(confirm).to_be_disabled()
        tab.get_by_label("seconds").fill("301")
        confirm.click()
        has_state(tab, "Running")
        run = kubectl.list("workflowruns")[0]["metadata"]["name"]
        assert kubectl.get("workflowrun", run)["spec"]["arguments"] == {"seconds": 301}

        do(tab, "Suspend")
        has_state(tab, "Suspended")
        assert kubectl.get("workflowrun", run)["spec"]["state"] == "Suspended"
        do(tab, "Resume")
        has_state(tab, "Running")
        line = do(tab, "Stop")
        assert """-p '{"spec":{"state":"Stopped"}}'""" in line
        has_state(tab, "Stopped")
        assert kubectl.get("workflowrun", run)["spec"]["state"] == "Stopped"
        do(tab, "Retry")
        expect(tab.get_by_role("link", name=f"resumed from {run}")).to_be_visible()
        assert kubectl.get("workflowrun", tab.locator("h1").inner_text())["spec"]["resumeFrom"] == {"run": run}
        tab.keyboard.press("c")
        expect(tab.locator("tr", has_text="state")).to_contain_text("Stopped")


def test_a_workflow_with_its_runs_a_backfill_and_a_child_run(
    kubectl: Kubectl, sluice: Sluice, browser: Browser
) -> None:
    """One walk over links from the Workflow to what its runs are made of, and back."""
    seconds = [{"name": "seconds", "type": "Integer", "default": 2}]
    work = {"name": "work", "bash": 'sleep "$PARAM_SECONDS"', "expectedDuration": "90s"}
    call = {"name": "call", "workflow": {"name": "inner", "arguments": {"seconds": 300}}}
    kubectl.apply(workflow("inner", work, parameters=seconds, schedule={"cron": "0 3 * * *", "suspend": True}))
    kubectl.apply(workflow("outer", call, {"name": "after", "bash": "true", "dependsOn": ["call"]}, trigger="Manual"))
    days = {"from": "2025-03-01T00:00:00Z", "until": "2025-03-03T00:00:00Z"}
    kind = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Backfill", "metadata": {"name": "march"}}
    kubectl.apply({**kind, "spec": {"workflow": "inner", "maxRuns": 1, **days}})
    with served(sluice, browser) as page:
        tab = page.tab
        tab.get_by_role("link", name="Backfills").click()
        expect(tab.locator("tr", has_text="march")).to_contain_text("Succeeded")
        tab.get_by_role("link", name="march").click()
        expect(tab.locator(".month [data-state=Succeeded]")).to_have_count(2)

        tab.get_by_role("link", name="Workflow inner").click()
        expect(tab.locator(".grid tbody [data-state=Succeeded]")).to_have_count(2)
        line = do(tab, "Resume schedule", confirm="Resume the schedule of")
        assert """-p '{"spec":{"schedule":{"suspend":false}}}'""" in line
        expect(tab.locator(".times li")).to_have_count(10)
        tab.get_by_role("link", name="Plan", exact=True).click()
        expect(tab.locator("section .answer")).to_contain_text("would start 1 run of 1 task")
        tab.go_back()
        tab.locator(".grid thead a").first.click()
        has_state(tab, "Succeeded")
        tab.keyboard.press("b")
        expect(tab.locator(".bar")).to_have_attribute("aria-label", re.compile("running"))
        tab.get_by_label("parallelism").fill("2")
        tab.get_by_role("button", name="Replay").click()
        expect(tab.locator("section .answer")).to_contain_text("with parallelism 2")
        expect(tab.locator(".bar[data-replayed=true]")).to_have_count(1)

        kubectl.apply(by_hand("nested", "outer"))
        tab.keyboard.press("u")
        tab.get_by_role("link", name="nested", exact=True).click()
        box(tab, "call", "Running").click()
        tab.keyboard.press("o")
        box(tab, "call/work", "Running").click()
        expect(tab.locator("aside .answer")).to_contain_text("work of nested-call-1-")
        tab.go_back()
        tab.go_back()
        box(tab, "call", "Running")
        assert page.complaints == []


def test_a_viewer_sees_all_and_is_told_which_right_is_missing(kubectl: Kubectl, browser: Browser) -> None:
    """And what is seen while the connection is cut, after it, and after the run is gone."""
    kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer")
    kubectl.apply(workflow("etl", {"name": "work", "bash": "echo at work; sleep 300"}))
    run = kubectl.run_of("etl")
    viewer = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, user="viewer"))
    with served(viewer, browser, "etl") as page:
        tab = page.tab
        expect(tab.locator("header .user")).to_have_text("viewer")
        has_state(tab, "Running")
        box(tab, "work", "Running")
        tab.keyboard.press("l")
        expect(tab.locator(".log")).to_contain_text("at work")
        tab.get_by_role("button", name="Stop…").click()
        expect(tab.locator("dialog [role=alert]")).to_contain_text(
            f"you may not patch workflowruns.sluice.dev in namespace {kubectl.namespace}"
        )
        expect(tab.locator("dialog").get_by_role("button", name="Stop", exact=True)).to_be_disabled()
        tab.keyboard.press("Escape")
        expect(tab.locator("dialog")).to_have_count(0)

        tab.keyboard.press("u")
        expect(tab.locator("tr", has_text=run)).to_contain_text("Running")
        page.program.send(signal.SIGSTOP)  # as a connection that is dead and does not know it
        expect(tab.locator(".connection")).to_contain_text("What is shown may be old")
        kubectl.apply(by_hand("second", "etl"))
        page.program.send(signal.SIGCONT)
        expect(tab.locator("tr", has_text="second")).to_be_visible()
        expect(tab.locator(".connection")).to_be_empty()

        tab.get_by_role("link", name="second").click()
        has_state(tab, "Running")
        kubectl("delete", "workflowrun", "second", "--wait=false")
        expect(tab.locator(".connection")).to_contain_text("WorkflowRun second was deleted")
        page.program.interrupted()
        tab.get_by_role("link", name="Pools").click()
        expect(tab.locator(".connection")).to_contain_text("Does `sluice ui` still run?")


def test_in_the_cluster_each_visitor_signs_in_with_a_token_of_his_own(kubectl: Kubectl, browser: Browser) -> None:
    """The chart's own Deployment, whose ServiceAccount may do nothing, and the ways to it, which nobody serves here."""
    kubectl.install_crds(gateway_api.crd())
    image, _, tag = kubectl.cluster.build_operator_image().partition(":")
    values = {"ui.create": "true", "image.repository": image, "image.tag": tag, "image.pullPolicy": "Never"}
    values |= {"ui.ingress.create": "true", "ui.httpRoute.create": "true", "ui.httpRoute.parentRefs[0].name": "gateway"}
    values |= {"ui.allowedHosts[0]": "sluice.example.org"}
    settings = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    only = ["--kube-version", "1.35.0", "--show-only", "templates/ui.yaml", "--show-only", "templates/uiroutes.yaml"]
    kubectl.apply(helm(kubectl.cluster, kubectl.namespace, "template", RELEASE, str(CHART), *only, *settings))
    kubectl("create", "serviceaccount", "ada")
    kubectl("create", "rolebinding", "ada", "--clusterrole=view", f"--serviceaccount={kubectl.namespace}:ada")
    kubectl.apply(workflow("etl", {"name": "work", "bash": "sleep 300"}))
    kubectl("rollout", "status", "deployment/sluice-ui", "--timeout=300s")
    with forwarded(kubectl, "sluice-ui") as address, watched(browser, f"{address}?ns={kubectl.namespace}") as (tab, _):
        tab.get_by_label("Your token").fill(kubectl("create", "token", "ada"))
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.locator("header .user")).to_have_text(f"system:serviceaccount:{kubectl.namespace}:ada")
        expect(tab.locator("tr", has_text="etl-g1")).to_contain_text("Running")
        tab.locator("select").select_option("*")
        expect(tab.locator(".connection")).to_contain_text("you may not list workflow")
