"""Who acted: rekey by itself, or a person who typed a name. A name does nothing but show."""

from __future__ import annotations

import json

import pytest

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.text import markdown
from deployments.cli.main import main
from deployments.terminal.timeline import lines_of
from tests.operator import Operator
from tests.steps.support import order

HIDDEN = "root\u202e\x1b[2J\nrekey"
HOSTILE = "<!channel> [a](ftp://e.x) {{ 7*7 }} | `b` *c*"


@pytest.mark.long
def test_a_name_that_nobody_can_read_is_asked_for_again_and_the_pair_is_not(operator: Operator) -> None:
    """The second name is printed as it is, so it is taken; it calls nobody, links nowhere and leaves no cell."""
    pairs: list[Pair] = []

    def unreadable(person: Operator) -> None:
        assert person.form is not None
        assert "The role for alpaca-paper is **ops**." in person.form.description
        assert 'the ledger says "claimed by"' in person.form.description
        pairs.append(person.regenerate())
        assert person.submit(person.form.run_id, pairs[0], operator=HIDDEN)["status"] == "ACCEPT"

    def the_name_alone(person: Operator) -> None:
        assert person.form is not None
        assert list(person.form.fields) == ["operator"]
        assert "a character that nobody sees (U+202E" in person.form.description
        inputs = f"/flow_runs/{person.form.run_id}/input/filter"
        kept = person.api.post(inputs, json={"prefix": "", "limit": 200}).raise_for_status().json()
        # Whoever has Prefect's login reads what was typed, until it is staged: docs/threat-model.md.
        assert any(pairs[0].secret.get_secret_value() in str(one["value"]) for one in kept)
        assert person.fill(operator=f" {HOSTILE}  ")["status"] == "ACCEPT"

    outcome = operator.rotate(unreadable, the_name_alone)

    assert outcome.state.is_completed(), outcome.message
    rows = operator.ledger.rows()
    by_a_person = [row for row in rows if row.actor == f"claimed by {HOSTILE}"]
    assert [row.context["step"] for row in by_a_person] == ["await_human_input"]
    assert all(row.actor.startswith("rekey (run ") for row in rows if row not in by_a_person)
    assert by_a_person[0].context["fingerprint"] == pairs[0].fingerprint
    report, shown = operator.report(), markdown(HOSTILE)
    assert f"| Claimed by | {shown} |" in report
    assert f"| {shown} entered a pair with fingerprint {pairs[0].fingerprint}. |" in report
    assert "<!channel>" not in json.dumps(operator.estate.slack.messages)
    assert operator.tables_with(pairs[0].secret) == []


def test_what_a_person_decided_in_a_step_of_rekeys_is_a_row_of_that_person(operator: Operator) -> None:
    """Readiness, open orders and the end are three decisions; brakes, snapshot and the closing are rekey's."""
    order(operator)

    outcome = operator.rotate(
        Operator.be_ready, lambda person: person.choose("stop here, trading goes on"), credential="alpaca-live"
    )

    assert outcome.state.name == "Stopped", outcome.message
    rows = operator.ledger.rows()
    claimed = [row.context for row in rows if row.actor == "claimed by test operator"]
    assert [(one["step"], one.get("choice")) for one in claimed] == [
        ("await_readiness", None),
        ("snapshot", "stop here, trading goes on"),
    ]
    assert rows[-1].action is Action.ABORTED
    assert rows[-1].actor.startswith("rekey (run ")


def test_a_row_of_an_older_rekey_shows_and_commands_nothing(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names a person without "claimed by", and the chain is whole all the same."""
    context = {"step": "hold", "outcome": "done", "seconds": 1, "proofs": ["a\x1b[2Jb", "c\u202ed"], "problem": "e\rf"}
    row = operator.ledger.append(
        Action.STEP, rotation="r-old", credential="alpaca-paper", actor="A Person", context=context
    )

    assert [line.strip() for line in lines_of(row)][1:] == [r"a\x1b[2Jb", r"c\u202ed", r"! e\rf"]
    assert operator.ledger.verify() is None
    capsys.readouterr()
    assert main(["ledger", "close", "alpaca-paper", "--operator", "a\nb", "--reason", "none"]) == 1
