"""A pair is accepted only on clear answers of both hosts, and never lost while there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.terms import Wrong
from blocks.ledger.row import Action
from blocks.model.rotation import Submission, Verdict
from blocks.prefect_api import estate as blocks
from blocks.proofs import Record
from blocks.vaults import pending
from deployments.rehearsal import proof
from deployments.sandbox.estate import VAULT_ENVIRONMENT
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.validate import validate
from tasks.rotate.whose import Elsewhere, wrong_owner
from tests.operator import Operator
from tests.steps.support import PENDING, Clicked, alone, clicked, held, pending_marks, stay_held, told, use_catalog

BATCH = "/api/v3/secrets/batch/raw"


def found(behind: Clicked, pair: Pair | None = None) -> Wrong | None:
    """What is found of a pair, in a flow of its own."""
    findings: list[Wrong | None] = []
    state = alone(lambda: findings.append(wrong_owner(behind.rotation, behind.before, pair or behind.new, Record())))
    assert state.is_completed(), state.message
    return findings[0]


@pytest.mark.long
def test_a_pair_that_needs_time_to_become_active_and_an_old_one_that_needs_time_to_die(operator: Operator) -> None:
    """Neither is documented, so both are waited for, with a bound."""
    knobs, before = operator.estate.alpaca.knobs, proof.observe(operator.estate)
    knobs.activation_lag_s, knobs.death_lag_s = 0.4, 1.5

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert len(outcome.descriptions) == 1
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)


@pytest.mark.usefixtures("_few_tries")
@pytest.mark.long
def test_while_alpaca_gives_no_clear_answer_the_pair_waits_in_the_vault_and_is_not_asked_for_again(
    operator: Operator,
) -> None:
    """The live host is down for longer than the step tries. The next start judges the pair that was entered."""
    before, entered = proof.observe(operator.estate), list[Pair]()

    def while_the_live_host_is_down(person: Operator) -> Pair:
        person.estate.server.plan.add(
            Fault("alpaca-live", FaultKind.ANSWER, "GET", "/v2/account", status=503, times=None)
        )
        entered.append(person.regenerate())
        return entered[0]

    first = operator.rotate(while_the_live_host_is_down, stay_held)

    held(
        operator,
        first,
        "Alpaca gives no clear answer about the new pair (own host yes, other host unknown).",
        "The pair is safe in the vault's pending folder. Try again when Alpaca answers.",
    )
    assert pending_marks(operator.estate) == [entered[0].fingerprint]
    assert operator.tables_with(entered[0].secret) == []

    operator.estate.server.plan.clear()
    # It would stop a rotation that begins. This one has no way back, so it is told and stops nothing.
    estate, reports = operator.estate, operator.estate.heroku.add_app("raxx-reports", {})
    estate.infisical.add_sync(estate.project_id, VAULT_ENVIRONMENT, PENDING, reports, native=True)
    second = operator.rotate()

    assert second.state.is_completed(), second.message
    assert second.descriptions == []
    assert operator.steps("validate")[-1].actor.startswith("rekey (run ")
    assert "to heroku raxx-reports" in operator.steps("vault syncs")[0].context["syncs"]
    assert "alpaca-paper: the vault itself gives pairs away" in str(operator.estate.slack.messages)
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)


@pytest.mark.usefixtures("_few_tries")
@pytest.mark.long
def test_what_was_typed_is_in_prefects_store_only_until_the_vault_has_it(operator: Operator) -> None:
    """The one known exception to silence: in the rows of one table while the vault is down, then in no row of any."""
    before, entered = proof.observe(operator.estate), list[Pair]()

    def while_the_vault_takes_nothing(person: Operator) -> Pair:
        person.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "POST", BATCH, status=500, times=None))
        entered.append(person.regenerate())
        return entered[0]

    first = operator.rotate(while_the_vault_takes_nothing, stay_held)

    held(operator, first, "Infisical: create secrets failed")
    assert operator.tables_with(entered[0].secret) == ["flow_run_input"]
    assert pending_marks(operator.estate) == []

    operator.estate.server.plan.clear()
    second = operator.rotate()

    assert second.state.is_completed(), second.message
    assert second.descriptions == []
    assert operator.tables_with(entered[0].secret) == []
    assert operator.actions() == [Action.STARTED, Action.HELD, Action.STARTED, Action.COMPLETED]
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)


def test_hosts_that_accept_anything_prove_nothing_and_blame_nobody(operator: Operator, behind: Clicked) -> None:
    """A pair that both hosts accept is no live pair: no pair belongs to both."""
    operator.estate.alpaca.knobs.accepts_garbage = True

    state = alone(lambda: wrong_owner(behind.rotation, behind.before, behind.new, Record()))

    assert "Alpaca gives no clear answer about the new pair (own host yes, other host yes)." in told(state)


def test_a_right_pair_of_a_blocked_account_comes_back_until_the_block_is_gone(
    operator: Operator, behind: Clicked
) -> None:
    operator.estate.paper.flags["account_blocked"] = True

    finding = found(behind)

    assert finding is not None
    assert finding.problem.startswith("The pair is right, but Alpaca says that account ")
    assert f"{operator.estate.paper.number} is ACTIVE (account_blocked)." in finding.problem
    assert not finding.misplaced
    operator.estate.paper.flags["account_blocked"] = False
    assert found(behind) is None


def test_a_pair_of_another_entry_of_the_catalog_is_told_with_its_name(
    operator: Operator, behind: Clicked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But a disabled entry is an example: what belongs to it belongs to nobody that rekey knows of."""
    bound = f'account_number = "{operator.estate.other_paper.number}"'
    # As the catalog says: an app holds one pair under one name.
    apart = ('app = "raxx-api-staging"', 'app = "raxx-api-elsewhere"')
    use_catalog(tmp_path, monkeypatch, ("enabled = false", bound), apart)
    key_id, secret = operator.estate.other_paper.regenerate()

    finding = found(behind, Pair(key_id, SecretStr(secret)))

    assert isinstance(finding, Elsewhere)
    assert finding.owner is not None
    assert finding.owner.name == "alpaca-paper-staging"
    assert "It belongs to alpaca-paper-staging. Regenerating it killed the keys of that account" in finding.problem
    assert f"Choose account {operator.estate.paper.number} in the dashboard" in finding.problem
    assert finding.misplaced

    use_catalog(tmp_path, monkeypatch, (bound, f"enabled = false\n{bound}"))
    of_nobody = found(behind, Pair(key_id, SecretStr(secret)))

    assert isinstance(of_nobody, Elsewhere)
    assert of_nobody.owner is None
    assert "It belongs to" not in of_nobody.problem
    assert of_nobody.misplaced


def test_without_a_snapshot_the_catalogs_account_number_decides(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an account reset nothing can be compared; an entry that is bound to an account still knows which."""
    heading = "[credential.alpaca-paper]\n"
    use_catalog(tmp_path, monkeypatch, (heading, f'{heading}account_number = "PA0000000000"\n'))
    behind = clicked(operator)
    findings: list[Wrong | None] = []

    state = alone(lambda: findings.append(wrong_owner(behind.rotation, None, behind.new, Record())))

    assert state.is_completed()
    assert findings[0] is not None
    assert f"{operator.estate.paper.number} instead of PA0000000000" in findings[0].problem


def test_an_entered_pair_that_somebody_removed_is_asked_for_again(behind: Clicked) -> None:
    with blocks.vault(behind.rotation.credential.vault).get_client() as client:
        pending.drop(client, behind.rotation.credential.vault, [behind.accepted])
    typed = Submission("00000000-0000-0000-0000-000000000000", "paused-r-test-1-1-1", behind.accepted, "somebody")
    verdicts: list[Verdict] = []

    state = alone(lambda: verdicts.append(validate(behind.rotation, behind.before, typed)))

    assert state.is_completed(), state.message
    assert verdicts[0].accepted is None
    assert f"The pair {behind.accepted} that was entered before is neither in Prefect's store" in str(
        verdicts[0].problem
    )
    assert "Click Regenerate once more and enter the new pair." in str(verdicts[0].problem)


@pytest.mark.parametrize(("broken", "host"), [("paper", "its own"), ("live", "the other")])
def test_a_mistyped_pair_that_one_broken_host_accepts_is_not_believed(
    operator: Operator, behind: Clicked, monkeypatch: pytest.MonkeyPatch, broken: Any, host: str
) -> None:
    """Neither that it opens the account, nor that it belongs to the other environment."""
    monkeypatch.setenv("REKEY_ACTIVATION_TIMEOUT_S", "0.2")
    operator.estate.alpaca.knobs.accepts_garbage = broken
    mistyped = Pair(behind.new.key_id, SecretStr("x" * 44))

    state = alone(lambda: wrong_owner(behind.rotation, behind.before, mistyped, Record()))

    assert f"Alpaca's {broken} host accepts the new pair, but it also accepts a pair that nobody" in told(state), host
    assert "Look at Alpaca's status page, and compare the" in told(state)


def test_a_pair_of_an_entry_that_preflight_could_not_see_is_known_from_its_last_rotation(
    operator: Operator, behind: Clicked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without a snapshot of this credential's own account no account "None" is to be chosen."""
    apart = ('app = "raxx-api-staging"', 'app = "raxx-api-elsewhere"')
    use_catalog(tmp_path, monkeypatch, ("enabled = false", "enabled = true"), apart)
    other = operator.estate.other_paper
    context = {"step": "verify", "outcome": "done", "account_number": other.number}
    operator.ledger.append(
        Action.STEP, rotation="r-earlier", credential="alpaca-paper-staging", actor="somebody", context=context
    )
    key_id, secret = other.regenerate()
    findings: list[Wrong | None] = []

    state = alone(
        lambda: findings.append(wrong_owner(behind.rotation, None, Pair(key_id, SecretStr(secret)), Record()))
    )

    assert state.is_completed(), state.message
    (finding,) = findings
    assert isinstance(finding, Elsewhere)
    assert finding.owner is not None
    assert finding.owner.name == "alpaca-paper-staging"
    assert f"This pair opens another account: {other.number}. It belongs to alpaca-paper-staging." in finding.problem
    assert "Choose the account of alpaca-paper in the dashboard" in finding.problem
