"""What a command at a terminal reads: it says which ledger, and never that nothing is there when it did not look."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from blocks.catalog import load_catalog
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.ledger.trading import clock
from blocks.settings import ROOT
from tests.e2e.waiting_run import run_in, step, waiting
from tests.steps.support import SHIPPED

EVIL = "somebody \x1b[2J\x1b[31m[bold]red[/bold] \u202e\nrow 2"


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


def test_propagate_is_done_when_every_consumer_has_the_pair_and_until_then_the_missing_one_is_named(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger
) -> None:
    *others, last = (one.label for one in load_catalog(SHIPPED).get("alpaca-paper").consumers)

    def now() -> tuple[list[str], list[str]]:
        (one,) = json.loads(run("status", "--json")[1])["rotations"]
        return one["done"], one["missing"]

    waiting(ledger)
    assert now() == (["preflight"], []), "before a pair is accepted nobody lacks it"
    step(ledger, "validate", accepted="ab")
    assert now() == (["preflight", "validate"], [*others, last])
    for one in others:
        step(ledger, "propagate", subject=one)
    step(ledger, "propagate", subject=last, outcome="failed", problem="Heroku: no answer.")

    assert now() == (["preflight", "validate"], [last])
    assert f"not done the new pair is not in {last} yet" in " ".join(run("status")[1].split())

    step(ledger, "propagate", subject=last)

    assert now() == (["preflight", "validate", "propagate"], [])
    assert "is not in" not in run("status")[1]


def test_what_is_held_says_since_when_and_who_must_act(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger
) -> None:
    waiting(ledger)
    credential = load_catalog(SHIPPED).get("alpaca-paper")
    ledger.append(
        Action.HELD, rotation="r-1", credential="alpaca-paper", actor="rekey", context={"reason": "It is down."}
    )
    at = ledger.rows()[-1].at

    status = json.loads(run("status", "--json")[1])
    out = " ".join(run("status")[1].split())

    (one,) = status["rotations"]
    assert (one["held"], one["must_act"]) == ("It is down.", f"role {credential.role}")
    assert f"must act role {credential.role}" in out
    assert f"held since {at:%Y-%m-%d %H:%M:%S} UTC" in out
    (line,) = (one for one in status["credentials"] if one["credential"] == "alpaca-paper")
    assert line["state"].startswith(f"held since {clock(at)}: role {credential.role} must act")


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
