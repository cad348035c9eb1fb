"""Heroku's API alone replaces rekey's own token, and rekey goes on with the new one before the old one ends."""

from __future__ import annotations

from contextvars import copy_context
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.prefect_api import own_blocks
from blocks.settings import read_settings
from deployments.sandbox.estate import HEROKU, ISSUERS_PATH, ONLY_HERE, VAULT_ENVIRONMENT
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.rotation_steps import give_up_after, try_again_at_once

NAME = "heroku-rekey"


@pytest.fixture(autouse=True)
def _with_issuers(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_again_at_once(monkeypatch)
    give_up_after(monkeypatch, 1)
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))


def in_the_vault(operator: Operator) -> str:
    """What the vault holds."""
    return operator.estate.infisical.values(operator.estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[HEROKU]


def living(operator: Operator) -> list[str]:
    """The tokens that Heroku accepts."""
    return [one.token for one in operator.estate.heroku.access.authorizations.values()]


def test_no_person_is_asked_and_the_old_token_ends_when_rekey_itself_uses_the_new_one(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers to the first two tries to make one are lost: what they made is found by its label and ended."""
    give_up_after(monkeypatch, 2)
    old = in_the_vault(operator)
    lost = Fault("heroku", FaultKind.DROP_AFTER, "POST", "/oauth/authorizations", times=2)
    operator.estate.server.plan.add(lost)

    outcome = operator.rotate(credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert outcome.descriptions == []
    assert lost.times == 0
    new = in_the_vault(operator)
    assert living(operator) == [new]
    assert old != new == own_blocks.read("heroku", "rekey").values["token"]
    (proof,) = operator.steps("propagate")[-1].context["proofs"]
    assert "read back and used: Heroku accepts it, as operator@example.com." in proof
    assert any("is dead: refused 6 times in a row" in one for one in operator.steps("retire")[-1].context["proofs"])
    assert operator.ledger.rows()[-1].context["method"] == "issuer-api"


def test_a_revocation_that_is_answered_and_not_done_or_refused_leaves_both_alive_and_is_held(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new token works by then, and is in use: nothing is lost while somebody finds out why.

    Whoever wants another one has it made; then the first new one ends as well.
    """
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", "1")
    path, old = "/oauth/authorizations/.+", in_the_vault(operator)
    plan = operator.estate.server.plan
    accepted = Fault("heroku", FaultKind.ANSWER, "DELETE", path, 202, body={}, times=1)
    plan.add(accepted)

    def both_live(person: Operator) -> None:
        assert person.form is not None
        assert "accepts the old token" in person.form.description
        assert living(person) == [old, in_the_vault(person)]
        plan.add(Fault("heroku", FaultKind.ANSWER, "DELETE", path, 403, body={"id": "forbidden"}, times=1))
        person.choose("retry this step")

    def refused(person: Operator) -> None:
        assert person.form is not None
        assert "Heroku: delete authorization failed: not accepted" in person.form.description
        assert "nobody has to enter it: rekey makes another one" in person.form.description
        assert living(person) == [old, in_the_vault(person)]
        person.choose("enter another token")

    outcome = operator.rotate(both_live, refused, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert living(operator) == [in_the_vault(operator)]


def test_a_token_that_will_not_do_is_ended_again_and_the_old_one_stays(operator: Operator) -> None:
    """Heroku makes it to live as long as the one before, which is shorter than until the next rotation."""
    old = in_the_vault(operator)
    (known,) = operator.estate.heroku.access.authorizations.values()
    known.expires_in_s = 30 * 24 * 3600.0

    outcome = operator.rotate(credential=NAME)

    assert outcome.state.name == "Stopped", outcome.message
    assert "before its next rotation: it is due every 90 days" in outcome.message
    assert "What was minted for it is ended again" in outcome.message
    assert outcome.descriptions == [], "nobody is asked"
    assert living(operator) == [old] == [in_the_vault(operator)]


@pytest.mark.long
def test_one_that_will_not_do_and_cannot_be_taken_out_of_the_vault_is_said_to_live_still(operator: Operator) -> None:
    """What the vault holds is not sure then, so rekey ends nothing at Heroku: a person does."""
    old = in_the_vault(operator)
    (known,) = operator.estate.heroku.access.authorizations.values()
    known.expires_in_s = 30 * 24 * 3600.0

    class OnceMade(Fault):
        def matches(self, vendor: str, method: str, path: str) -> bool:
            return bool(operator.steps("validate")) and Fault.matches(self, vendor, method, path)

    path = "/api/v3/secrets/batch/raw"
    operator.estate.server.plan.add(OnceMade("infisical", FaultKind.ANSWER, "DELETE", path, 500, times=None))

    outcome = operator.rotate(credential=NAME)

    assert outcome.state.name == "Stopped", outcome.message
    left = [one for one in operator.estate.heroku.access.authorizations.values() if one.token != old]
    (label,) = {str(one.description).rpartition(" ")[0] for one in left}
    assert f"Whatever is listed as '{label}' at Heroku has to be deleted: nobody uses it." in outcome.message
    assert in_the_vault(operator) == old


@pytest.mark.long
def test_a_block_that_somebody_changed_back_keeps_the_old_token_alive(operator: Operator) -> None:
    """Whoever uses the old token still would have sawn off the branch: rekey itself. A retry writes the block again."""
    old, settings = in_the_vault(operator), copy_context()

    def put_back() -> None:
        document = own_blocks.read("heroku", "rekey")
        if document.values["token"] != old:
            own_blocks.change(document, {"token": SecretStr(old)})

    class PutBack(Fault):
        def strike(self) -> None:
            if operator.steps("verify"):
                settings.copy().run(put_back)

    operator.estate.server.plan.add(PutBack("infisical", FaultKind.SLOW, seconds=0.0, times=None))

    def both_live(person: Operator) -> None:
        assert person.form is not None
        assert "so rekey would end the one that it uses itself" in person.form.description
        assert living(person) == [old, in_the_vault(person)]
        person.estate.server.plan.clear()
        person.choose("retry this step")

    outcome = operator.rotate(both_live, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert living(operator) == [in_the_vault(operator)] == [own_blocks.read("heroku", "rekey").values["token"]]
