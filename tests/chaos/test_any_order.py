"""Whatever happens in whatever order: no pair is lost, nothing trades on an unverified one, and it can be finished."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deployments.local.processes import LocalPrefect
from deployments.sandbox.faults import FaultKind
from flows.watch import watch
from tests.canaries import Canaries
from tests.chaos import ending, events
from tests.chaos.moments import APPLIED, NOT_APPLIED
from tests.chaos.promises import Promises
from tests.chaos.world import ENVIRONMENTS, World
from tests.faults.workplace import Workplace

STEPS = 8
# The same ones each time.
SHORT = settings(max_examples=1, derandomize=True)
TIMEOUT_S = 6 * 3600

# The credential of the example three times out of four, otherwise the other one.
mostly = st.sampled_from([True, True, True, False])
soon = st.integers(0, 40)
requests = st.sampled_from([APPLIED, NOT_APPLIED])
faults = st.sampled_from(
    [FaultKind.ANSWER, FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.RATE_LIMIT, FaultKind.HANG]
)

Event = tuple[str, dict[str, Any]]


def _event(what: str, **how: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    return st.tuples(st.just(what), st.fixed_dictionaries(how))


EVENT = st.one_of(
    _event("answers_as_told"),
    _event("answers", is_main=mostly, entry=st.sampled_from(events.ENTRIES), choice=st.integers(0, 2)),
    _event("answers", is_main=mostly, entry=st.sampled_from(events.ENTRIES), choice=st.integers(0, 2)),
    _event("starts", is_main=mostly),
    _event("starts_twice_at_once"),
    _event("two_people_answer"),
    _event("resumes_without_a_form"),
    _event("presses_regenerate", is_main=mostly),
    _event("dies_soon", skip=soon, kind=requests, writes=st.booleans(), is_main=mostly),
    _event("dies_now"),
    _event("freezes_soon", skip=soon, writes=st.booleans()),
    _event("is_taken_over_and_thaws", skip=soon, writes=st.booleans(), answered=st.booleans()),
    _event("is_cancelled"),
    _event("fails", vendor=st.sampled_from(events.VENDORS), kind=faults, times=st.sampled_from([1, 3, None])),
    _event("all_is_well"),
    _event("is_watched"),
    _event("ledger_is_copied_or_lost", kind=st.integers(0, 3)),
)

EVENTS_OF_AN_EXAMPLE = st.lists(EVENT, min_size=STEPS, max_size=STEPS)


class AnyOrder:
    """Processes, vendors and people, who do what they should not. No event depends on what happened before."""

    def __init__(self, place: Workplace, main: str) -> None:
        self._open = ExitStack()
        self.world = World(self._open.enter_context(place.operator()))
        self.promises = Promises(self.world)
        self.main = main

    def play(self, some: list[Event]) -> None:
        """Somebody starts a rotation, and these follow; everything is looked at after each of them and in the end."""
        try:
            self.world.start(self.main)
            for what, how in some:
                getattr(self, what)(**how)
                self._demand(self.promises.broken() + self.world.violations)
            self._demand(ending.finish(self.world) + self.promises.broken())
        finally:
            for run in self.world.runs:
                run.kill()
            # Searches for canaries, unless something is wrong already.
            self._open.close()

    def answers_as_told(self) -> None:
        """Whatever is asked, without a mistake."""
        events.answer(self.world, self.main, events.NEW, 0)

    def starts(self, is_main: bool) -> None:
        """Also while another run of it lives."""
        self.world.start(self._named(is_main=is_main))

    def starts_twice_at_once(self) -> None:
        """Two people press Run."""
        for _ in range(2):
            self.world.start(self.main)

    def answers(self, is_main: bool, entry: str, choice: int) -> None:
        """Fill in the form that is shown."""
        events.answer(self.world, self._named(is_main=is_main), entry, choice)

    def two_people_answer(self) -> None:
        """Both pressed Regenerate."""
        events.two_people(self.world, self.main)

    def resumes_without_a_form(self) -> None:
        """Prefect's API lets them."""
        events.resume_without_a_form(self.world, self.main)

    def presses_regenerate(self, is_main: bool) -> None:
        """Without being told to."""
        self.world.press(ENVIRONMENTS[self._named(is_main=is_main)])

    def dies_soon(self, skip: int, kind: FaultKind, writes: bool, is_main: bool) -> None:
        """At a later request."""
        run = self.world.one_that_lives(self._named(is_main=is_main))
        self.world.doom(run, skip // 4 if writes else skip, kind, writes=writes, freeze=False)

    def dies_now(self) -> None:
        """Wherever it is."""
        self.world.one_that_lives(self.main).kill()

    def freezes_soon(self, skip: int, writes: bool) -> None:
        """At a later request."""
        run = self.world.one_that_lives(self.main)
        self.world.doom(run, skip // 4 if writes else skip, APPLIED, writes=writes, freeze=True)

    def is_taken_over_and_thaws(self, skip: int, writes: bool, answered: bool) -> None:
        """After another run went on with its rotation."""
        events.thaw(self.world, self.main, skip // 4 if writes else skip, writes=writes, answered=answered)

    def is_cancelled(self) -> None:
        """In Prefect."""
        events.cancel(self.world, self.main)

    def fails(self, vendor: str, kind: FaultKind, times: int | None) -> None:
        """A vendor, for a while or until it is mended."""
        events.fail(self.world, vendor, kind, times)

    def all_is_well(self) -> None:
        """Every vendor works, and whatever lives waits for somebody."""
        self.world.mend()
        self.world.rest()

    def is_watched(self) -> None:
        """The scheduled flow, in this process."""
        state: Any = watch(return_state=True)
        if not state.is_completed():
            self.world.tell(f"watch: {state.message}")

    def ledger_is_copied_or_lost(self, kind: int) -> None:
        """Mostly copied."""
        if kind < 2:
            self.world.copy_ledger()
        else:
            self.world.lose_ledger(restore=kind == 2)

    def _named(self, *, is_main: bool) -> str:
        return self.main if is_main else next(one for one in ENVIRONMENTS if one != self.main)

    def _demand(self, broken: list[str]) -> None:
        if broken:
            raise AssertionError("\n".join([*dict.fromkeys(broken), "", *self.world.story()]))


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.long
def test_in_any_order_nothing_is_lost(prefect: LocalPrefect, canaries: Canaries) -> None:
    place = Workplace(prefect)
    # What is typed is searched for in Prefect's tables only, see deployments/rehearsal/silence.py.
    canaries.typed = place._searched.typed

    is_long = settings.get_current_profile_name().startswith("long")

    # All of an example is drawn before it begins: what real processes do is not the same twice, which hypothesis would
    # take for data that contradicts itself.
    @settings(
        settings.default if is_long else SHORT,
        deadline=None,
        # For the same reason what fails cannot be made smaller by running it again.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        database=None,
    )
    @given(main=st.sampled_from(["alpaca-live", "alpaca-paper"]), some=EVENTS_OF_AN_EXAMPLE)
    def in_any_order(main: str, some: list[Event]) -> None:
        AnyOrder(place, main).play(some)

    in_any_order()
