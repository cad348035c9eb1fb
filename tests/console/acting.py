"""Acts of tests on the console, as a browser posts them."""

from __future__ import annotations

from typing import Any

import httpx

from tests.console.conftest import Served
from tests.console.prefect_twin import LOGIN


def post(served: Served, path: str, body: Any, **headers: str) -> httpx.Response:
    """As a page of the console sends it."""
    return served.browser.post(path, json=body, headers={"Origin": served.url, **headers})


def logged_in(served: Served, name: str) -> dict[str, str]:
    """The header of a browser in which somebody of this name logged in."""
    answer = post(served, "/login", {"name": name, "login": LOGIN})
    assert answer.status_code == 200, answer.text
    told = answer.headers["set-cookie"]
    assert all(one in told for one in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert not any(one in told for one in ("Domain", "Secure", "__Host-")), "Safari keeps none of these for localhost"
    # Only who names it is logged in.
    served.browser.cookies.clear()
    return {"Cookie": told.partition(";")[0]}
