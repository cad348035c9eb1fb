"""What a command at a terminal reads: it says which ledger, and never that nothing is there when it did not look."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.ledger.lease import Lease, held
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import ROOT, read_settings
from deployments.cli.main import main
from deployments.local import current
from deployments.local.prefect_login import http_client
from deployments.local.processes import LocalPrefect, free_port
from tests.steps.support import SHIPPED
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

EVIL = "somebody \x1b[2J\x1b[31m[bold]red[/bold] \u202e\nrow 2"
RUN = "00000000-0000-4000-8000-000000000000"


def waiting(ledger: Ledger, run: str = RUN, actor: str = "somebody") -> None:
    """A rotation that waits at its form."""
    ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-paper", actor=actor, context={"flow_run_id": run})
    step(ledger, "preflight")
    step(ledger, "await_human_input", outcome="waiting", awaited="the new pair", where="there")


def step(ledger: Ledger, name: str, actor: str = "somebody", **context: Any) -> None:
    """One step of it."""
    facts = {"step": name, "outcome": "done", "seconds": 1.0, "proofs": [], **context}
    ledger.append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor=actor, context=facts)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; exit code, stdout and stderr."""

    def one(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return one


@pytest.fixture
def server(prefect: LocalPrefect, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The Prefect server that the environment names; nobody ever ran rekey there."""
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, prefect.environment[name])
    with http_client(prefect.environment, PREFECT_TIMEOUT_S) as api:
        for name in ("rotate", "health"):
            found = api.get(f"/flows/name/{name}")
            if found.is_success:
                _until(partial(api.delete, f"/flows/{found.json()['id']}"))
        yield api


def _until(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Its database may be busy for a moment."""
    answers: list[httpx.Response] = []

    def taken() -> bool:
        answers.append(ask())
        return answers[-1].is_success

    wait_until(taken, description="Prefect takes it", timeout_s=PREFECT_TIMEOUT_S)
    return answers[-1]


def run_in(server: httpx.Client, state: str) -> str:
    """A run of the flow rotate in this state."""
    flow = _until(lambda: server.post("/flows/", json={"name": "rotate"})).json()["id"]
    made = _until(lambda: server.post("/flow_runs/", json={"flow_id": flow})).json()["id"]
    body = {"state": {"type": state, "name": state.title()}, "force": True}
    _until(lambda: server.post(f"/flow_runs/{made}/set_state", json=body))
    return str(made)


def test_a_missing_ledger_is_an_error_and_reading_makes_none(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without variables it said that no rotation is open, while a live one waited at its form."""
    file = tmp_path / "below" / "ledger.db"
    monkeypatch.setenv("REKEY_LEDGER_URL", f"sqlite:///{file}")

    for words in (["status"], ["ledger", "show"], ["ledger", "verify"], ["ledger", "protect", "--operator", "x"]):
        code, out, err = run(*words)
        assert (code, out) == (1, "")
        assert str(file) in err
        assert "Set REKEY_LEDGER_URL to what the worker has" in err
    assert "nothing is known of any rotation. Prefect was not asked: PREFECT_API_URL is not set." in run("status")[2]
    assert not file.parent.exists()


def test_a_missing_ledger_of_a_workers_file_is_corrected_in_the_file(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable beside the file would be refused."""
    config, missing = tmp_path / "rekey.toml", tmp_path / "none.db"
    places = {"root": ROOT, "catalog": SHIPPED, "ledger_url": f"sqlite:///{missing}"}
    config.write_text("".join(f'{name} = "{value}"\n' for name, value in places.items()))
    config.chmod(0o600)
    for name in ("REKEY_LEDGER_URL", "REKEY_CATALOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REKEY_CONFIG", str(config))

    for words in (["status"], ["ledger", "show"]):
        err = run(*words)[2]
        assert f"Let REKEY_CONFIG name the worker's own file, or correct ledger_url in {config}" in err
        assert "REKEY_LEDGER_URL" not in err


def test_an_empty_ledger_beside_a_prefect_that_knows_runs_of_rekey_is_the_wrong_one(
    run: Callable[..., tuple[int, str, str]], server: httpx.Client, ledger: Ledger, tmp_path: Path
) -> None:
    code, out, _ = run("status")
    assert (code, out.splitlines()[0]) == (0, "No rotation is open. Nothing was ever recorded.")
    assert f"Read from the ledger {tmp_path / 'ledger.db'} (REKEY_LEDGER_URL)." in " ".join(out.split())
    run_in(server, "SCHEDULED")
    assert run("status")[0] == 0, "it has not begun, so it has written nothing"
    run_in(server, "PAUSED")

    code, out, err = run("status", "--json")

    assert (code, out) == (1, "")
    assert f"The ledger {tmp_path / 'ledger.db'} (REKEY_LEDGER_URL) is empty" in err
    assert "Prefect knows 1 runs of rekey: this is the wrong ledger." in err
    waiting(ledger)
    assert run("status")[0] == 5


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


def test_text_of_others_is_shown_and_not_obeyed_within_100_columns(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger
) -> None:
    waiting(ledger, actor=EVIL)
    step(ledger, "propagate", actor=EVIL, subject=EVIL, proofs=["proved " * 40, EVIL])
    ledger.append(
        Action.HELD, rotation="r-1", credential="alpaca-paper", actor=EVIL, context={"reason": f"{EVIL} {'why ' * 60}"}
    )

    for words in (["status"], ["ledger", "show"], ["catalog"]):
        out = run(*words)[1]
        assert [line for line in out.splitlines() if len(line) > 100 or line != line.rstrip()] == []
        assert [one for one in out if not one.isprintable() and one != "\n"] == []
        if words != ["catalog"]:
            assert r"\x1b[2J\x1b[31m[bold]red[/bold] \u202e" in " ".join(out.split())


def test_every_answer_has_a_form_for_programs(run: Callable[..., tuple[int, str, str]], ledger: Ledger) -> None:
    waiting(ledger)

    status = json.loads(run("status", "--json")[1])
    rows = json.loads(run("ledger", "show", "--json")[1])
    verified = json.loads(run("ledger", "verify", "--head", rows[0]["hash"], "--json")[1])
    catalog = json.loads(run("catalog", "--json")[1])

    assert list(status) == names_of("status")
    assert list(status["rotations"][0]) == names_of("status", "rotations")
    assert list(status["credentials"][0]) == names_of("status", "credentials")
    assert status["credentials"][0]["copies"][0] == {"copy": "heroku raxx-api-prod", "state": "not looked at"}
    assert list(rows[0]) == names_of("ledger show", "a list: ")
    assert list(verified) == names_of("ledger verify")
    assert (verified["outcome"], verified["rows"], verified["head"]) == ("ok", 3, rows[-1]["hash"])
    assert list(catalog) == names_of("catalog")
    assert list(catalog["credentials"][0]) == names_of("catalog", "credentials")


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


def names_of(command: str, of: str = "") -> list[str]:
    """The names that docs/reference/commands.md lists for an answer, or for what is listed in it."""
    (told,) = re.findall(
        rf"^\| `rekey {command} --json` \| (.*) \|$",
        (ROOT / "docs" / "reference" / "commands.md").read_text(),
        re.MULTILINE,
    )
    if of.endswith(": "):
        return str(told).removeprefix(of).split(", ")
    if of:
        return str(re.search(rf"{of} \((.*?)\)", told).group(1)).split(", ")  # type: ignore[union-attr]  # it is there
    return re.sub(r" \([^)]*\)", "", told).split(", ")


def test_reading_imports_no_prefect(ledger: Ledger) -> None:
    """It takes seconds, and somebody waits."""
    waiting(ledger)
    first = ledger.rows()[0].hash
    asked = (
        "import sys; from deployments.cli.main import main\n"
        f"codes = [main(one) for one in (['status'], ['ledger', 'show'], ['ledger', 'verify', '--head', {first!r}],"
        " ['catalog'])]\n"
        "print(codes, 'prefect' in sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stderr == "[5, 0, 0, 0] False\n"


def test_a_reader_that_has_enough_is_no_error(ledger: Ledger) -> None:
    for _ in range(60):
        step(ledger, "preflight", proofs=["proved " * 200])
    command = [sys.executable, "-m", "deployments.cli.main", "ledger", "show"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"#1 r-1 somebody")
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (1, b"")


@pytest.mark.parametrize("words", [["status"], ["ledger", "show"], ["catalog"], ["health"]])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REKEY_LEASE_S", "soon", "REKEY_LEASE_S"),
        ("REKEY_PATIENCE_S", "abc", "REKEY_PATIENCE_S"),
        ("REKEY_CATALOG", "/nowhere/catalog.toml", "/nowhere/catalog.toml cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    run: Callable[..., tuple[int, str, str]],
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    name: str,
    value: str,
    said: str,
) -> None:
    if words == ["ledger", "show"] and name == "REKEY_CATALOG":
        pytest.skip("it reads no catalog")
    assert ledger
    monkeypatch.setenv(name, value)

    code, out, err = run(*words)

    assert (code, out) == (1, "")
    assert err.startswith("rekey: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_second_terminal_finds_the_demo_that_runs_here(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(ledger)
    config, login = tmp_path / "rekey.toml", tmp_path / "prefect.login"
    places = {"root": ROOT, "catalog": SHIPPED, "ledger_url": f"sqlite:///{tmp_path / 'ledger.db'}"}
    config.write_text("".join(f'{name} = "{value}"\n' for name, value in places.items()))
    config.chmod(0o600)
    monkeypatch.setattr(current, "FILE", tmp_path / "hidden" / "current")
    for name in (*current.NAMES, current.LOGIN, "REKEY_LEDGER_URL"):
        # Set first, so that what the command sets is taken back at the end.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    unused = f"http://127.0.0.1:{free_port()}/api"
    environment = {"PREFECT_API_URL": unused, "REKEY_CONFIG": str(config)}

    with current.pointing_at(environment, login):
        assert current.FILE.stat().st_mode & 0o777 == 0o600
        code, out, err = run("status")
    assert (code, f"{tmp_path / 'ledger.db'} (named by {config})" in " ".join(out.split())) == (5, True)
    assert err == f"rekey: reads the demo that runs here ({current.FILE}).\n"
    assert not current.FILE.exists()


def test_a_demo_that_was_killed_or_another_rekey_in_the_environment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "FILE", tmp_path / "current")
    for name in (*current.OWN, *current.NAMES):
        monkeypatch.delenv(name, raising=False)
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    current.FILE.write_text(json.dumps({"pid": dead.pid, "REKEY_CONFIG": "/nowhere"}))
    assert current.adopt() is False
    current.FILE.write_text("no JSON")
    assert current.adopt() is False
    current.FILE.write_text(json.dumps({"pid": os.getpid(), "REKEY_CONFIG": "/nowhere"}))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    assert current.adopt() is False
    assert "REKEY_CONFIG" not in os.environ
