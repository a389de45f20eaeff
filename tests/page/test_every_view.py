"""Every view with hostile words in it: text stays text, and axe-core finds nothing that keeps anybody out.

The page's policy is switched off for neither.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Error, expect

from tests.browser import PATIENCE_MS
from tests.cluster import cache
from tests.page.views import VIEWS, showing

expect.set_options(timeout=PATIENCE_MS)

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
BUILD = Path(__file__).parents[2] / "operator/page"


def axe():
    """The program's text, which npm has by the lock file."""
    file = cache.directory("npm") / f"axe-{cache.key_of([BUILD / 'package-lock.json'])}.js"
    with cache.locked("axe"):
        if not file.exists():
            subprocess.run([sys.executable, BUILD / "build.py", "axe", file], check=True)
    return file.read_text()


async def serious(page):
    """What axe-core finds in light and in dark, without what it says of minor things."""
    found = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        violations = await page.evaluate("axe.run().then(({ violations }) => violations)")
        found += [
            (scheme, each["id"], node["html"], node["failureSummary"])
            for each in violations
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]
    return found


async def go(tab, query):
    """As a link does, which loads nothing anew."""
    await tab.evaluate(
        "(where) => { history.pushState(null, '', where); dispatchEvent(new PopStateEvent('popstate')); }", f"/{query}"
    )


async def test_every_view_keeps_nobody_out_and_text_stays_text(tmp_path):
    ran, complaints, found = [], [], {}
    async with showing(tmp_path, HOSTILE) as tab:
        tab.on("dialog", lambda dialog: ran.append(dialog.message))
        tab.on("console", lambda said: complaints.append(said.text))
        await tab.evaluate(axe())
        for query, there in VIEWS.items():
            await go(tab, query)
            await expect(tab.locator(there).first).to_be_visible()
            await expect(tab.get_by_text(HOSTILE).first).to_be_attached()
            assert await tab.locator("img, body script").count() == 0, query
            found[query] = await serious(tab)
        await go(tab, "?show=workflows")
        await tab.get_by_role("button", name="Run…").click()
        await expect(tab.locator("dialog").get_by_text(HOSTILE)).to_be_visible()
        found["an action"] = await serious(tab)
        await tab.keyboard.press("Escape")
        await expect(tab.locator("dialog")).to_have_count(0)
        await tab.keyboard.press("?")
        await expect(tab.locator("dialog")).to_be_visible()
        found["the keys"] = await serious(tab)
    assert ran == []
    assert [said for said in complaints if "Content Security Policy" in said] == []
    assert not any(found.values()), json.dumps(found, indent=1)


async def test_script_that_got_in_would_not_run(tmp_path):
    """The policy forbids it: markup from text, script in the page, and connections to elsewhere."""
    async with showing(tmp_path, "") as tab:
        with pytest.raises(Error, match="TrustedHTML"):
            await tab.evaluate("document.body.innerHTML = '<img src=x>'")
        with pytest.raises(Error, match="TrustedScript"):
            await tab.evaluate("document.createElement('script').text = 'window.ran = 1'")
        with pytest.raises(Error, match="Failed to fetch"):
            await tab.evaluate("fetch('http://127.0.0.2:1/')")
