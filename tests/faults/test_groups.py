"""Cells share a rotation only where that can neither hide a broken promise nor invent one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faults.calls import STEPS, call
from tests.faults.cell import HELD, REFUSED, WENT_ON, Cell, Result
from tests.faults.faults import FAULTS, LAST, LASTING, LENGTHS, ONCE
from tests.faults.groups import SLOW, grouped
from tests.faults.play import each_settled

CALLS = [call(step, "heroku", "GET", f"/{step}/{number}") for step in STEPS for number in range(2)]
EVERY = [
    Cell(one, fault, length)
    for one in [*CALLS, call("verify", "heroku", "GET", "/third")]
    for fault in FAULTS
    for length in LENGTHS
]
FIRST = Cell(call("preflight", "slack", "POST", "/api/auth.test"), "401", ONCE)
SECOND = Cell(call("verify", "heroku", "GET", "/apps"), "500", LASTING)


class Rotations:
    """Plays what it is told to, and remembers which cells were played together."""

    def __init__(self, together: Sequence[Result | None] | Exception) -> None:
        self._together = together
        self.played: list[list[Cell]] = []

    def __call__(self, cells: Sequence[Cell]) -> list[Result | None]:
        """All is well alone, except for the second one."""
        self.played.append(list(cells))
        if len(cells) == 1:
            broken = ["an order is open"] if cells[0] == SECOND else []
            return [Result(HELD, violations=broken)]
        if isinstance(self._together, Exception):
            raise self._together
        return list(self._together)


def test_every_cell_is_in_one_group() -> None:
    assert sorted(str(cell) for group in grouped(EVERY) for cell in group) == sorted(map(str, EVERY))


def test_a_group_has_one_cell_a_step_and_there_are_no_more_groups_than_the_biggest_step_has_cells() -> None:
    groups = grouped(EVERY)

    later = [[cell.call.step for cell in group if cell.call.step != "preflight"] for group in groups]
    assert all(len(set(steps)) == len(steps) for steps in later)
    assert len(groups) == 3 * len(FAULTS) * len(LENGTHS)


def test_preflight_has_what_lasts_first_and_then_what_happens_once() -> None:
    cells = [
        Cell(call("preflight", "heroku", "GET", path), "500", length) for path in ("/a", "/b") for length in LENGTHS
    ]

    groups = grouped(cells)

    assert [[cell.length for cell in group] for group in groups] == [[LASTING, ONCE]] * 2
    assert all(first.call != second.call for first, second in groups)


@pytest.mark.parametrize("length", [ONCE, LASTING])
def test_what_fails_the_last_time_has_no_other_in_preflight(length: str) -> None:
    first = Cell(call("preflight", "heroku", "GET", "/a"), "500", length)
    second = Cell(call("preflight", "heroku", "GET", "/b"), "500", LAST)

    assert len(grouped([first, second])) == 2


def test_slow_cells_are_apart() -> None:
    assert all(len({cell.fault == SLOW for cell in group}) == 1 for group in grouped(EVERY))


@pytest.mark.parametrize(
    ("step", "later"),
    [("await_human_input", "validate"), ("await_readiness", "pause"), ("await_readiness", "snapshot")],
)
def test_what_lasts_while_a_form_is_open_is_not_mixed_up_with_the_step_that_meets_it_again(
    step: str, later: str
) -> None:
    awaited = Cell(call(step, "alpaca-live", "GET", "/v2/account"), "500", LASTING)
    met = Cell(call(later, "infisical", "GET", "/api/v1/folders"), "500", ONCE)

    assert len(grouped([awaited, met])) == 2


def test_what_lasts_of_a_brakes_page_is_met_again_at_verify() -> None:
    awaited = Cell(call("await_human_input", "mq-a", "GET", "/health/trading"), "500", LASTING)
    met, other = (Cell(call(step, "infisical", "GET", "/api/v1/folders"), "500", ONCE) for step in ("verify", "store"))

    assert len(grouped([awaited, met])) == 2
    assert len(grouped([awaited, other])) == 1


def test_the_same_call_fails_for_one_reason_only() -> None:
    one, other = (Cell(call(step, "heroku", "GET", "/apps"), "500", LASTING) for step in ("pause", "resume"))

    assert len(grouped([one, other])) == 2


def test_a_call_for_one_app_is_the_same_call_as_for_both() -> None:
    both = Cell(call("resume", "heroku", "GET", "/apps/[^/]+/dynos"), "500", ONCE)
    one = Cell(call("pause", "heroku", "GET", "/apps/[^/]+/dynos").of_one_app(), "403", LASTING)

    assert str(one) == "pause: heroku GET /apps/raxx-mq-a/dynos | 403 | lasting"
    assert len(grouped([both, one])) == 2


def test_a_group_in_which_all_is_well_is_played_once() -> None:
    rotations = Rotations([Result(REFUSED, shared=2), Result(WENT_ON, shared=2)])

    assert [one.outcome for one in each_settled([FIRST, SECOND], rotations)] == [REFUSED, WENT_ON]
    assert rotations.played == [[FIRST, SECOND]]


@pytest.mark.parametrize(
    "together",
    [
        [Result(WENT_ON), Result(WENT_ON, violations=["an order is open"])],
        AssertionError("a form that nobody expects"),
        TypeError(),
    ],
    ids=["a broken promise", "an assertion", "an error of the grid itself"],
)
def test_a_group_with_a_broken_promise_is_dissolved_and_what_its_cells_do_alone_counts(
    together: Sequence[Result] | Exception,
) -> None:
    rotations = Rotations(together)

    first, second = each_settled([FIRST, SECOND], rotations)

    assert rotations.played == [[FIRST, SECOND], [FIRST], [SECOND]]
    assert (first.outcome, first.violations) == (HELD, [])
    assert second.violations == ["an order is open"]


def test_a_cell_whose_turn_did_not_come_is_played_alone_and_the_others_stay() -> None:
    rotations = Rotations([Result(REFUSED, shared=2), None])

    first, second = each_settled([FIRST, SECOND], rotations)

    assert rotations.played == [[FIRST, SECOND], [SECOND]]
    assert (first.outcome, first.shared) == (REFUSED, 2)
    assert (second.outcome, second.shared) == (HELD, 1)


def test_a_cell_that_cannot_be_played_alone_is_broken() -> None:
    def impossible(_: Sequence[Cell]) -> list[Result | None]:
        raise AssertionError("a secret of this test is in: Slack's messages")

    (result,) = each_settled([FIRST], impossible)

    assert result.violations == ["a secret of this test is in: Slack's messages"]
