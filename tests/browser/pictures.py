"""Makes the pictures in docs/ and of the console: ``python -m tests.browser.pictures``. By hand, in the sandbox.

``python -m tests.browser.pictures dashboard`` makes only those of the dashboard, which the console shows.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, FloatRect, Page, expect

from blocks.settings import ROOT
from deployments.console.app import HERE
from deployments.local.demo import running
from deployments.local.places import Places
from deployments.local.processes import free_port
from deployments.rehearsal.rehearse import WORKER
from deployments.rehearsal.robot import Robot
from deployments.sandbox.estate import PAPER, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.browser import chromium
from tests.browser.pages import CHOICE, CONFIRM, KEY_ID, NAME, OPERATOR, Dashboard, Prefect

FOLDER = ROOT / "docs"
# Of the dashboard, by issuer and realm, as the console looks for them.
SHOWN = HERE / "static" / "pictures"
NARROW = {"width": 760, "height": 690}
# What is pointed at: the order in which somebody looks, what is to be pressed, and what never.
POINTS = {
    "#environment": ("1 look: the right kind of trading?", "right"),
    "#account-number": ("2 look: the right account?", "right"),
    "#regenerate": ("3 press this, and nothing else", "right"),
    "#switch-environment": ("never", "wrong"),
    "#open-account": ("never", "wrong"),
    "#reset-account": ("never", "wrong"),
    "#delete-account": ("never", "wrong"),
}
_POINT = """
(points) => {
  for (const [where, [told, kind]] of Object.entries(points)) {
    const box = document.querySelector(where)?.getBoundingClientRect();
    if (!box) continue;
    const color = kind === "right" ? "#0b6b2c" : "#a3161b";
    const ring = document.createElement("div");
    Object.assign(ring.style, {
      position: "absolute", left: `${box.left - 6}px`, top: `${box.top + scrollY - 6}px`, width: `${box.width + 12}px`,
      height: `${box.height + 12}px`, border: `3px ${kind === "right" ? "solid" : "dashed"} ${color}`,
      borderRadius: "6px", boxSizing: "border-box",
    });
    const label = document.createElement("div");
    label.textContent = told;
    Object.assign(label.style, {
      position: "absolute", background: color, color: "#fff", font: "600 14px system-ui", padding: "2px 6px",
      borderRadius: "4px", whiteSpace: "nowrap",
      left: `${kind === "right" ? box.right + 14 : box.left}px`,
      top: `${kind === "right" ? box.top + scrollY + box.height / 2 - 11 : box.bottom + scrollY + 10}px`,
    });
    if (where === "#environment") Object.assign(label.style, { left: "330px" });
    document.body.append(ring, label);
  }
}
"""
# The form is shown whole only in a window that is higher than it.
TALL = {"width": 1200, "height": 2600}
# In a wide one the report's table has fewer lines.
WIDE = {"width": 1600, "height": 2000}
DRAWN_MS = 3000


def take(window: BrowserContext, prefect: Prefect) -> None:
    """Rotate, and keep the form, the run and its report. The form's secret is masked; everything in it is made up."""
    page = prefect.page
    prefect.start()
    form = prefect.open_form()
    dashboard = form.dashboard(window)
    form.fill(dashboard.regenerate())
    page.bring_to_front()
    page.set_viewport_size({"width": TALL["width"], "height": TALL["height"]})
    form.dialog.screenshot(path=FOLDER / "form.png")
    page.set_viewport_size({"width": chromium.SIZE["width"], "height": chromium.SIZE["height"]})
    form.submit_until_taken()
    prefect.see("Completed")
    page.reload()
    prefect.see("Completed")
    expect(page.locator("canvas").first).to_be_visible()
    # Nothing tells when the graph of the steps is drawn.
    page.wait_for_timeout(DRAWN_MS)
    page.screenshot(path=FOLDER / "run.png")
    prefect.open_report()
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    page.screenshot(path=FOLDER / "report.png", full_page=True, clip=_timeline(page))


def take_health(estate: Estate, robot: Robot, prefect: Prefect) -> None:
    """Somebody changes a variable by hand, and the nightly health run finds it: keep its matrix."""
    page, app = prefect.page, "raxx-api-staging"
    right = estate.heroku.apps[app].variables[PAPER[0]]
    estate.heroku.set_by_hand(app, PAPER[0], "AN_OLD_KEY")
    prefect.open_run(robot.start("health/nightly"))
    prefect.see("Failed")
    page.get_by_role("tab", name="Artifacts").click()
    # The flow's link has the same name.
    page.locator("a[href$='/artifacts/key/health']").first.click()
    page.locator("a[href*='/artifacts/artifact/']").first.click()
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    # In a wider window it is drawn anew.
    page.wait_for_timeout(DRAWN_MS)
    page.locator("main .prose").screenshot(path=FOLDER / "health.png")
    estate.heroku.set_by_hand(app, PAPER[0], right)


def take_live(estate: Estate, window: BrowserContext, prefect: Prefect) -> None:
    """Begin a live rotation and break the vault: keep the readiness form and the one of a held rotation."""
    page = prefect.page
    page.set_viewport_size({"width": TALL["width"], "height": TALL["height"]})
    prefect.start("alpaca-live")
    ready = prefect.open_form(CONFIRM)
    ready.agree()
    ready.field(CONFIRM).fill("alpaca-live")
    ready.field(NAME).fill(OPERATOR)
    ready.dialog.screenshot(path=FOLDER / "ready.png")
    ready.submit_until_taken()
    prefect.see("Running")
    prefect.see("Paused")
    form = prefect.open_form()
    dashboard = form.dashboard(window)
    pair = dashboard.regenerate()
    estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
    page.bring_to_front()
    form.fill(pair)
    form.submit_until_taken()
    prefect.see("Running")
    prefect.see("Paused")
    held = prefect.open_form(CHOICE)
    held.dialog.screenshot(path=FOLDER / "held.png")
    # To its end: one that is open lets no other one begin.
    estate.server.plan.clear()
    held.choose("retry this step")
    held.submit_until_taken()
    prefect.see("Completed")


def take_misrotation(estate: Estate, window: BrowserContext, prefect: Prefect) -> None:
    """Regenerate the paper keys when the live ones are meant, and enter them: keep the form that comes back."""
    page = prefect.page
    page.set_viewport_size({"width": TALL["width"], "height": TALL["height"]})
    prefect.start("alpaca-live")
    ready = prefect.open_form(CONFIRM)
    ready.agree()
    ready.field(CONFIRM).fill("alpaca-live")
    ready.field(NAME).fill(OPERATOR)
    ready.submit_until_taken()
    prefect.see("Running")
    prefect.see("Paused")
    form = prefect.open_form()
    tab = window.new_page()
    tab.goto(f"{estate.url('dashboard')}/paper/dashboard/overview")
    pair = Dashboard(tab).regenerate()
    page.bring_to_front()
    form.fill(pair)
    form.submit_until_taken()
    prefect.see("Running")
    prefect.see("Paused")
    back = prefect.open_form()
    box = back.dialog.bounding_box()
    entry = back.field(KEY_ID).bounding_box()
    assert box is not None
    assert entry is not None
    page.screenshot(path=FOLDER / "misrotation.png", clip={**box, "height": entry["y"] - box["y"]})


def take_dashboard(estate: Estate, window: BrowserContext) -> None:
    """The page on which somebody presses Regenerate, with what to look at, what to press, and what never."""
    SHOWN.mkdir(exist_ok=True)
    for realm in ("paper", "live"):
        page = window.new_page()
        page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        page.goto(f"{estate.url('dashboard')}/{realm}/dashboard/overview")
        page.evaluate(_POINT, POINTS)
        page.screenshot(path=SHOWN / f"alpaca-{realm}.png", full_page=True)


def _timeline(page: Page) -> FloatRect:
    """Where the report's timeline is, down to its end."""
    report = page.locator("main .prose").bounding_box()
    heading = page.get_by_role("heading", name="Timeline").bounding_box()
    assert report is not None
    assert heading is not None
    top, bottom = heading["y"], report["y"] + report["height"]
    return {"x": report["x"], "y": top, "width": report["width"], "height": bottom - top}


def main() -> int:
    """Start everything in a temporary folder, take the pictures, stop everything."""
    path = chromium.found()
    if path is None:
        print(f"There is no Chromium here; install one of {', '.join(chromium.NAMES)}.", file=sys.stderr)  # noqa: T201  # a command's output
        return 1
    if sys.argv[1:] == ["dashboard"]:
        with Estate() as estate, chromium.started(path) as browser, chromium.window(browser) as window:
            take_dashboard(estate, window)
        return 0
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Estate() as estate:
        places = Places.made(Path(folder) / "rekey")
        with (
            running(places, estate, free_port(), worker_settings=WORKER) as local,
            chromium.started(path, graphs=True) as browser,
            chromium.window(browser) as window,
        ):
            prefect = Prefect(window.new_page(), local.ui_url)
            prefect.log_in(places.login())
            take_dashboard(estate, window)
            take(window, prefect)
            robot = Robot(estate.url("dashboard"), local.environment)
            take_health(estate, robot, Prefect(window.new_page(), local.ui_url))
            take_live(estate, window, Prefect(window.new_page(), local.ui_url))
            take_misrotation(estate, window, Prefect(window.new_page(), local.ui_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
