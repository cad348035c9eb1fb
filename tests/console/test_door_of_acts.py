"""Who may act on the console: nobody from another page, nobody who is not logged in, and no robot that guesses."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ledger.row import Action
from deployments.console import limits
from deployments.console.door import LARGEST_BYTES
from deployments.console.session import OPEN_COOKIE
from tests.console.acting import logged_in, post
from tests.console.conftest import Served
from tests.console.prefect_twin import LOGIN


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_only_a_page_of_the_console_acts(acting: Served, headers: dict[str, str], code: int) -> None:
    cookie = logged_in(acting, "ops")

    answer = post(acting, "/rotations/r-1/take", {"instead_of": ""}, **cookie, **headers)

    assert answer.status_code == code
    assert Action.TAKEN not in [row.action for row in acting.ledger.rows()]


def test_two_origins_are_none(acting: Served) -> None:
    twice = [("Origin", acting.url), ("Origin", "https://attacker.example"), ("Content-Type", "application/json")]

    assert acting.browser.post("/login", content=b"{}", headers=twice).status_code == 403


def test_what_is_too_large_is_not_read(acting: Served) -> None:
    assert post(acting, "/login", {"name": "x" * LARGEST_BYTES}).status_code == 413


@pytest.mark.parametrize("path", ["/rotations/r-1/take", "/rotations/r-1/answer", "/credentials/alpaca-paper/start"])
@pytest.mark.parametrize("cookie", ["", f"{OPEN_COOKIE}=1.b3Bz.0", f"{OPEN_COOKIE}=x"])
def test_nobody_acts_who_is_not_logged_in(acting: Served, path: str, cookie: str) -> None:
    answer = post(acting, path, {}, Cookie=cookie)

    assert answer.status_code == 401
    assert "Log in first" in answer.json()["problem"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "ops", "login": "somebody:else"}, "not the login of Prefect"),
        ({"name": "o", "login": LOGIN}, "Type 2 to 80"),
        ({"name": ["ops"], "login": LOGIN}, "Type 2 to 80"),
        ([], "Type 2 to 80"),
    ],
)
def test_a_login_that_is_none_is_refused_and_not_repeated(acting: Served, body: Any, told: str) -> None:
    answer = post(acting, "/login", body)

    assert answer.status_code == 401
    assert told in answer.json()["problem"]
    assert "somebody:else" not in answer.text
    assert "set-cookie" not in answer.headers


def test_after_many_wrong_logins_the_right_one_counts(acting: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind an SSH tunnel everybody has the same address."""
    monkeypatch.setattr(limits, "PAUSE_S", 0.02)
    codes = [post(acting, "/login", {"name": "ops", "login": f"x:{one}"}).status_code for one in range(12)]

    assert codes == [401] * 12
    assert post(acting, "/login", {"name": "ops", "login": LOGIN}).status_code == 200


def test_where_too_many_wait_for_their_turn_nobody_is_looked_at(
    acting: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PAUSE_S", 1000.0)
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0.5)
    codes = [post(acting, "/login", {"name": "ops", "login": f"x:{one}"}).status_code for one in range(4)]
    assert codes == [401] * 3 + [429]

    answer = post(acting, "/login", {"name": "ops", "login": LOGIN})

    assert (answer.status_code, "set-cookie" in answer.headers) == (429, False)
    assert answer.json()["problem"].startswith("Too many from here")


def test_what_is_no_try_takes_no_turn(acting: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAUSE_S", 1000.0)
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0.5)
    for _ in range(5):
        assert post(acting, "/login", {"name": "o", "login": LOGIN}).status_code == 401
        logged_in(acting, "ops")


@pytest.mark.parametrize("to", ["https://attacker.example/", "//attacker.example", "/\\attacker.example", 7])
def test_a_login_leads_to_no_other_site(acting: Served, to: object) -> None:
    assert post(acting, "/login", {"name": "ops", "login": LOGIN, "to": to}).json() == {"go": "/"}
