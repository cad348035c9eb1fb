"""What outlives a run or a rotation: a pair that belongs elsewhere, a rotation that nobody finished, a name."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.prefect_api import estate as blocks
from blocks.vaults import pending
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT, VAULT_PATH
from tasks.person import pause_form
from tasks.rotate.resume import resume
from tests.operator import Operator
from tests.steps.beginning import begun
from tests.steps.support import Clicked, alone, pending_marks, with_a_short_form


def test_a_misplaced_pair_is_not_deleted_by_the_next_rotation(operator: Operator, behind: Clicked) -> None:
    """It was shown once, and its rotation ended before anybody took it out."""
    misplaced = Pair(*_pair(operator.estate.live.regenerate()))
    with blocks.vault(behind.rotation.credential.vault).get_client() as client:
        pending.keep(client, behind.rotation.credential.vault, misplaced)
    before = {"step": "validate", "outcome": "done", "rejected": misplaced.fingerprint, "misplaced": True}
    operator.ledger.append(
        Action.STEP, rotation="r-before", credential="alpaca-paper", actor="somebody", context=before
    )

    state = alone(lambda: resume(behind.rotation, behind.accepted))

    assert state.is_completed(), state.message
    assert pending_marks(operator.estate) == [misplaced.fingerprint]


def test_a_rotation_that_lingered_takes_the_pair_of_today_for_the_old_one(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody rotated by hand in between: that pair is in use now, and typing it is no rotation."""
    with monkeypatch.context() as hurried:
        hurried.setattr(pause_form, "FOREVER_S", 1)
        operator.rotate(lambda _: None, flow=with_a_short_form)
    by_hand = operator.estate.paper.regenerate()
    values = dict(zip(PAPER, by_hand, strict=True))
    operator.estate.infisical.put(operator.estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, values)
    for app in operator.estate.heroku.apps.values():
        app.change(dict(values), "somebody")

    outcome = operator.rotate(lambda _: Pair(*_pair(by_hand)), Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert "That is the old pair" in outcome.descriptions[1]
    assert operator.ledger.rows()[-1].context["old"] == Pair(*_pair(by_hand)).fingerprint
    assert operator.actions() == ["secret.rotate.started", "secret.rotate.started", "secret.rotate.completed"]


def test_a_secret_in_the_field_of_the_name_is_recorded_nowhere(operator: Operator) -> None:
    """The canary guard searches ledger, logs, artifacts, events and Slack for it afterwards."""

    def slip(person: Operator) -> None:
        assert person.form is not None
        pair = person.regenerate()
        answer = person.submit(person.form.run_id, pair, operator=pair.secret.get_secret_value())
        assert answer["status"] == "ACCEPT"

    begun(operator, slip, until=Step.VALIDATE, credential="alpaca-paper")

    assert operator.steps("await_human_input")[-1].actor == "claimed by name withheld (it looked like a key)"


@pytest.mark.long
def test_a_live_pair_is_recognised_also_when_alpaca_needs_a_moment_to_activate_it(operator: Operator) -> None:
    """Before it is active both hosts refuse it, which proves nothing."""
    operator.estate.alpaca.knobs.activation_lag_s = 0.8

    outcome = begun(
        operator,
        lambda person: Pair(*_pair(person.estate.live.regenerate())),
        Operator.regenerate,
        until=Step.VALIDATE,
        credential="alpaca-paper",
    )

    assert "This is a LIVE pair" in outcome.descriptions[1]


def _pair(values: tuple[str, str]) -> tuple[str, SecretStr]:
    return values[0], SecretStr(values[1])
