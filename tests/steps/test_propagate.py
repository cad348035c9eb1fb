"""Every consumer gets the pair; the failure of one stops no other, and a later start goes on with what is missing."""

from __future__ import annotations

from dataclasses import replace
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
from blocks.ledger.chain import GENESIS
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation
from deployments.rehearsal import proof
from deployments.sandbox.estate import APPS, CHANNEL, LIVE, PAPER, REPOSITORY, RUNTIMES, Estate
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.rotate.propagate import propagate, update_consumer
from tasks.run.current import current_pair
from tests.operator import Operator
from tests.steps.support import SHIPPED, Clicked, alone, held, stay_held, told, values_of

PROD, STAGING = APPS.values()


@pytest.fixture
def stored(operator: Operator, behind: Clicked) -> Clicked:
    """The vault has the new pair; no consumer has."""
    behind.store_by_hand(operator.estate)
    return behind


def with_knobs(estate: Estate, app: str, knobs: HerokuKnobs) -> SandboxApp:
    """Let the next release of this app go like that."""
    estate.heroku.apps[app].knobs = knobs
    return estate.heroku.apps[app]


def holders(estate: Estate, pair: Pair) -> set[str]:
    """Who has the pair: running apps, and GitHub."""
    found = {app for app in APPS.values() if values_of(pair).items() <= (estate.heroku.serving(app) or {}).items()}
    at_github = {name: estate.github.reveal(REPOSITORY, name) for name in PAPER}
    return found | ({"GitHub"} if at_github == values_of(pair) else set())


def everywhere(estate: Estate) -> tuple[Any, ...]:
    """What all consumers hold, and what was sent to anybody."""
    variables = {app: estate.heroku.variables(app) for app in RUNTIMES.values()}
    releases = {app: len(estate.heroku.apps[app].releases) for app in RUNTIMES.values()}
    return variables, releases, estate.github.names(REPOSITORY), list(estate.slack.messages), estate.vault_values()


def live_rotation(credential: Credential) -> Rotation:
    """A rotation of the live credential that is about to propagate."""
    return Rotation("r-live", credential, Reason.SCHEDULED, "no-run", "somebody", datetime.now(UTC))


def test_a_dyno_that_crashes_on_boot_is_told_and_stops_no_other_consumer(operator: Operator, stored: Clicked) -> None:
    estate = operator.estate
    with_knobs(estate, STAGING, HerokuKnobs(crash_on_boot=True))

    message = told(alone(lambda: propagate(stored.rotation, stored.accepted)))

    assert f"3 of 4 consumers have the new pair {stored.accepted}. Missing:\n1. heroku {STAGING}: " in message
    assert f"{STAGING}: a dyno of release v2 crashed while it started. Look at `heroku logs -a {STAGING}`, " in message
    assert "mend it with a new release, then go on here." in message
    assert message.endswith("The vault has the new pair, nothing is lost: correct that and go on here.")
    assert holders(estate, stored.new) == {PROD, "GitHub"}
    assert len(estate.slack.messages) == 1


def test_a_release_that_fails_is_told_with_the_command_that_shows_why(operator: Operator, stored: Clicked) -> None:
    """Its dynos keep the old pair, although the config vars show the new one."""
    with_knobs(operator.estate, PROD, HerokuKnobs(release_phase_fails=True))

    message = told(alone(lambda: propagate(stored.rotation, stored.accepted)))

    assert (
        f"{PROD}: release v2 failed, so its dynos run an older one, which is not proved to have the new pair."
        in message
    )
    assert f"Look at `heroku releases:output v2 -a {PROD}` and mend it. Then make a new release" in message
    assert "(`heroku releases:retry`, or a deploy) and go on here." in message
    assert operator.estate.heroku.variables(PROD)[PAPER[0]] == stored.new.key_id
    assert holders(operator.estate, stored.new) == {STAGING, "GitHub"}


@pytest.mark.usefixtures("_few_tries")
def test_a_release_that_does_not_come_to_an_end_is_told_with_its_state(
    operator: Operator, stored: Clicked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_RELEASE_TIMEOUT_S", "0.2")
    with_knobs(operator.estate, PROD, HerokuKnobs(release_phase_s=60))
    with_knobs(operator.estate, STAGING, HerokuKnobs(boot_delay_s=60))

    message = told(alone(lambda: propagate(stored.rotation, stored.accepted)))

    assert f"{PROD}: the new pair is set, and its release v2 is pending after 0 s" in message
    assert f"Look at `heroku releases:output v2 -a {PROD}`, and go on here when it has ended." in message
    assert f"{STAGING}: not every dyno runs release v2 after 0 s. Look at `heroku ps -a {STAGING}`." in message


def test_an_old_release_or_dyno_that_is_still_listed_is_not_taken_for_the_new_one(
    operator: Operator, stored: Clicked
) -> None:
    """Heroku's lists may be a moment behind, and a dyno takes its time: waiting ends with the proof, and not before."""
    app = with_knobs(
        operator.estate,
        PROD,
        HerokuKnobs(stale_release_s=0.3, release_phase_s=0.2, dyno_list_lag_s=0.6, boot_delay_s=0.5),
    )

    state = alone(lambda: propagate(stored.rotation, stored.accepted))

    assert state.is_completed(), state.message
    assert holders(operator.estate, stored.new) == {PROD, STAGING, "GitHub"}
    assert [dyno.release.version for dyno in app.dynos()] == [2]
    assert len(app.releases) == 2


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


def test_a_notice_of_an_earlier_rotation_does_not_stand_for_this_ones(operator: Operator, stored: Clicked) -> None:
    """Its pair was announced before it began: its own notice names another rotation and ledger head."""
    earlier = replace(stored.rotation, id="r-earlier")

    assert alone(lambda: propagate(earlier, stored.accepted)).is_completed()
    later = replace(stored.rotation, id="r-later", started_at=datetime.now(UTC))
    assert alone(lambda: propagate(later, stored.accepted)).is_completed()

    told_of = [one["metadata"]["event_payload"] for one in operator.estate.slack.messages]
    assert [(one["rotation_id"], one["fingerprint"]) for one in told_of] == [
        (rotation.id, stored.accepted) for rotation in (earlier, later)
    ]
    # Each with the ledger as it was then, so that rows that are cut off later are missed.
    rows = {"0": GENESIS, **{str(row.sequence): row.hash for row in operator.ledger.rows()}}
    assert [rows[one["ledger_row"]] for one in told_of] == [one["ledger_head"] for one in told_of]
    assert told_of[0]["ledger_row"] != told_of[1]["ledger_row"]


def test_without_the_right_to_read_slacks_history_a_notice_is_sent_all_the_same(
    operator: Operator, stored: Clicked
) -> None:
    operator.estate.slack.scopes -= {"im:history"}

    assert alone(lambda: propagate(stored.rotation, stored.accepted)).is_completed()

    assert len(operator.estate.slack.messages) == 1


def test_a_vault_that_holds_another_pair_by_now_is_given_to_no_consumer(operator: Operator, behind: Clicked) -> None:
    """Here it holds the old pair still."""
    message = told(alone(lambda: propagate(behind.rotation, behind.accepted)))

    assert f"The vault holds pair {behind.old.fingerprint} and not the validated {behind.accepted}." in message
    assert "Somebody wrote to the vault during the rotation." in message
    assert holders(operator.estate, behind.new) == set()
    assert operator.estate.slack.messages == []


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


def test_each_consumer_gets_the_pair_under_its_own_names(operator: Operator, stored: Clicked) -> None:
    consumers = tuple(
        one.model_copy(update={"names": {"key_id": f"OWN_{number}_ID", "secret": f"OWN_{number}_SECRET"}})
        for number, one in enumerate(stored.rotation.credential.consumers)
    )
    credential = stored.rotation.credential.model_copy(update={"consumers": consumers})
    estate, rotation = operator.estate, replace(stored.rotation, credential=credential)

    assert alone(lambda: propagate(rotation, stored.accepted)).is_completed()

    secret = stored.new.secret.get_secret_value()
    for number, app in enumerate(APPS.values()):
        variables = estate.heroku.variables(app)
        assert variables[f"OWN_{number}_ID"] == stored.new.key_id
        assert variables[f"OWN_{number}_SECRET"] == secret
    assert estate.github.names(REPOSITORY) == ["OWN_2_ID", "OWN_2_SECRET"]
    assert estate.github.reveal(REPOSITORY, "OWN_2_SECRET") == secret
    assert "`OWN_3_ID`, `OWN_3_SECRET`" in str(estate.slack.messages[0]["blocks"])


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
