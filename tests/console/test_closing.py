"""A rotation of which no run lives is closed by hand on the console: signed where a passkey is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from blocks.ledger.lease import Lease, held
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.operators import offline, offline_decisions
from blocks.operators.passkeys import Site
from blocks.operators.registry import SUPERADMIN
from blocks.sealed.keys import bytes_of
from blocks.settings import read_settings
from deployments.cli.main import main
from deployments.console.signing import NO_PROOF
from deployments.rehearsal.enrolled import enrolled
from deployments.sandbox import made_up
from tests.blocks.catalog_text import SHIPPED
from tests.console.acting import logged_in, post
from tests.console.conftest import Served
from tests.console.prefect_twin import LOGIN

REASON = {"reason": "done in the dashboard"}


@pytest.fixture
def left(  # all that a page needs
    alone: None,  # noqa: ARG001  # it sets the environment
    ledger: Ledger,
    serve: Callable[[], Served],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Served:
    """A rotation that asks for a passkey, whose run is dead and whose lease is over."""
    catalog = tmp_path / "catalog.toml"
    table = "[credential.alpaca-paper]\n"
    catalog.write_text(SHIPPED.replace(table, f'{table}proof = "passkey"\n'))
    for name, value in {"CATALOG": str(catalog), "LEASE_S": "0.5"}.items():
        monkeypatch.setenv(f"REKEY_{name}", value)
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    running = serve()
    running.start()
    running.shows("start the rotation again: no form of it takes an answer")
    return running


def test_who_closes_it_signs_that(left: Served) -> None:
    sam = enrolled(left.ledger, Site.of(read_settings().console_url), "Sam", SUPERADMIN)
    cookie = logged_in(left, "Sam")
    assert "Sign with your passkey, and close it" in left.browser.get("/rotations/r-1", headers=cookie).text
    assert "Close it by hand" not in left.text("/rotations/r-1")
    page = left.browser.get("/rotations/r-1", headers=cookie).text
    assert page.index("Start it again</a> It goes on where it stood.") < page.index("Close it by hand")

    assert post(left, "/rotations/r-1/close", REASON, **cookie).json()["problem"] == NO_PROOF
    assert (
        "Say why, in 1 to 200 characters."
        in post(left, "/rotations/r-1/close/challenge", {}, **cookie).json()["problem"]
    )
    leaked = {"reason": made_up.key("HRKU-{base62:40}")}
    assert "looks like a secret" in post(left, "/rotations/r-1/close", leaked, **cookie).json()["problem"]
    asked = post(left, "/rotations/r-1/close/challenge", REASON, **cookie).json()
    signed = asdict(sam.sign(bytes_of(asked["challenge"]), "Sam"))
    body = {"form": asked["form"], "assertion": signed}
    other = post(left, "/rotations/r-1/close", {**body, "reason": "another one"}, **cookie)
    assert "signs something else" in other.json()["problem"]
    robin = logged_in(left, "Robin")
    assert (
        "Another operator signed it than Robin"
        in (post(left, "/rotations/r-1/close", {**body, **REASON}, **robin).json()["problem"])
    )
    told = post(left, "/rotations/r-1/close", {**body, **REASON}, **cookie).json()["told"]

    assert "Rotation r-1 of alpaca-paper is closed." in told
    row = left.ledger.rows()[-1]
    assert (row.action, row.actor) == (Action.ABORTED, "proved to be Sam (superadmin, passkey)")
    assert row.facts.reason == REASON["reason"]
    assert offline_decisions.broken(left.ledger) == (1, None)
    assert offline.broken(left.ledger) == (1, None)
    again = post(left, "/rotations/r-1/close", {**body, **REASON}, **cookie)
    assert again.json()["problem"] == "This rotation is over: there is nothing to answer."


def test_one_whose_run_lives_is_not_closed(left: Served) -> None:
    sam = enrolled(left.ledger, Site.of(read_settings().console_url), "Sam", SUPERADMIN)
    cookie = logged_in(left, "Sam")
    asked = post(left, "/rotations/r-1/close/challenge", REASON, **cookie).json()
    signed = asdict(sam.sign(bytes_of(asked["challenge"]), "Sam"))
    lease = Lease(read_settings().ledger_url, "alpaca-paper")
    lease.take("another run", lease.look())
    with held(lease, print, 0.5):
        answer = post(left, "/rotations/r-1/close", {"form": asked["form"], "assertion": signed, **REASON}, **cookie)

    assert "The run of this rotation lives" in answer.json()["problem"]
    assert left.ledger.open_start("alpaca-paper") is not None


def test_no_secret_in_a_reason_or_a_name_is_recorded_at_a_terminal(
    left: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, why in (
        ("Sam", made_up.key("HRKU-{base62:40}")),
        (made_up.alpaca_key_id("PK"), "by hand"),
        ("Sam", "x" * 201),
    ):
        assert main(["ledger", "close", "alpaca-paper", "--operator", name, "--reason", why]) == 1
        told = capsys.readouterr().err
        assert "looks like a secret" in told or "1 to 200 characters" in told
        assert why not in told
        assert left.ledger.open_start("alpaca-paper") is not None


def test_a_close_at_a_terminal_says_that_nobody_signed_it(left: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "close", "alpaca-paper", "--operator", "Sam", "--reason", "by hand"]) == 0

    assert "Nobody signed that it is closed" in " ".join(capsys.readouterr().out.split())
    assert left.ledger.rows()[-1].facts.unsigned
