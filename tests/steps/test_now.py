"""The run's own page says at once what to do, whether trading stands, whether the old pair lives, and what is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.ledger import progress, trading
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action, Row
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_page
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch
from tasks.person import now, now_text
from tasks.person.now_text import Links, Moment
from tests.operator import Operator
from tests.steps.holding import RETRY, break_vault, mend_and
from tests.steps.live import live_rotation
from tests.steps.support import shipped
from tests.waiting import wait_until

LINKS = Links("https://prefect.example.com/v2/runs/flow-run/1", "https://dashboard.example.com")
AT = datetime.now(UTC)
BATCH = "/api/v3/secrets/batch/raw"
# Written by pause before anything is changed.
NOTE = {"step": "pause", "outcome": "noted", "engaged_before": {"brake": False}, "paused_at": AT.isoformat()}

PROVED = {"step": "pause", "outcome": "noted", "brakes_proved": True}
LOST = {**PROVED, "brakes_proved": False}
ENGAGED = {**NOTE, "engaged_before": {"brake": True}}
NOTHING_TO_PAUSE = {"step": "pause", "brakes_proved": False}
RESUMED = {"step": "resume", "outcome": "noted", "resumed_at": AT.isoformat()}


def state(person: Operator) -> dict[str, Any]:
    """The state of the run whose form is shown."""
    assert person.form is not None
    found: dict[str, Any] = person.api.get(f"/flow_runs/{person.form.run_id}").json()["state"]
    return found


def shows(person: Operator, *expected: str, credential: str = "alpaca-live") -> None:
    """Wait until the artifact says all of these; its first line is what to do."""

    def page() -> str:
        answer = person.api.get(f"/artifacts/now-{credential}/latest")
        return str(answer.json()["data"]) if answer.is_success else ""

    wait_until(lambda: all(one in page() for one in expected), description=f"the page says {expected}: {page()}")


class Counted(now.Page):
    """Counts what it tells Prefect."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def _say(self) -> None:
        self.told += 1

    def _write(self) -> None:
        self.told += 1


def test_what_follows_at_once_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step's message is two questions to Prefect, and a step may be over in no time."""
    monkeypatch.setattr(now, "PAUSE_S", 600.0)
    rotation, page = live_rotation(), Counted()
    page.begin()
    for step in Step:
        page.began(rotation, step)
        wait_until(lambda: not page._changed.is_set(), description="the page has seen it")
    page.end()

    # The first message and the first text, and the last text when it is over.
    assert page.told == 3


def test_the_page_and_the_state_say_what_to_do_at_each_form_and_that_nothing_is_left_to_do_at_the_end(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Steps of tests are quick: all that is said is seen here.
    monkeypatch.setattr(now, "PAUSE_S", 0.0)

    def ready(person: Operator) -> None:
        assert state(person)["message"].startswith("Waits for you to be ready: open the menu (three dots, upper right)")
        assert "Trading: not stopped by this rotation." in state(person)["message"]
        shows(person, "and answer its form: it waits for you to be ready.", "| Done | preflight |")
        person.be_ready()

    def enter(person: Operator) -> Any:
        assert "Waits for the new pair" in state(person)["message"]
        assert "Trading: stopped since " in state(person)["message"]
        assert "Last answer: test operator (you to be ready), " in state(person)["message"]
        shows(person, "it waits for the new pair.", "**stopped since ", "lives: Alpaca accepted it at ", "snapshot |")
        pair = person.regenerate_live()
        shows(person, "| Old pair | dead since ")
        person.estate.server.plan.add(Fault("infisical", FaultKind.RATE_LIMIT, "POST", BATCH, retry_after_s=1, times=1))
        return pair

    outcome = operator.rotate(ready, enter, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    first, second = outcome.descriptions
    assert "The form before this one was answered by" not in first
    assert "\nThe form before this one was answered by test operator (you to be ready), " in second
    _, found, address = outcome.message.partition(" Report: ")
    assert found
    assert "/v2/artifacts/artifact/" in address
    report = operator.api.get(f"/artifacts/{address.rpartition('/')[2]}").json()
    assert report["data"] == operator.report("alpaca-live")
    shows(
        operator,
        f"# Nothing to do: alpaca-live is rotated. Read [its report]({address}).",
        "| Trading | on again since ",
        "; it was stopped for ",
        "verify, retire, resume |",
    )
    # One artifact of that name for the run, and messages on the way.
    artifacts = operator.api.post(
        "/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [report["flow_run_id"]]}}}
    )
    assert sorted(one["key"] for one in artifacts.json()) == ["ledger-head", "now-alpaca-live", "rotation-alpaca-live"]
    states = operator.api.get("/flow_run_states/", params={"flow_run_id": report["flow_run_id"]}).json()
    messages = [one["message"] or "" for one in states if one["name"] == "Running"]
    assert any(one.startswith("preflight: rekey checks everything that can fail.") for one in messages)
    assert any(one.startswith("verify: rekey proves that") for one in messages)
    (patient,) = (one for one in messages if "waits until" in one)
    assert patient.startswith("validate: rekey waits until ")
    assert (
        " UTC, as a vendor asks, and goes on by itself then. Infisical: create secrets failed: rate limit reached"
        in patient
    )


def test_a_step_that_waits_as_long_as_a_vendor_asks_says_so() -> None:
    """Whoever looks then would think that nothing goes on."""
    rotation = live_rotation()
    moment = Moment(
        AT, step=Step.STORE, patience="waits until 12:00:00 UTC, as a vendor asks. <Infisical>: it is full."
    )

    told = now_text.message(rotation, History(), [], moment)
    page = now_text.page(rotation, History(), [], moment, LINKS)

    assert told.startswith(
        "store: rekey waits until 12:00:00 UTC, as a vendor asks. <Infisical>: it is full. Trading: "
    )
    assert page.startswith("# Nothing to do now: rekey waits until 12:00:00 UTC, as a vendor asks. ")
    assert "<Infisical>" not in page


@pytest.mark.long
@pytest.mark.usefixtures("_few_tries")
def test_a_held_rotation_says_so_and_that_trading_is_not_proved_to_stand(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake_switch, "HELD_PATIENCE_S", 2.0)

    def held_without_brakes(person: Operator) -> Any:
        person.estate.server.plan.add(Fault("raptor-prod", FaultKind.HTML, path="/health.*", status=200, times=None))
        return break_vault(person)

    def look(person: Operator) -> None:
        assert "Waits for a decision" in state(person)["message"]
        shows(person, "it waits for a decision.", "| Trading | **unknown** since ")
        mend_and(RETRY)(person)

    outcome = operator.rotate(Operator.be_ready, held_without_brakes, look, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message


@pytest.mark.long
def test_no_step_waits_until_prefect_has_taken_the_page(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect takes no change of the page before the rotation is completed: it is completed all the same."""
    change, completed_first = prefect_page.change, list[bool]()

    def late(*arguments: Any) -> None:
        wait_until(lambda: "secret.rotate.completed" in operator.actions(), description="it is completed")
        completed_first.append(True)
        change(*arguments)

    monkeypatch.setattr(prefect_page, "change", late)

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert completed_first
    shows(operator, "# Nothing to do: alpaca-paper is rotated.", credential="alpaca-paper")


def rows_of(*contexts: dict[str, Any]) -> list[Row]:
    """Rows of steps that were done, unless they say otherwise."""
    whole = [{"outcome": "done", **one} for one in contexts]
    return [Row(n, AT, "r-test", "alpaca-paper", Action.STEP, "rekey", one, "", "") for n, one in enumerate(whole)]


def paper(**changed: Any) -> Rotation:
    """A rotation of a credential without brakes."""
    return replace(live_rotation(), credential=shipped(), **changed)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([{"step": "preflight"}, {"step": "validate", "accepted": "ab"}], ["preflight", "validate"]),
        # What was refused is not done, and a pair that is entered anew begins at validate again.
        ([{"step": "preflight"}, {"step": "validate", "rejected": "ab"}], ["preflight"]),
        ([{"step": "validate", "accepted": "ab"}, {"step": "store"}, {"step": "await_human_input"}], []),
        ([{"step": "validate", "accepted": "ab"}, {"step": "hold", "another_pair": True}], []),
        ([{"step": "validate", "accepted": "ab"}, {"step": "hold", "another_pair": False}], ["validate"]),
        ([{"step": "store", "outcome": "failed"}], []),
        ([{"step": "propagate", "subject": "heroku a"}], ["propagate (heroku a)"]),
    ],
)
def test_done_is_what_was_done_with_the_accepted_pair(steps: list[dict[str, Any]], expected: list[str]) -> None:
    assert progress.done(History.fold(rows_of(*steps))) == expected


@pytest.mark.parametrize(
    ("rotation", "moment", "expected"),
    [
        ({}, {"old_pair": Answer.YES, "asked_at": AT}, "lives: Alpaca accepted it at "),
        ({}, {"old_pair": Answer.NO, "asked_at": AT}, "unknown: Alpaca refused it once at "),
        ({}, {"old_pair": Answer.UNKNOWN, "asked_at": AT}, "unknown: Alpaca gave no clear answer at "),
        ({}, {}, "lived when preflight asked, at "),
        ({"old_is_dead": True}, {}, "dead: Alpaca refused it when this run began"),
        ({"accepted_before": "ab"}, {}, "unknown: the new pair is accepted, and retire will prove"),
    ],
)
def test_of_the_old_pair_is_told_what_was_proved(
    rotation: dict[str, Any], moment: dict[str, Any], expected: str
) -> None:
    told = now_text.old_pair(paper(**rotation), History.fold(rows_of({"step": "preflight"})), [], Moment(AT, **moment))

    assert told.startswith(expected)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], "not stopped by this rotation"),
        ([NOTE], "**unknown**: rekey began to stop it at "),
        ([NOTE, PROVED], "**stopped since "),
        ([NOTE, {"step": "pause"}], "**stopped since "),
        ([NOTE, {"step": "pause"}, LOST], "**unknown** since "),
        ([NOTE, {"step": "pause"}, LOST, {"step": "store"}], "**unknown** since "),
        ([NOTE, {"step": "pause"}, LOST, PROVED], "**stopped since "),
        # They are somebody else's: that the variables are set is no proof that they stop trading.
        ([ENGAGED], "**unknown**: the brakes were engaged before this rotation"),
        ([ENGAGED, PROVED], "stopped by somebody else"),
        ([ENGAGED, PROVED, LOST], "**unknown** since "),
        # Heroku did not say whose they are, so none was engaged: nobody stopped trading.
        ([LOST], "**unknown** since "),
        ([NOTE, {"step": "pause"}, RESUMED], "on again since "),
        # Another pair is to come, and the brakes that were released are not proved to be on again.
        ([NOTE, {"step": "pause"}, RESUMED, {"step": "hold", "another_pair": True}], "**unknown** since "),
        # Pause had nothing to do while trading was on, and then the verified pair was disproved.
        (
            [NOTE, {"step": "pause"}, RESUMED, NOTHING_TO_PAUSE, {"step": "verify", "disproved": True}],
            "**unknown** since ",
        ),
    ],
)
def test_trading_stands_only_where_that_was_proved(ledger: Ledger, steps: list[dict[str, Any]], expected: str) -> None:
    rotation = live_rotation()
    for step in steps:
        context = {"outcome": "done", **step}
        ledger.append(Action.STEP, rotation=rotation.id, credential="alpaca-live", actor="rekey", context=context)

    told = trading.told(rotation.credential, History.fold(ledger.rows()), [])

    assert told.startswith(expected)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"brakes_proved": True}, "**stopped since "),
        ({"brakes_proved": False}, "**unknown** since "),
        ({}, "**unknown**: rekey began to stop it at "),
    ],
)
def test_what_was_proved_when_the_death_was_told_counts_until_pause_comes_to_it(
    ledger: Ledger, said: dict[str, Any], expected: str
) -> None:
    context = {"killed": "alpaca-live", "engaged_before": {"brake": False}, "paused_at": AT.isoformat(), **said}
    ledger.append(Action.DIED, rotation="", credential="alpaca-live", actor="rekey", context=context)

    told = trading.told(live_rotation().credential, History(), ledger.rows())

    assert told.startswith(expected)


def test_a_run_that_ends_before_its_rotation_says_what_to_do_next(ledger: Ledger) -> None:
    assert ledger.rows() == []

    told = now_text.page(paper(), History.fold(rows_of({"step": "preflight"})), [], Moment(AT, ended=True), LINKS)

    assert told.startswith("# Start the rotation of alpaca-paper again: this run ended, and it goes on where it stood.")
    assert "| Brakes | nothing to pause: it has none |" in told
    assert "| Form | in [the run]" in told


@pytest.mark.parametrize(
    ("helps", "expected"),
    [
        ("", "# Nothing to do: the rotation of alpaca-paper is over, and no key was replaced."),
        ("Start it anew.", r"# Start it anew. No key was replaced."),
    ],
)
def test_a_rotation_that_is_over_says_what_to_do_and_shows_no_form(ledger: Ledger, helps: str, expected: str) -> None:
    rotation = paper()
    context = {"reason": "...", "what_would_help": helps}
    ledger.append(Action.ABORTED, rotation=rotation.id, credential="alpaca-paper", actor="rekey", context=context)

    told = now_text.page(rotation, History.fold(ledger.rows()), [], Moment(AT), LINKS)

    assert told.startswith(f"{expected}\n")
    assert "Resume" not in told


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (59, "59 s"), (446, "7 min 26 s"), (7260, "2 h 1 min"), (-3, "0 s")]
)
def test_a_time_is_told_as_people_say_it(seconds: float, expected: str) -> None:
    assert trading.lasted(seconds) == expected


def test_another_day_is_named() -> None:
    # Not AT: the tests may have begun yesterday.
    assert trading.clock(datetime.now(UTC)).count("-") == 0
    assert trading.clock(AT - timedelta(days=2)).count("-") == 2
