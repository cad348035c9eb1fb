"""Of a ledger that is broken no head is posted, and it stays known as broken until it is whole again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.check import Outcome
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action
from blocks.prefect_api import heads
from deployments.cli.main import main
from deployments.sandbox.faults import Fault, FaultKind
from tests.health.heads_of_tests import File, cut, looked, older_copy, post_to_prefect, post_to_slack, write
from tests.health.support import PAPER, examined, messages
from tests.operator import Operator
from tests.steps.support import use_catalog


def heads_in(operator: Operator) -> tuple[int, int]:
    """How many heads Prefect and Slack have."""
    wanted = {"artifacts": {"key": {"any_": [heads.KEY]}}}
    payloads = [one["metadata"]["event_payload"] for one in operator.estate.slack.messages if one.get("metadata")]
    in_prefect = operator.api.post("/artifacts/filter", json=wanted).raise_for_status().json()
    return len(in_prefect), sum(heads.HASH in one for one in payloads)


@pytest.mark.long
def test_of_a_ledger_that_is_known_to_be_broken_no_head_is_posted(operator: Operator, file: File) -> None:
    """Its own heads would push out those by which the damage shows, and heal the alarm."""
    post_to_prefect(operator)
    cut(file)
    before = heads_in(operator)

    assert "failed" in {one["outcome"] for one in examined(PAPER)["checks"] if one["check"] == heads.SUBJECT}
    assert any("health changed" in one for one in messages(operator))
    outcome = operator.rotate(lambda person: person.regenerate())

    assert outcome.state.is_completed(), outcome.message
    assert heads_in(operator) == before
    # Nor while the vault is away, and so nobody asks the ledger.
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
    assert [one["check"] for one in examined(PAPER)["checks"]] == ["vault"]
    assert heads_in(operator) == before


def test_a_broken_ledger_stays_known_as_such_when_slack_did_not_take_the_message(
    operator: Operator, file: File
) -> None:
    post_to_prefect(operator)
    cut(file)
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, status=400, times=None))
    examined(PAPER)

    assert heads.to_post(operator.ledger) is None


def test_a_health_run_that_did_not_look_at_the_ledger_takes_back_nothing_of_what_was_found(tmp_path: Path) -> None:
    """When the vault lets nobody in, nothing else is asked; by a full run nothing of an earlier one is kept."""
    ledger = Ledger(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}"))
    broken = {"states": {"vault": "ok", heads.SUBJECT: "failed"}, "failed": [heads.SUBJECT]}
    vault_away = {"states": {"vault": "unknown"}, "failed": []}
    well = {"states": {"vault": "ok", heads.SUBJECT: "ok"}, "failed": []}

    posted = []
    for context in (broken, vault_away, well, vault_away):
        ledger.append(
            Action.HEALTH_CHECKED, rotation="", credential=SHARED, actor="rekey (run health)", context=context
        )
        posted.append(heads.to_post(ledger) is not None)

    assert posted == [False, False, True, True]


def test_when_the_ledger_is_whole_again_its_heads_are_posted_again(operator: Operator, file: File) -> None:
    post_to_prefect(operator)
    whole = file.read_bytes()
    cut(file)
    examined(PAPER)
    assert heads.to_post(operator.ledger) is None

    file.write_bytes(whole)
    assert looked().outcome is Outcome.OK
    examined(PAPER)

    assert heads.to_post(operator.ledger) == operator.ledger.head()


def test_rows_that_are_known_to_be_lost_are_named_in_the_catalog_and_only_those(
    operator: Operator, file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger itself cannot say so: whoever cut it off could write that, too."""
    post_to_prefect(operator)
    post_to_slack(operator)
    older_copy(file)
    assert looked().outcome is Outcome.FAILED
    since = datetime.now(UTC).isoformat()

    use_catalog(tmp_path, monkeypatch, ("[alerts]", f"[ledger]\nheads_since = {since}\n\n[alerts]"))
    post_to_prefect(operator)

    assert looked().outcome is Outcome.OK
    write(operator.ledger, 3)
    post_to_prefect(operator)
    older_copy(file)
    assert looked().outcome is Outcome.FAILED


def test_verify_says_which_row_a_kept_hash_is_and_asks_nobody(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    write(ledger, 3)
    second = ledger.rows()[1].hash

    assert main(["ledger", "verify", "--head", second, "--head", f"`{second[:16].upper()}`"]) == 0

    # Lines are folded at 100 columns.
    assert f" {second} is row 2. {second[:16]} is row 2. " in " ".join(capsys.readouterr().out.split())
    assert main(["ledger", "verify", "--head", "0123456789abcdef"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "No row of the ledger has the hash 0123456789abcdef: rows were cut off, the chain was computed anew" in told
    assert "it ends at row 3" in told
    with pytest.raises(SystemExit) as usage:
        main(["ledger", "verify", "--head", "short"])
    assert usage.value.code == 2
