"""What is printed at the terminal can be copied: no address is cut or broken, and no credential's name is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.ledger.ledger import Ledger
from deployments.cli.health import COLUMNS
from deployments.terminal.tables import WIDTH, print_facts, print_table
from tests.e2e.waiting_run import RUN, waiting

ADDRESS = f"https://prefect.{'somewhere.' * 12}example.com/v2/runs/flow-run/{RUN}"


@pytest.mark.parametrize("host", ["http://127.0.0.1:4200", f"https://prefect.{'somewhere.' * 12}example.com"])
def test_the_address_of_the_run_is_whole_and_on_a_line_of_its_own(
    run: Callable[..., tuple[int, str, str]], ledger: Ledger, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Beyond 86 columns it ended with an ellipsis, and opened nothing."""
    monkeypatch.setenv("REKEY_PREFECT_UI_URL", f"{host}/v2")
    waiting(ledger)

    assert f"{host}/v2/runs/flow-run/{RUN}" in run("status")[1].splitlines()


def test_an_address_within_a_sentence_is_whole_and_everything_else_fits(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("", "heading"), ("now", f"{'word ' * 30}see {ADDRESS} for {'w' * 200}"), ("none", "")])

    lines = capsys.readouterr().out.splitlines()
    assert ADDRESS in lines
    assert [line for line in lines if line != ADDRESS and len(line) > WIDTH] == []
    assert "".join(line.strip() for line in lines).count("w" * 200) == 1
    assert lines[-1] == "    none"


@pytest.mark.parametrize("length", [20, 40, 200])
def test_a_name_is_broken_only_where_nothing_else_would_fit_and_is_never_cut(
    capsys: pytest.CaptureFixture[str], length: int
) -> None:
    row = {**dict.fromkeys(COLUMNS, "some words in it"), "credential": "a" * length}

    print_table([row], COLUMNS)

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    assert sum(line.split("  ")[0].count("a" * 5) > 0 for line in lines) == 1 or length > 40
    assert "".join(line.split("  ")[0] for line in lines).count("a") == length + "credential".count("a")
