"""What `rekey status` says of what waits: whether a form takes an answer, whether trading stands, who must act."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.ledger.lease import Lease, held
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.local.processes import free_port
from tests.e2e.waiting_run import RUN, run_in, step, waiting


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PREFECT_API_URL", "http://127.0.0.1:{port}/api", "connection failed (ConnectError)"),
        ("PREFECT_API_URL", "http://127.0.0.1:{port}/nowhere/api", "connection failed"),
        ("PREFECT_API_URL", "not an address", "is not a web address"),
        ("PREFECT_API_AUTH_STRING", "rekey:wrong", "Set PREFECT_API_AUTH_STRING to the login of that server."),
    ],
)
def test_a_prefect_that_cannot_be_asked_is_said_in_one_sentence(
    run: Callable[..., tuple[int, str, str]],
    server: httpx.Client,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    assert server
    monkeypatch.setenv(name, value.format(port=free_port()))

    code, out, err = run("status")

    assert (code, out) == (1, "")
    assert "nothing is known of any rotation" in err
    assert said in err
    assert err.count("\n") == 1
    waiting(ledger)
    code, out, _ = run("status")
    assert code == 5
    assert "unknown: Prefect" in out


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("PAUSED", 4, "Waiting for the new pair: open the run, three dots, Resume."),
        ("RUNNING", 4, "Prefect shows no form now"),
        ("CANCELLING", 5, "Prefect says CANCELLING, so the form for the new pair takes no answer any more"),
        ("CRASHED", 5, "Prefect says CRASHED, so the form for the new pair takes no answer any more"),
        (None, 5, "Prefect says DELETED, so the form for the new pair takes no answer any more"),
    ],
)
def test_nobody_is_sent_to_a_form_that_takes_no_answer(
    run: Callable[..., tuple[int, str, str]],
    server: httpx.Client,
    ledger: Ledger,
    state: str | None,
    code: int,
    said: str,
) -> None:
    """The process lives on at its form, without its worker, while Prefect has given its run up."""
    made = run_in(server, state) if state else RUN
    waiting(ledger, made)
    lease = Lease(read_settings().ledger_url, "alpaca-paper")
    lease.take(made, None)

    with held(lease, print, read_settings().lease_s):
        found, out, _ = run("status")

    assert found == code
    assert said in " ".join(out.split())
    assert ("open the run" in out) == (state == "PAUSED")


def test_a_prefect_that_is_silent_leaves_it_unknown_whether_the_form_takes_an_answer(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger
) -> None:
    waiting(ledger)
    lease = Lease(read_settings().ledger_url, "alpaca-paper")
    lease.take(RUN, None)

    with held(lease, print, read_settings().lease_s):
        code, out, _ = run("status")

    assert code == 4
    assert "Whether its form still takes an answer is unknown." in " ".join(out.split())


def test_done_is_what_was_accepted(run: Callable[..., tuple[int, str, str]], ledger: Ledger) -> None:
    """A step that refuses a pair has done its work, and is not done."""
    waiting(ledger)
    step(ledger, "await_human_input")
    step(ledger, "validate", problem="The pair opens another account.")

    (rotation,) = json.loads(run("status", "--json")[1])["rotations"]

    assert rotation["done"] == ["preflight", "await_human_input"]
    step(ledger, "validate")
    assert json.loads(run("status", "--json")[1])["rotations"][0]["done"][-1] == "validate"


NOTE = {
    "step": "pause",
    "outcome": "noted",
    "engaged_before": {"brake": False},
    "paused_at": "2026-11-21T12:00:00+00:00",
}

OFF = {"step": "resume", "outcome": "noted", "resumed_at": "2026-11-21T12:07:26+00:00"}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "not stopped by this rotation"),
        ([NOTE], "unknown: rekey began to stop it at 2026-11-21 12:00:00 UTC, and that is not proved"),
        ([NOTE, {"step": "pause"}], "stopped since 2026-11-21 12:00:00 UTC, for "),
        ([NOTE, {"step": "pause"}, OFF], "on again since 2026-11-21 12:07:26 UTC; it was stopped for 7 min 26 s"),
    ],
)
def test_whether_trading_stands_comes_first_and_who_must_act_second(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger, steps: list[dict[str, Any]], said: str
) -> None:
    common: dict[str, Any] = {"rotation": "r-1", "credential": "alpaca-live", "actor": "claimed by somebody"}
    ledger.append(Action.STARTED, context={"flow_run_id": RUN, "reason": "scheduled"}, **common)
    for facts in steps:
        ledger.append(Action.STEP, context={"outcome": "done", **facts}, **common)
    ledger.append(Action.HELD, context={"reason": "The application is down."}, **common)

    told = run("status")[1]

    assert re.findall(r"^    (\w+)", told, re.MULTILINE)[:2] == ["trading", "now"]
    assert re.search(rf"^    trading +{re.escape(said)}", told, re.MULTILINE)
    assert re.search(r"^    now +No run of it lives: start the rotation again", told, re.MULTILINE)
    assert "It is held: The application is down." in " ".join(told.split())
    assert re.search(r"^    last row by +claimed by somebody$", told, re.MULTILINE)
    assert json.loads(run("status", "--json")[1])["rotations"][0]["trading"].startswith(said)


def test_of_a_credential_without_brakes_it_is_said_that_nothing_stops(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger
) -> None:
    waiting(ledger)

    assert re.search(r"^    brakes +nothing to pause: it has none$", run("status")[1], re.MULTILINE)


def test_a_ledger_that_does_not_answer_leaves_it_unknown_whether_trading_is_stopped(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.db").write_text("no database " * 1000)
    monkeypatch.setenv("REKEY_LEDGER_URL", f"sqlite:///{tmp_path / 'broken.db'}")

    code, out, err = run("status")

    assert (code, out) == (1, "")
    assert "Whether a rotation is open, and whether trading is stopped, is unknown." in err
