"""The rules of a brake: unknown never releases it, and nothing is said to be set that is not."""

from __future__ import annotations

from contextlib import suppress

from blocks.errors import RekeyError
from deployments.kit import answers
from deployments.kit.answers import REFUSALS, each
from deployments.kit.rules import demand, refused, rules_in
from deployments.kit.stands import BrakeStand
from deployments.sandbox.faults import FaultKind

WAITS_S = 5.0
# Nothing set is an answer of its own here.
UNCLEAR = {called: fault for called, fault in answers.UNCLEAR.items() if called != answers.EMPTY}


def _set(stand: BrakeStand, *, engaged: bool) -> bool:
    """Set it; whether it says that it had to be."""
    return stand.brake.set(engaged=engaged, timeout_s=WAITS_S, on_change=lambda: None).is_changed


def it_stands_where_it_was_set(stand: BrakeStand) -> None:
    """It is engaged and released, and says so; set twice it changes nothing."""
    for engaged in (True, False):
        demand(_set(stand, engaged=engaged), "It was set anew, and says that it did not have to be.")
        demand(stand.is_engaged() is engaged, "It says that it was set, and its twin does not have it.")
        demand(stand.brake.position().is_engaged is engaged, "Its position is another one than it was set to.")
        before = len(stand.asked)
        demand(not _set(stand, engaged=engaged), "It was set already, and says that it had to be set.")
        writes = [one for one in stand.asked[before:] if one.method in stand.write[0].split("|")]
        demand(not writes, "It was set already, and was written again.")


def a_value_of_somebody_else_s_is_engaged(stand: BrakeStand) -> None:
    """A value that is neither of its two is somebody's own way to stop trading: it is not called released."""
    stand.turn("somebody's own")
    demand(stand.brake.position().is_engaged, "A value that is neither of its two counts as released.")


def an_unclear_answer_is_no_position(stand: BrakeStand) -> None:
    """Where it stands is raised as an error while nobody answers clearly: unknown never releases."""
    for called in each(stand, {**UNCLEAR, **REFUSALS}):
        with suppress(RekeyError):
            seen = stand.brake.position()
            demand(seen.is_engaged, f"After {called} it is said to be released.")


def what_was_not_set_is_not_said_to_be(stand: BrakeStand) -> None:
    """A write that was refused or not answered is an error, unless the brake stands there all the same."""
    method, path = stand.write
    for one in method.split("|"):
        for called in each(stand, {**UNCLEAR, **REFUSALS}, one, path):
            try:
                _set(stand, engaged=True)
            except RekeyError:
                continue
            demand(stand.is_engaged(), f"After {called} to its write it says that it is engaged, and it is not.")
            stand.mend()
            _set(stand, engaged=False)


def a_lost_answer_is_found_by_looking(stand: BrakeStand) -> None:
    """When the write was applied and its answer lost, the next try finds it set."""
    for one in stand.write[0].split("|"):
        stand.goes_wrong(FaultKind.DROP_AFTER, one, stand.write[1], times=1)
    with suppress(RekeyError):
        _set(stand, engaged=True)
    stand.mend()
    _set(stand, engaged=True)
    demand(stand.is_engaged(), "After a lost answer and another try it is not engaged.")


def its_errors_say_what_to_do(stand: BrakeStand) -> None:
    """An error names a remedy."""
    for called in each(stand, UNCLEAR):
        with refused(f"After {called} its position") as caught:
            stand.brake.position()
        demand(caught[0].remedy, f"After {called} its error says nothing of what to do.")


RULES = rules_in((
    it_stands_where_it_was_set,
    a_value_of_somebody_else_s_is_engaged,
    an_unclear_answer_is_no_position,
    what_was_not_set_is_not_said_to_be,
    a_lost_answer_is_found_by_looking,
    its_errors_say_what_to_do,
))  # fmt: skip
