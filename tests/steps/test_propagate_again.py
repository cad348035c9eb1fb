"""A later start, and a live pair: each consumer gets what it lacks, and no place outside containment anything."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.consumers.interface import Consumer
from blocks.consumers.person.block import Slack
from blocks.consumers.person.notice import SlackConsumer
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from deployments.rehearsal import proof
from deployments.sandbox.estate import APPS, CHANNEL, LIVE, REPOSITORY, RUNTIMES, Estate
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.rotate.propagate import propagate, update_consumer
from tasks.run.current import current_pair
from tests.operator import Operator
from tests.steps.consumers import PROD, STAGING, with_knobs
from tests.steps.support import SHIPPED, Clicked, alone, held, stay_held, told


def everywhere(estate: Estate) -> tuple[Any, ...]:
    """What all consumers hold, and what was sent to anybody."""
    variables = {app: estate.heroku.variables(app) for app in RUNTIMES.values()}
    releases = {app: len(estate.heroku.apps[app].releases) for app in RUNTIMES.values()}
    return variables, releases, estate.github.names(REPOSITORY), list(estate.slack.messages), estate.vault_values()


def live_rotation(credential: Credential) -> Rotation:
    """A rotation of the live credential that is about to propagate."""
    return Rotation("r-live", credential, Reason.SCHEDULED, "no-run", "somebody", datetime.now(UTC))


def test_a_second_time_every_consumer_is_only_proved(operator: Operator, stored: Clicked) -> None:
    """But GitHub, which never shows a value: it is written again, which harms nobody."""

    def twice() -> None:
        propagate(stored.rotation, stored.accepted)
        propagate(stored.rotation, stored.accepted)

    assert alone(twice).is_completed()
    assert [len(operator.estate.heroku.apps[app].releases) for app in APPS.values()] == [2, 2]
    assert len(operator.estate.slack.messages) == 1
    again = {row.context["subject"]: row.context["proofs"] for row in operator.steps("propagate")[4:]}
    assert again[f"heroku {PROD}"][0] == f"{PROD}: both variables hold {stored.accepted} already."
    assert again["slack D0AJ7K184TV"] == ["slack D0AJ7K184TV: the notice of this pair arrived before."]


def test_a_live_pair_is_written_to_no_consumer_outside_containment_whatever_the_rotation_says(
    operator: Operator,
) -> None:
    """The rotation here came past the catalog's own check. Asked of each consumer alone, then of the whole step."""
    estate, names = operator.estate, {"key_id": LIVE[0], "secret": LIVE[1]}
    credential = load_catalog(SHIPPED).get("alpaca-live")
    outside: tuple[Consumer, ...] = (
        GithubConsumer(kind="github", repository=REPOSITORY, names=names),
        HerokuConsumer(kind="heroku", app=STAGING, runtime="raptor-staging", names=names),
        SlackConsumer(kind="slack", channel=CHANNEL, names=names),
    )
    unchecked = credential.model_copy(update={"consumers": outside})
    # Also when nothing stops its trading any more.
    brakeless = credential.model_copy(update={"brakes": ()})
    pair = current_pair(credential)
    before = everywhere(estate)

    for one in (*((unchecked, consumer) for consumer in outside), (brakeless, credential.consumers[0])):
        message = told(alone(partial(update_consumer, live_rotation(one[0]), one[1], pair)))
        assert f"{one[1].label} must not get a live pair (containment: " in message
        assert message.endswith("Nothing was written to it. Correct the catalog.")
    message = told(alone(lambda: propagate(live_rotation(unchecked), pair.fingerprint)))

    assert f"0 of 3 consumers have the new pair {pair.fingerprint}. Missing:\n1. github {REPOSITORY}: " in message
    assert f"2. heroku {STAGING}: heroku {STAGING} must not get a live pair (containment: " in message
    assert f"the app {STAGING} matches the denied '*staging*'" in message
    assert everywhere(estate) == before
    assert [row.context["outcome"] for row in operator.steps("propagate")] == ["failed"] * 7


@pytest.mark.long
def test_a_later_start_goes_on_with_what_is_missing_and_asks_for_no_pair_again(operator: Operator) -> None:
    """First a crash and a revoked token, then the token alone; preflight does not stand in the way of the repair."""
    estate, before = operator.estate, proof.observe(operator.estate)

    def while_two_consumers_break(person: Operator) -> Pair:
        with_knobs(estate, STAGING, HerokuKnobs(crash_on_boot=True))
        estate.slack.replace_token()
        return person.regenerate()

    first = operator.rotate(while_two_consumers_break, stay_held)

    held(
        operator,
        first,
        "2 of 4 consumers have the new pair",
        f"1. heroku {STAGING}: ",
        "2. slack D0AJ7K184TV: Slack: ",
    )

    with_knobs(estate, STAGING, HerokuKnobs()).change({"MENDED": "yes"}, "somebody")
    second = operator.rotate(stay_held)

    held(operator, second, "3 of 4 consumers have the new pair", "1. slack D0AJ7K184TV: Slack: ")
    assert len(second.descriptions) == 1

    operator.change_block(Slack, token=SecretStr(estate.slack.token))
    third = operator.rotate()

    assert third.state.is_completed(), third.message
    assert third.descriptions == []
    assert proof.prove_rotated(before, proof.observe(estate), operator.ledger)
    assert operator.actions() == [Action.STARTED, Action.HELD] * 2 + [Action.STARTED, Action.COMPLETED]
    assert len({row.rotation for row in operator.ledger.rows() if row.rotation}) == 1
    # One release carries the pair in each app; staging has the one that mended it, too.
    assert [len(estate.heroku.apps[app].releases) for app in APPS.values()] == [2, 3]
