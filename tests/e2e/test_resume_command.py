"""``rekey resume``: a pair is entered at a terminal, and leaves the process sealed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import pytest

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.ledger import Ledger
from blocks.settings import ROOT
from deployments.cli.main import main
from deployments.cli.resume import _pair as entered_at_once
from deployments.rehearsal import proof
from deployments.sandbox import made_up
from tests.derived import places_of
from tests.e2e.waiting_run import waiting
from tests.operator import Operator
from tests.steps.support import SHIPPED

PATIENCE_S = 120


def at_a_terminal(words: tuple[str, ...], typed: Mapping[str, str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run it with a terminal of its own; exit code, and all that it shows there."""
    keyboard, screen = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "deployments.cli.main", *words],
        stdin=screen,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,
        bufsize=0,
    ) as process:
        os.close(screen)
        assert process.stdout is not None
        shown = b""
        try:
            for title, line in typed.items():
                # What is typed before it asks is lost.
                shown += _until_asked(process.stdout, f"{title}: ".encode())
                os.write(keyboard, f"{line}\n".encode())
            shown += process.stdout.read()
            code = process.wait(PATIENCE_S)
        finally:
            os.close(keyboard)
    return code, shown.decode()


def prefects(environment: Mapping[str, str]) -> dict[str, str]:
    """How Prefect is reached. Ledger and catalog are named by the test's own settings."""
    return {name: value for name, value in environment.items() if name.startswith("PREFECT_")}


def _until_asked(screen: IO[bytes], prompt: bytes) -> bytes:
    """What is shown until it asks for this field, or ends."""
    shown = b""
    while not shown.endswith(prompt) and (more := screen.read(1)):
        shown += more
    return shown


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command says when it does nothing."""

    def one(*words: str) -> str:
        capsys.readouterr()
        assert main(list(words)) == 1
        return capsys.readouterr().err

    return one


def test_a_pair_that_is_entered_at_a_terminal_is_sealed_before_it_leaves_it(operator: Operator) -> None:
    before = proof.observe(operator.estate)
    pairs: list[Pair] = []
    shown: list[str] = []

    def enter(person: Operator) -> None:
        pair = person.regenerate()
        pairs.append(pair)
        typed = {"New API key ID": pair.key_id, "New secret key": f" {pair.secret.get_secret_value()} "}
        words = ("resume", "alpaca-paper", "--operator", "somebody")
        code, said = at_a_terminal(words, typed, prefects(person.prefect.environment))
        shown.append(said)
        assert code == 0, said
        look(person)

    def look(person: Operator) -> None:
        folders: list[Path] = [person.prefect.places.home, *person.canaries.folders]
        assert places_of(pairs[0].secret.get_secret_value(), folders) == []

    outcome = operator.rotate(enter)

    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    look(operator)
    secret = pairs[0].secret.get_secret_value()
    assert not any(part in shown[0] for part in (secret, secret[:8], pairs[0].key_id))
    assert "By entering it you say: I checked that the switcher says Paper." in shown[0]
    assert f"Pair {pairs[0].fingerprint} is entered, sealed." in " ".join(shown[0].split())
    entered = [row for row in operator.steps("await_human_input") if row.context["outcome"] == "done"]
    assert [row.context["entry"] for row in entered] == ["sealed"]
    assert entered[0].context["operator"] == "somebody"


def test_where_no_rotation_is_open_nothing_is_asked(operator: Operator, said: Callable[..., str]) -> None:
    operator.ledger.head()

    told = said("resume", "alpaca-paper", "--operator", "somebody")

    assert "No rotation of alpaca-paper is open, so nothing waits for a pair." in told
    assert "Start it first" in told


def test_a_form_that_asks_for_something_else_is_named(
    operator: Operator, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def look(person: Operator) -> None:
        with monkeypatch.context() as here:
            for name, value in prefects(person.prefect.environment).items():
                here.setenv(name, value)
            told.append(said("resume", "alpaca-live", "--operator", "somebody"))
        person.be_ready()

    def stop(person: Operator) -> None:
        person.fill(key_id="", secret="", switcher_says_live=False, stop_here=True)

    outcome = operator.rotate(look, stop, credential="alpaca-live")

    assert outcome.state.name == "Stopped", outcome.message
    assert "The rotation of alpaca-live waits for you to be ready, and for no pair." in told[0]
    assert "Answer that at http" in told[0]


def test_without_a_name_or_a_known_credential_nothing_is_asked(operator: Operator, said: Callable[..., str]) -> None:
    operator.ledger.head()

    assert "The name has no letter" in said("resume", "alpaca-paper", "--operator", "..")
    assert "There is no credential 'alpaca-papre'" in said("resume", "alpaca-papre", "--operator", "somebody")


@pytest.mark.parametrize(
    ("around", "told"), [("\u201c{}\u201d", "Chats and notebooks change quotes"), ('"{}"', "Quotes")]
)
def test_what_can_be_no_pair_is_said_before_it_is_sent_to_be_kept(
    around: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = made_up.alpaca_secret()
    typed = iter([made_up.alpaca_key_id("PK"), around.format(secret)])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))

    pair = entered_at_once(load_catalog(SHIPPED).get("alpaca-paper"))

    said = " ".join(capsys.readouterr().out.split())
    assert "It can be no new pair; it is sent to be kept, no more. The secret" in said
    assert told in said
    assert secret not in said
    assert pair.secret.get_secret_value() == around.format(secret)


def test_what_is_answered_with_a_passkey_is_not_asked_for_at_a_terminal(
    ledger: Ledger, said: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, table = tmp_path / "catalog.toml", "[credential.alpaca-paper]\n"
    catalog.write_text(SHIPPED.read_text().replace(table, f'{table}proof = "passkey"\n'))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    waiting(ledger)

    told = said("resume", "alpaca-paper", "--operator", "somebody")

    assert told.startswith("rekey: alpaca-paper is answered with a passkey, which no terminal has.")
    assert "/rotations/r-" in told
