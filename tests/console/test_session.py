"""Who acts on the console: the cookie, and how often an address may try."""

from __future__ import annotations

import time

import pytest
from pydantic import SecretStr

from deployments.console import limits
from deployments.console.limits import Limit
from deployments.console.session import LASTS_S, Session

ORIGIN = "http://localhost:4280"


@pytest.fixture
def known() -> Session:
    return Session(SecretStr("somebody:made up"), ORIGIN)


def test_a_cookie_names_who_logged_in(known: Session) -> None:
    assert known.name_in(known.begin("Zoë O'Neil")) == "Zoë O'Neil"
    # Another console of the same rekey takes it.
    assert Session(SecretStr("somebody:made up"), ORIGIN).name_in(known.begin("ops")) == "ops"


def test_a_cookie_that_it_did_not_give_names_nobody(known: Session) -> None:
    cookie = known.begin("ops")
    told, _, signature = cookie.rpartition(".")
    until, _, name = told.partition(".")
    forged = [
        "",
        ".",
        "..",
        cookie[:-1],
        f"{cookie}0",
        f"{int(until) + 1}.{name}.{signature}",
        f"{until}.{name}A.{signature}",
        f"{until}.{name}.",
        f"\u00e9{cookie}",
        Session(SecretStr("somebody:else"), ORIGIN).begin("ops"),
        Session(SecretStr("somebody:made up"), "http://localhost:1").begin("ops"),
    ]

    assert [known.name_in(one) for one in forged] == [""] * len(forged)


def test_a_cookie_is_over_after_its_time(known: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    cookie = known.begin("ops")
    monkeypatch.setattr(time, "time", lambda: now + LASTS_S - 60)
    assert known.name_in(cookie) == "ops"

    monkeypatch.setattr(time, "time", lambda: now + LASTS_S + 60)
    assert known.name_in(cookie) == ""


def test_without_a_login_nobody_is_let_in() -> None:
    nobody = Session(SecretStr(""), ORIGIN)

    assert not nobody.is_login(SecretStr(""))
    assert nobody.name_in(nobody.begin("ops")) == ""


def test_the_login_is_what_prefect_asks_for(known: Session) -> None:
    assert known.is_login(SecretStr("  somebody:made up\n"))
    assert not any(known.is_login(SecretStr(one)) for one in ("", "somebody", "somebody:", "somebody:made up!"))


def test_an_address_is_slowed_down_by_itself() -> None:
    now = [0.0]
    limit = Limit(2, 10, lambda: now[0])

    assert [limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("b")] == [0, 0, 10, 0]
    now[0] = 10.0
    assert limit.wait_s("a") == 0


def test_many_addresses_fill_no_memory() -> None:
    limit = Limit(1, 10, lambda: 0.0)
    for one in range(limits.MOST + 10):
        limit.wait_s(str(one))

    assert len(limit._seen) == limits.MOST
    assert limit.wait_s(str(limits.MOST + 9)) == 10
