"""Without a snapshot a live pair must open the account that was known before; with nothing known a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.terms import Wrong
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.rotation import Reason, Rotation
from blocks.proofs import Record
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.estate import LIVE as NAMES
from tasks.rotate.whose import expected_account, wrong_owner
from tests.operator import Operator
from tests.steps.live import LIVE, kill_switches, live_rotation
from tests.steps.support import alone, clicked, use_catalog

YES = "yes, this is our account: go on"
NO = "no, this is not our account"


def known(ledger: Ledger, credential: str, number: str) -> None:
    """An earlier rotation saw this account."""
    context = {"step": "verify", "outcome": "done", "account_number": number}
    ledger.append(Action.STEP, rotation="r-earlier", credential=credential, actor="somebody", context=context)


def found(rotation: Rotation, account: SandboxAccount, record: Record) -> Wrong | None:
    """What is found of a fresh pair of this account, without a snapshot."""
    key_id, secret = account.regenerate()
    findings: list[Wrong | None] = []
    state = alone(lambda: findings.append(wrong_owner(rotation, None, Pair(key_id, SecretStr(secret)), record)))
    assert state.is_completed(), state.message
    return findings[0]


def test_a_live_account_cannot_be_reset_so_another_one_than_the_last_known_is_told(operator: Operator) -> None:
    estate, number = operator.estate, operator.estate.live.number
    known(operator.ledger, LIVE, number)
    other = estate.alpaca.add_account("live")

    finding = found(live_rotation(), other, Record())

    assert finding is not None
    assert finding.misplaced
    assert f"This pair opens another account: {other.number} instead of {number}." in finding.problem
    assert f"Choose account {number} in the dashboard and click Regenerate there." in finding.problem
    assert f'write account_number = "{other.number}" into its entry in the catalog' in finding.problem
    record = Record()
    assert found(live_rotation(), estate.live, record) is None
    assert f"Account {number} has the number that was known" in record.proofs[0]


def test_a_paper_account_that_was_reset_may_be_another_one(operator: Operator) -> None:
    known(operator.ledger, "alpaca-paper", "PA0000000000")
    record = Record()

    assert found(clicked(operator).rotation, operator.estate.paper, record) is None
    assert record.proofs[0] == (
        f"Account {operator.estate.paper.number} was not compared with anything: there is no snapshot."
    )


def test_the_catalogs_number_comes_before_the_ledgers_also_when_it_is_written_while_the_form_waits(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(operator.ledger, LIVE, "123456789")
    rotation = live_rotation()
    heading = "[credential.alpaca-live]\n"
    assert expected_account(rotation, None) == "123456789"

    use_catalog(tmp_path, monkeypatch, (heading, f'{heading}account_number = "{operator.estate.live.number}"\n'))

    assert expected_account(rotation, None) == operator.estate.live.number


def test_a_live_account_of_which_nothing_is_known_needs_an_explicit_yes(operator: Operator) -> None:
    """A no brings the form back, and nothing of that pair is stored."""
    estate = operator.estate
    first_key = estate.vault_values()[NAMES[0]]
    estate.live.regenerate()
    other = estate.alpaca.add_account("live")
    seen: list[tuple[str, set[str | None]]] = []

    def of_another_account(_: Operator) -> Pair:
        key_id, secret = other.regenerate()
        return Pair(key_id, SecretStr(secret))

    def look_first(person: Operator) -> Pair:
        seen.append((estate.vault_values()[NAMES[0]], set(kill_switches(estate).values())))
        return person.regenerate_live()

    outcome = operator.rotate(
        Operator.be_ready,
        of_another_account,
        lambda person: person.choose(NO),
        look_first,
        lambda person: person.choose(YES),
        credential=LIVE,
        reason=Reason.ACCOUNT_RESET,
    )

    assert outcome.state.is_completed(), outcome.message
    assert f"The new pair opens live account **{other.number}**" in outcome.descriptions[2]
    assert (
        f"test operator said that account {other.number} is not the account of alpaca-live." in outcome.descriptions[3]
    )
    assert seen == [(first_key, {"1"})]
    assert f"The new pair opens live account **{estate.live.number}**" in outcome.descriptions[4]
    told = operator.report(LIVE)
    assert "The new pair's account is reported, not compared. Somebody has to say yes to it." in told
    assert f"Account {estate.live.number} was not compared: nothing was known of it. test operator: {YES}." in told
