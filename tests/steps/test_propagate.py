"""Every consumer gets the pair; the failure of one stops no other, and a later start goes on with what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.chain import GENESIS
from deployments.sandbox.estate import APPS, PAPER, REPOSITORY, Estate
from deployments.sandbox.heroku.releases import HerokuKnobs
from tasks.rotate.propagate import propagate
from tests.operator import Operator
from tests.steps.consumers import PROD, STAGING, with_knobs
from tests.steps.support import Clicked, alone, told, values_of


def holders(estate: Estate, pair: Pair) -> set[str]:
    """Who has the pair: running apps, and GitHub."""
    found = {app for app in APPS.values() if values_of(pair).items() <= (estate.heroku.serving(app) or {}).items()}
    at_github = {name: estate.github.reveal(REPOSITORY, name) for name in PAPER}
    return found | ({"GitHub"} if at_github == values_of(pair) else set())


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
