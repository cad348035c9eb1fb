"""``rekey incident``: what is listed and in which order, how far it is, and what is started next."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from blocks.ledger.incidents import BEGINS_WITHIN, State
from blocks.ledger.row import Action
from deployments.cli.main import main
from deployments.sandbox import made_up
from tasks.watch.incident import MOST_STARTS, next_of
from tests.incidents.conftest import LIVE, PAPER, Record

BOTH = {LIVE, PAPER}


def opened(*arguments: str) -> int:
    """What the command says."""
    return main(["incident", "open", "--by", "Robin", "--reason", "a laptop was stolen", *arguments])


def next_names(record: Record, enabled: set[str] = BOTH) -> list[str]:
    """What watch would start now."""
    return [one.suspect.credential for one in next_of(record.progress(), record.incident, enabled)]


def test_what_reaches_further_comes_first_and_each_says_why(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    assert opened(PAPER, LIVE, "--consumer", "heroku:raxx-api-prod") == 0

    told = capsys.readouterr().out
    assert "To be rotated: 2, of which 2 need a person, one after another." in told
    assert f"1. {LIVE}: it is named; heroku raxx-api-prod has a copy; a person is needed" in told
    assert [one.credential for one in record.incident.suspects] == [LIVE, PAPER]
    assert record.incident.opened.actor == "claimed by Robin"
    assert record.incident.reason == "a laptop was stolen"


def test_a_dry_run_shows_it_and_writes_nothing(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    assert opened(PAPER, "--dry-run") == 0
    assert f"1. {PAPER}" in capsys.readouterr().out
    assert record.ledger.newest(actions=(Action.INCIDENT_OPENED,)) is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "nope"),
        (["--consumer", "heroku:nope"], "heroku:raxx-api-prod"),
        (["--operator", "Nobody"], "The ledger knows no operator Nobody"),
        ([], "Name a credential, a place or an operator."),
    ],
)
def test_what_names_nothing_is_refused_and_says_what_there_is(
    record: Record, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert opened(*arguments) == 1
    assert told in capsys.readouterr().err
    assert record.ledger.newest(actions=(Action.INCIDENT_OPENED,)) is None


def test_an_operator_names_what_their_role_answers_and_what_they_answered(
    record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one who was removed: that is when it is asked."""
    invited = {"who": "Sam", "role": "ops", "link": "a" * 64, "until": datetime.now(UTC).isoformat()}
    record.write(Action.OPERATOR_INVITED, "all credentials", **invited)
    record.write(Action.OPERATOR_REMOVED, "all credentials", who="Sam")
    record.write(Action.STEP, LIVE, "r-old", step="await_human_input", outcome="done", operator="Sam")

    assert opened("--operator", "Sam") == 0

    told = capsys.readouterr().out
    assert f"{LIVE}: Sam answered its forms" in told
    assert f"{PAPER}: Sam may answer its forms" in told


def test_only_a_pair_that_was_accepted_after_the_opening_counts(record: Record) -> None:
    record.rotate(PAPER)
    before = record.begin(LIVE)
    record.accept(LIVE, before)
    opened(PAPER, LIVE)
    assert record.states == {LIVE: State.OPEN, PAPER: State.TO_COME}

    record.write(Action.COMPLETED, LIVE, before)
    record.rotate(PAPER)

    assert record.states == {LIVE: State.TO_COME, PAPER: State.ROTATED}
    record.rotate(LIVE)
    assert record.states[LIVE] is State.ROTATED


def test_what_needs_a_person_comes_one_after_another(record: Record) -> None:
    opened(PAPER, LIVE)
    assert next_names(record) == [LIVE]
    record.started(LIVE)
    assert record.states[LIVE] is State.STARTED
    assert next_names(record) == []
    record.rotate(LIVE)
    assert next_names(record) == [PAPER]
    assert next_names(record, enabled={LIVE}) == [], "what was disabled since then is left to people"


def test_one_that_a_person_began_comes_before_the_next(record: Record) -> None:
    opened(PAPER, LIVE)
    record.begin(PAPER)
    assert next_names(record) == []


def test_what_ended_by_a_persons_word_is_not_started_again_and_the_next_one_is(record: Record) -> None:
    opened(PAPER, LIVE)
    record.started(LIVE)
    rotation = record.begin(LIVE)
    record.write(Action.ABORTED, LIVE, rotation, reason="Sam does not do this now.", operator="Sam")

    assert record.states[LIVE] is State.LEFT
    assert next_names(record) == [PAPER]


def test_what_somebody_began_and_ended_is_not_begun_anew_by_rekey(record: Record) -> None:
    """Also when the row that says that rekey started it was never written, or came after the run's own."""
    opened(LIVE)
    rotation = record.begin(LIVE, flow_run_id="run-1")
    record.write(Action.ABORTED, LIVE, rotation, reason="Sam does not do this now.", operator="Sam")
    assert (record.states[LIVE], next_names(record)) == (State.LEFT, [])

    record.started(LIVE, run="run-1")
    assert (record.states[LIVE], next_names(record)) == (State.LEFT, []), "it is of the very run that ended"
    record.started(LIVE, run="run-2")
    assert record.states[LIVE] is State.STARTED


def test_what_died_before_anything_was_changed_is_started_again_a_few_times(record: Record) -> None:
    opened(LIVE)
    for _ in range(MOST_STARTS):
        assert next_names(record) == [LIVE]
        record.started(LIVE)
        rotation = record.begin(LIVE)
        record.write(Action.ABORTED, LIVE, rotation, reason="Its run ended.", what_would_help="Start it anew.")
    assert record.states[LIVE] is State.LEFT
    assert next_names(record) == []


def test_a_run_that_begins_no_rotation_in_time_is_left_to_people(record: Record) -> None:
    opened(LIVE)
    record.started(LIVE)
    (late,) = record.progress(datetime.now(UTC) + BEGINS_WITHIN + timedelta(seconds=1))
    assert late.state is State.LEFT
    assert next_of([late], record.incident, BOTH) == []


def test_a_key_comes_before_what_it_opens_and_that_waits_for_it(
    record: Record, capsys: pytest.CaptureFixture[str], with_issuers: set[str]
) -> None:
    """Whoever has the key reads whatever is put where it opens. Machines' rotations wait for that alone."""
    opened(PAPER, "postmark-server", "heroku-rekey", "infisical-rekey", "oanda-practice")

    told = " ".join(capsys.readouterr().out.split())
    assert "after infisical-rekey and heroku-rekey, with whose key rekey rotates it" in told
    order = [one.credential for one in record.incident.suspects]
    assert order == ["infisical-rekey", "heroku-rekey", PAPER, "oanda-practice", "postmark-server"]
    assert next_names(record, with_issuers) == ["infisical-rekey"]
    record.started("infisical-rekey")
    assert next_names(record, with_issuers) == []
    record.rotate("infisical-rekey")
    assert next_names(record, with_issuers) == ["heroku-rekey"]
    record.started("heroku-rekey")
    rotation = record.begin("heroku-rekey")
    assert next_names(record, with_issuers) == []
    record.write(Action.ABORTED, "heroku-rekey", rotation, reason="It ended.", what_would_help="Start it anew.")
    assert next_names(record, with_issuers) == ["heroku-rekey"], "it is begun once more before anything that it opens"
    record.started("heroku-rekey")
    record.rotate("heroku-rekey")
    assert next_names(record, with_issuers) == [PAPER]


def test_what_machines_replace_alone_is_started_all_at_once(record: Record) -> None:
    """Beside one that needs a person, and but for what waits for its key."""
    names = {LIVE: [], "one": [], "other": [], "third": ["one"]}
    suspects = [
        {"credential": name, "why": ["it is named"], "by_person": name == LIVE, "after": after}
        for name, after in names.items()
    ]
    record.write(Action.INCIDENT_OPENED, "all credentials", incident="i-1", reason="a laptop", suspects=suspects)

    assert next_names(record, set(names)) == ["one", "other", LIVE]
    record.started("one")
    record.rotate("one")
    record.started("other")
    assert next_names(record, set(names)) == ["third", LIVE]


def test_how_far_it_is_is_shown_with_the_evidence(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    opened(PAPER, LIVE)
    record.rotate(LIVE)
    row = record.ledger.head().sequence
    capsys.readouterr()

    assert main(["incident", "show"]) == 0
    told = capsys.readouterr().out
    assert "1 of 2 have to be rotated" in told
    assert f"row {row} of the ledger" in told
    assert f"2. {PAPER}: to come (a person is needed)" in told

    assert main(["status"]) == 0
    assert (
        f"Incident {record.incident.id}: 1 of 2 have to be rotated: `rekey incident show`." in capsys.readouterr().out
    )

    assert main(["incident", "show", record.incident.id, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["incidents"]
    assert [one["state"] for one in found["credentials"]] == ["rotated", "to come"]
    assert found["credentials"][0]["row"] == row


def test_closing_by_hand_says_what_is_left(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    opened(PAPER, LIVE)
    name = record.incident.id
    close = ["incident", "close", name, "--by", "Robin", "--reason", "the laptop was found"]
    assert main([*close[:-1], made_up.key("HRKU-{base62:40}")]) == 1
    assert main(["incident", "open", PAPER, "--by", made_up.key("HRKU-{base62:40}"), "--reason", "found"]) == 1
    assert capsys.readouterr().err.count("looks like a secret") == 2

    assert main(close) == 0
    assert f"Not rotated since it was opened: {LIVE}, {PAPER}." in " ".join(capsys.readouterr().out.split())
    assert record.incident.is_end_untold
    record.write(Action.INCIDENT_TOLD, "all credentials", incident=name)
    assert record.incident.closed is not None
    assert not record.incident.is_end_untold
    assert main(close) == 1
    assert f"No incident {name} is open." in capsys.readouterr().err
    assert main(["incident", "show", "i-none"]) == 1
