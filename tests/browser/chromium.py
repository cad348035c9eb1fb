"""Chromium, driven by Playwright. It reaches this machine only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1200, "height": 900}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Neither the browser nor a page looks up any other host.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

# Without animations: each click waits until its button stands still.
STILL = """
document.addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "*, *::before, *::after { animation: none !important; transition: none !important; }";
  document.head.append(style);
});
"""


def found() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def started(path: str, *, graphs: bool = False) -> Iterator[Browser]:
    """A browser without a window. Its profile is in a temporary folder of its own, gone at the end.

    ``graphs`` are those of the runs' steps: where no graphics card draws them, they take most of the processor's time.
    Prefect's client must not be used in the same thread meanwhile: Playwright keeps an event loop there.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS if graphs else [*ARGUMENTS, "--disable-3d-apis"]
        )
        try:
            yield browser
        finally:
            browser.close()


def window(browser: Browser) -> BrowserContext:
    """A window that knows nothing of the other ones, and of which nothing is kept."""
    return _prepared(browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]}, locale="en-US"))


def window_with_profile(browser: Browser, folder: Path) -> BrowserContext:
    """A window of a browser of its own, with its profile in this folder, where all that it keeps stays."""
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=found(),
        args=[*ARGUMENTS, "--disable-3d-apis"],
        viewport={"width": SIZE["width"], "height": SIZE["height"]},
        locale="en-US",
    )
    return _prepared(context)


def _prepared(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(120_000)
    context.add_init_script(STILL)
    return context
