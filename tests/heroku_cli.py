"""What the heroku CLI sends for some of its commands (its source, read 2026-11-27)."""

from __future__ import annotations

from typing import Any

import httpx

ACCEPT = "application/vnd.heroku+json; version=3"


def ask(url: str, token: str, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
    """One request of the CLI."""
    told = {"Accept": ACCEPT, "Authorization": f"Bearer {token}", **headers}
    return httpx.request(method, url + path, headers=told, json=json, trust_env=False, timeout=10)


def releases_retry(url: str, token: str, app: str) -> dict[str, Any]:
    """``heroku releases:retry -a APP``: the newest release once more, its release command too; the release made."""
    newest = ask(url, token, "GET", f"/apps/{app}/releases", Range="version ..; max=1, order=desc").json()[0]
    formation = ask(url, token, "GET", f"/apps/{app}/formation").json()
    assert "release" in {one["type"] for one in formation}, "App must have a release-phase command"
    again = {"slug": newest["slug"]["id"], "description": f"Retry of v{newest['version']}: {newest['description']}"}
    made: dict[str, Any] = ask(url, token, "POST", f"/apps/{app}/releases", again).raise_for_status().json()
    return made
