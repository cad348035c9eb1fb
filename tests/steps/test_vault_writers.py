"""A writer that nobody knows of: the vault itself syncs the folder to an app, and deletes the brake there."""

from __future__ import annotations

import pytest

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.prefect_api import estate as blocks
from deployments.sandbox.estate import LIVE as LIVE_NAMES
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.estate import REPOSITORY, VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.infisical.state import SYNC_USER
from tasks.rotate.tell_syncs import STEP, tell_syncs
from tasks.vault.writers import of_the_vault
from tests.operator import Operator
from tests.steps.live import KILL_SWITCH, LIVE, MQ_A, PROD
from tests.steps.support import PENDING, SHIPPED, Clicked, alone, seen, shipped


def sync(operator: Operator, where: str, *, native: bool = True, path: str = VAULT_PATH) -> None:
    """Let the vault give the folder to this app or repository."""
    estate = operator.estate
    app = estate.github.repository(where) if "/" in where else estate.heroku.apps[where]
    estate.infisical.add_sync(estate.project_id, VAULT_ENVIRONMENT, path, app, native=native)


def refused(name: str) -> str:
    """What preflight says of the syncs of that credential's folder, which stop it."""
    credential = load_catalog(SHIPPED).get(name)
    with blocks.vault(credential.vault).get_client() as client, pytest.raises(StepError) as refusal:
        of_the_vault(client, credential)
    return str(refusal.value)


@pytest.mark.parametrize("credential", [LIVE, "alpaca-paper"])
def test_a_sync_that_the_vault_tells_of_stops_preflight_before_anything_is_written(
    operator: Operator, credential: str
) -> None:
    """Also that of another credential's app: one folder holds both pairs, and any change of it runs the sync."""
    estate, before = operator.estate, seen(operator.estate)
    sync(operator, MQ_A)

    message = operator.rotate(credential=credential).message

    assert f"Somebody else writes there: the vault syncs the folder {VAULT_PATH} ({VAULT_ENVIRONMENT}) to heroku" in (
        message
    )
    assert f"{MQ_A} and deletes there what the folder does not hold, the brakes too. Switch that sync off" in message
    assert seen(estate) == before
    assert estate.heroku.variables(MQ_A)[KILL_SWITCH] == "0"


def test_a_sync_that_nobody_tells_of_shows_by_its_release(operator: Operator) -> None:
    """This server does not tell its secret syncs. Preflight's own write makes it run, and it takes the brake away."""
    sync(operator, PROD, native=False)

    message = operator.rotate(credential=LIVE).message

    assert f"{PROD} got release v2 'Set {', '.join((*PAPER_NAMES, *LIVE_NAMES))} config vars' by {SYNC_USER}" in message
    assert "somebody else writes there. Look whether the vault syncs the folder to this app (Infisical" in message
    assert KILL_SWITCH not in operator.estate.heroku.variables(PROD)


@pytest.mark.parametrize("where", ["raxx-reports", "raxx-api-staging", REPOSITORY, "raxx/elsewhere"])
def test_a_live_pair_is_not_given_away_by_the_vault(operator: Operator, where: str) -> None:
    """GitHub, staging and whatever the catalog does not name must not hold it, whoever writes there."""
    estate = operator.estate
    if where == "raxx-reports":
        estate.heroku.add_app(where, {})
    if where == "raxx/elsewhere":
        estate.github.add_repository(where)
    called = f"github {where}" if "/" in where else f"heroku {where}"
    sync(operator, where)

    assert (
        f"The vault would give the live pair away: it syncs the folder {VAULT_PATH} ({VAULT_ENVIRONMENT}) to {called}, "
        f"which is no consumer of {LIVE}. Switch that sync off"
    ) in refused(LIVE)


def test_a_sync_to_the_repository_of_a_paper_consumer_stops_preflight(operator: Operator) -> None:
    sync(operator, REPOSITORY)

    message = refused("alpaca-paper")

    assert (
        f"syncs the folder {VAULT_PATH} ({VAULT_ENVIRONMENT}) to github {REPOSITORY} and deletes there what" in message
    )
    assert "the folder does not hold. Switch that sync off" in message


def test_a_sync_to_what_no_entry_names_is_told_and_what_was_not_looked_at_too(operator: Operator) -> None:
    estate = operator.estate
    estate.heroku.add_app("raxx-reports", {})
    sync(operator, "raxx-reports")

    with blocks.vault(shipped().vault).get_client() as client:
        told = of_the_vault(client, shipped())

    assert told == (
        f"The vault also syncs {VAULT_PATH} to heroku raxx-reports, which no entry of the catalog names. "
        "Not looked at: secret syncs (this server has no such route) of the vault."
    )


@pytest.mark.parametrize("credential", [LIVE, "alpaca-paper"])
def test_a_sync_of_the_pairs_in_flight_stops_preflight_wherever_it_goes(operator: Operator, credential: str) -> None:
    """A new pair lies there before anything of it is verified. Told together with what is wrong with the other sync."""
    estate = operator.estate
    estate.heroku.add_app("raxx-reports", {"THEIRS": "1"})
    sync(operator, "raxx-reports", path=PENDING)
    sync(operator, MQ_A)
    before = seen(estate)

    # The question is the same for both; of one of them it is preflight that asks.
    message = operator.rotate(credential=LIVE).message if credential == LIVE else refused(credential)

    assert (
        f"The vault would give pairs in flight away: it syncs {PENDING} ({VAULT_ENVIRONMENT}) to heroku raxx-reports "
        "and deletes there what the folder does not hold, the brakes too. Switch that sync off"
    ) in message
    assert f"the vault syncs the folder {VAULT_PATH} ({VAULT_ENVIRONMENT}) to heroku {MQ_A} and deletes" in message
    assert seen(estate) == before
    assert estate.heroku.variables("raxx-reports") == {"THEIRS": "1"}


def test_a_sync_is_told_once_while_a_rotation_goes_on_that_nothing_may_stop(
    operator: Operator, behind: Clicked
) -> None:
    estate = operator.estate
    sync(operator, "raxx-api-staging", path=PENDING)
    said: list[str] = []

    state = alone(lambda: said.extend(tell_syncs(behind.rotation) for _ in range(2)))

    assert state.is_completed(), state.message
    assert said[0] == said[1]
    assert said[0].endswith("The rotation goes on all the same, because the old pair is dead.")
    (row,) = operator.steps(STEP)
    assert row.context["proofs"] == [said[0]]
    assert [one["text"].split(": ")[:2] for one in estate.slack.messages] == [
        ["alpaca-paper", "the vault itself gives pairs away"]
    ]
    assert f"it syncs {PENDING} ({VAULT_ENVIRONMENT}) to heroku raxx-api-staging" in str(estate.slack.messages)
