"""A place at GitHub that holds the same names keeps the dead pair when no entry of the catalog names it: it is told."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.check import Outcome, asked
from blocks.consumers.github.block import Github
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.interface import Handover
from blocks.errors import StepError
from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from blocks.proofs import Record
from deployments.sandbox.estate import PAPER, REPOSITORY
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.github.store import Variable
from tasks.consumers import other_places
from tasks.rotate.preflight import preflight
from tasks.run.current import current_pair
from tests.operator import Operator
from tests.steps.support import alone, shipped, use_catalog

UNNAMED = f"{REPOSITORY} has secrets of the same names where no entry of the catalog names them: "
OWNER = REPOSITORY.partition("/")[0]


def consumer() -> GithubConsumer:
    """The shipped catalog's."""
    (found,) = (one for one in shipped().consumers if isinstance(one, GithubConsumer))
    return found


def repository(operator: Operator) -> None:
    """The place that the catalog names has them."""
    for name in PAPER:
        operator.estate.github.edit_by_hand(REPOSITORY, name, "before")


def production(operator: Operator) -> None:
    """The job reads an environment's secrets."""
    operator.estate.github.add_environment(REPOSITORY, "production")
    for name in PAPER:
        operator.estate.github.edit_by_hand(REPOSITORY, name, "before", "production")


def test_nothing_is_told_where_the_names_are_only_in_the_place_that_the_catalog_names(operator: Operator) -> None:
    repository(operator)
    said = (
        f"{REPOSITORY} has secrets of these names nowhere but where the catalog names them, and variables of these "
        f"names nowhere. Not looked at: other repositories of {OWNER}."
    )
    assert (other_places.told(consumer()), other_places.demand_none(consumer())) == (said, said)


def test_an_environment_that_the_catalog_does_not_name_is_told_by_preflight_and_is_no_obstacle(
    operator: Operator,
) -> None:
    production(operator)

    state = alone(lambda: preflight("alpaca-paper", Reason.SCHEDULED))

    assert state.is_completed()
    (row,) = (row for row in operator.ledger.rows() if row.action is Action.STEP)
    (said,) = (one for one in row.context["proofs"] if one.startswith(UNNAMED))
    assert f"environment production ({', '.join(sorted(PAPER))})" in said
    assert "A job may read those, and they keep the old pair." in said


def test_health_fails_for_it_and_says_what_the_token_could_not_list(operator: Operator) -> None:
    production(operator)
    with pytest.raises(StepError, match="environment production") as caught:
        other_places.demand_none(consumer())
    assert "Add each place that is read to the catalog as a consumer" in caught.value.remedy


def test_a_variable_of_such_a_name_is_told_because_a_job_would_have_an_old_half_beside_a_new_one(
    operator: Operator,
) -> None:
    repository(operator)
    now = time.time()
    operator.estate.github.repository(REPOSITORY).variables[PAPER[0]] = Variable("an old key ID", now, now)

    with pytest.raises(StepError) as caught:
        other_places.demand_none(consumer())

    assert f"{REPOSITORY} has variables of the same names: the repository ({PAPER[0]})." in caught.value.problem
    assert "where no entry of the catalog names them" not in caught.value.problem
    assert "let it read secrets.NAME" in caught.value.problem


def test_a_list_that_does_not_answer_is_unknown_in_health_and_no_obstacle_for_preflight(operator: Operator) -> None:
    repository(operator)
    operator.estate.server.plan.add(
        Fault("github", FaultKind.ANSWER, "GET", f"/repos/{REPOSITORY}/dependabot/secrets", 503, times=None)
    )

    found = asked("alpaca-paper", "other places", partial(other_places.demand_none, consumer()))
    state = alone(lambda: preflight("alpaca-paper", Reason.SCHEDULED))

    assert found.outcome is Outcome.UNKNOWN
    assert "nowhere" not in found.told
    assert state.is_completed()
    proofs = [one for row in operator.ledger.rows() for one in row.context.get("proofs", [])]
    assert any("whether the names exist elsewhere, too, is unknown: GitHub: list secrets" in one for one in proofs)
    assert not any("nowhere" in one for one in proofs)


def test_what_may_not_be_listed_is_no_nowhere(operator: Operator) -> None:
    repository(operator)
    token = operator.estate.github.add_token({"secrets": "write", "environments": "read", "actions": "read"})
    Github(url=operator.estate.url("github"), token=SecretStr(token)).save("rekey", overwrite=True)

    said = other_places.demand_none(consumer())

    assert said.startswith(f"{REPOSITORY} has secrets of these names nowhere that could be listed but where")
    refused = "the token is not allowed to do this"
    skipped = ("Dependabot", "Codespaces", "variables of the repository", "variables of the organisation")
    each = ", ".join(f"{one} ({refused})" for one in skipped)
    assert said.endswith(f"Not looked at: {each}, other repositories of {OWNER}.")


def test_an_environment_that_an_entry_names_is_not_told(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(operator)
    production(operator)
    named = f'repository = "{REPOSITORY}"\nenvironment = "production"'
    use_catalog(tmp_path, monkeypatch, (f'repository = "{REPOSITORY}"', named))

    said = other_places.told(consumer().model_copy(update={"environment": "production"}))

    assert said.startswith(f"{UNNAMED}the repository (")


@pytest.mark.usefixtures("operator")
def test_a_secret_that_github_created_where_one_was_to_be_replaced_is_told() -> None:
    record = Record()

    def given() -> None:
        handover = Handover(
            current_pair(shipped()), "r", "alpaca-paper", "paper", "Alpaca", datetime.now(UTC), fetch=""
        )
        consumer().give(handover, record)

    state = alone(given)

    assert state.is_completed()
    assert f"had no {PAPER[0]} and {PAPER[1]} before, so nobody read it there" in record.proofs[-1]
    alone(given)
    assert "both secrets sealed and updated" in record.proofs[-1]
