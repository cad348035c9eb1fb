"""The history of a rotation says what its rows say, whoever wrote them and however few of them are new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.ledger import history
from blocks.ledger.facts import facts_of
from blocks.ledger.history import History
from blocks.ledger.row import ENDINGS, Action, Row
from blocks.ledger.trading import resumed_at
from blocks.model.step import Step
from tests.bench import filled

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)

MARKS = ("a" * 12, "b" * 12, "c" * 12)

# A busy machine is no reason to fail.
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Written = tuple[Action, dict[str, Any]]


def row(sequence: int, action: Action, context: Mapping[str, Any]) -> Row:
    """One of a rotation's rows; nothing here looks at its hash."""
    at = BEGAN + timedelta(minutes=sequence)
    return Row(sequence, at, "r-1", "alpaca-live", action, "rekey", context, "", str(sequence))


def rows_of(written: Sequence[Written]) -> list[Row]:
    """In order, with the even numbers: rows of other rotations lie between."""
    return [row(2 * number, *one) for number, one in enumerate(written, start=1)]


def _facts() -> st.SearchStrategy[dict[str, Any]]:
    """Facts as a step has them, any of them absent, as in rows of an older rekey."""
    mark, moment = st.sampled_from(MARKS), st.sampled_from(["2026-11-01T10:00:00+00:00", "2026-11-01T11:00:00+00:00"])
    return st.fixed_dictionaries(
        {},
        optional={
            "subject": st.sampled_from(["github:raxx/desk", MARKS[0]]),
            "problem": st.sampled_from(["", "It is not well."]),
            "operator": st.sampled_from(["Robin", "Sam"]),
            "hosts": st.lists(st.sampled_from(["one.example", "two.example"]), max_size=2),
            "form": st.sampled_from(["form-1", "form-2"]),
            "run": st.sampled_from(["run-1", "run-2"]),
            "told": st.booleans(),
            "form_told": st.sampled_from(["form-1", "form-2"]),
            "end_told": st.sampled_from(["It was rotated"]),
            "fingerprint": mark,
            "accepted": st.none() | mark,
            "rejected": mark,
            "old": mark,
            "another_pair": st.booleans(),
            "disproved": st.booleans(),
            "old_pair": st.just("dead"),
            "old_died_at": st.none() | moment,
            "engaged_before": st.dictionaries(st.sampled_from(["one", "two"]), st.none() | st.booleans()),
            "paused_at": moment,
            "resumed_at": moment,
            "brakes_proved": st.booleans(),
            "killed": st.just("alpaca-paper"),
            "left": st.sampled_from(["run-1"]) | st.lists(mark),
            "syncs": st.just("A sync."),
            "started": st.just("a run"),
            "reminded": st.just(True),  # noqa: FBT003  # the fact itself
            "check_order_told": st.just("an order"),
        },
    )


def _written() -> st.SearchStrategy[Written]:
    """Any row that a rotation may have."""
    outcome = st.fixed_dictionaries({"outcome": st.sampled_from(["done", "failed", "waiting", "noted"])})
    steps = st.tuples(st.sampled_from(Step), outcome, _facts())
    a_step = steps.map(lambda one: (Action.STEP, {"step": one[0].value, **one[1], **one[2]}))
    others = (Action.STARTED, Action.HELD, Action.MISROTATION, Action.WITHDRAWN, *ENDINGS)
    return a_step | st.tuples(st.sampled_from(sorted(others)), _facts())


@few
@given(st.lists(_written(), max_size=8))
def test_one_row_more_is_as_good_as_all_of_them_anew(written: list[Written]) -> None:
    rows = rows_of(written)

    for count in range(len(rows)):
        assert History.fold(rows[:count]).add(rows[count]) == History.fold(rows[: count + 1])


@few
@given(st.lists(_written(), max_size=8))
def test_what_is_read_by_name_is_what_the_rows_say(written: list[Written]) -> None:
    """Each fact as it is looked for in the rows themselves, one by one."""
    rows = rows_of(written)
    known, contexts = History.fold(rows), [one.context for one in rows]
    done = [one for one in contexts if one.get("outcome") == "done"]

    assert known.rows == tuple(rows)
    for step in Step:
        assert [one.as_written for one in known.of(step)] == [one for one in done if one["step"] == step]
    assert known.operators == tuple(dict.fromkeys(one["operator"] for one in contexts if one.get("operator")))
    assert known.hosts == {host for one in contexts for host in one.get("hosts", ())}
    assert known.ended == next((one for one in reversed(rows) if one.action in ENDINGS), None)
    assert known.held == next((one for one in reversed(rows) if one.action is Action.HELD), None)
    assert known.died_at == died_at(contexts)
    newest = {one["step"]: one for one in done}
    old = newest.get("preflight", {}).get("old") or newest.get("await_human_input", {}).get("old", "")
    assert (known.old, known.accepted) == (old, newest.get("validate", {}).get("accepted"))
    assert known.pairs.accepted == {one["accepted"] for one in contexts if one.get("accepted")}
    assert known.pairs.rejected == {one["rejected"] for one in contexts if one.get("rejected")}
    assert known.forms.told == {one["form_told"] for one in contexts if one.get("form_told")}
    assert [(one.step, one.run, one.form) for one in known.forms.shown] == [
        (one["step"], one.get("run", ""), one.get("form", "")) for one in contexts if one.get("outcome") == "waiting"
    ]
    assert known.notices.left_runs == {one["left"] for one in contexts if isinstance(one.get("left"), str)}
    assert known.notices.ends == {one["end_told"] for one in contexts if one.get("end_told")}


@few
@given(st.lists(_written(), max_size=8), st.sets(st.integers(1, 9), max_size=2))
def test_what_stops_trading_is_what_the_rows_say(written: list[Written], deaths: set[int]) -> None:
    """Also when the pair died meanwhile, which stands in rows of other rotations."""
    rows = rows_of(written)
    killed = [row(2 * number - 1, Action.MISROTATION, {"killed": "alpaca-live"}) for number in sorted(deaths)]
    known = History.fold(rows).brakes
    note = next((c for c in (one.context for one in rows) if c.get("step") == "pause" and "engaged_before" in c), {})
    before = note.get("engaged_before")

    assert known.began == any(one.context.get("step") == "pause" for one in rows)
    assert known.engaged_before == before
    assert known.paused_at == (note.get("paused_at", "") if before and not all(before.values()) else None)
    says = [one for one in rows if says_whether_they_are_on(one.context)]
    assert known.proved_by == (says[-1] if says else None)
    if says:
        assert known.proved == says[-1].context.get("brakes_proved", "resumed_at" not in says[-1].context)
    assert resumed_at(History.fold(rows), killed) == resumed(rows, {one.sequence for one in killed})


def died_at(contexts: Sequence[Mapping[str, Any]]) -> str | None:
    """The first refusal since the newest row that takes one back."""
    said = [one["old_died_at"] for one in contexts if "old_died_at" in one]
    since = said[max((number for number, at in enumerate(said, start=1) if at is None), default=0) :]
    return since[0] if since else None


def says_whether_they_are_on(context: Mapping[str, Any]) -> bool:
    """Whether a row says of the brakes that they are proved to be on, or are not."""
    paused = context.get("step") == "pause" and context.get("outcome") == "done"
    return "brakes_proved" in context or "resumed_at" in context or paused


def resumed(rows: Sequence[Row], killed: set[int]) -> str | None:
    """When trading was let go on last, unless another pair may come, or the pair died, since."""
    contexts = {one.sequence: one.context for one in rows}
    moment = None
    for sequence in sorted({*killed, *contexts}):
        context = contexts.get(sequence, {})
        entered = context.get("step") == "await_human_input" and context.get("outcome") == "done"
        moment = None if context.get("another_pair") or context.get("disproved") or entered else moment
        moment = context.get("resumed_at", moment)
        moment = None if sequence in killed else moment
    return moment


# Rows as the first rekeys wrote them: no run beside the form, no word on whether people were told, a copied account.
FIRST: list[Written] = [
    (Action.STARTED, {"flow_run_id": "run-1", "reason": "scheduled"}),
    (Action.STEP, {"step": "preflight", "outcome": "done", "seconds": 1, "old": MARKS[0], "forced": False}),
    (
        Action.STEP,
        {"step": "pause", "outcome": "noted", "engaged_before": {"one": True, "two": False}, "paused_at": "t"},
    ),
    (
        Action.STEP,
        {"step": "await_human_input", "outcome": "waiting", "seconds": 0, "form": "paused-1", "where": "..."},
    ),
    (Action.STEP, {"step": "await_human_input", "outcome": "noted", "old_died_at": "2026-11-01T10:00:00+00:00"}),
    (
        Action.STEP,
        {"step": "await_human_input", "outcome": "done", "form": "1", "fingerprint": MARKS[1], "operator": "R"},
    ),
    (Action.HELD, {"reason": "It is held.", "brakes": "on", "what_would_help": "a choice in the run's form"}),
    (Action.STEP, {"step": "hold", "outcome": "done", "choice": "retry this step", "another_pair": False}),
    (Action.STEP, {"step": "validate", "outcome": "done", "accepted": MARKS[1], "key_id_ends": "ABCD"}),
    (Action.STEP, {"step": "guard", "outcome": "done", "seconds": 1}),
    (Action.STEP, {"step": "verify", "outcome": "done", "old_pair": "dead", "account_number": "123"}),
    (Action.COMPLETED, {"old": MARKS[0], "new": MARKS[1], "method": "operator-assisted-dashboard"}),
]


def test_rows_of_the_first_rekeys_are_read() -> None:
    """Also one of a step that is none any more, and one without what later rows say."""
    known = History.fold(rows_of(FIRST))

    assert (known.old, known.accepted, known.operators) == (MARKS[0], MARKS[1], ("R",))
    assert known.died_at == "2026-11-01T10:00:00+00:00"
    assert known.forms.newest is not None
    assert (known.forms.newest.run, known.forms.is_told(known.forms.newest)) == ("", False)
    assert known.forms.of_pairs == (), "nobody knows in which run"
    assert known.proof_of_death is not None
    assert known.completed is not None
    assert (known.completed.brakes_left_engaged, known.completed.brakes_unknown_before) == (None, ())
    assert known.brakes.paused_at == "t"
    assert not known.brakes.meant_to_be_on


@pytest.mark.parametrize("missing", ["step", "outcome", "seconds", "proofs", "operator", "another_pair", "reason"])
def test_a_fact_that_is_null_or_absent_is_the_same(missing: str) -> None:
    absent, null = facts_of({}), facts_of({missing: None})

    assert getattr(absent, missing) == getattr(null, missing)


def test_a_rotation_that_make_bench_writes_reads_as_one(tmp_path: Path) -> None:
    """Else it would measure how quickly nothing is found."""
    ledger = filled.ledger_of(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}"), 60)

    known = history.of(ledger, filled.ROTATION)

    assert ledger.verify() is None
    assert (known.old, known.accepted) == (filled.OLD, filled.NEW)
    assert known.brakes.paused_at
    assert len(list(islice(ledger.backwards(), 60))) == 60
