"""Runs that wait ask each pair once, and what was heard is shared; what begins or ends a death each asks itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.answer import Answer
from blocks.catalog import load_catalog
from blocks.issuers.alpaca.session import REFUSALS
from blocks.ledger import looks
from blocks.ledger.looks import Look
from blocks.settings import read_settings
from tasks.lookout.lookout import Lookout
from tasks.lookout.shared_looks import SharedLooks
from tasks.run.watched import WatchedPair
from tests.operator import Operator
from tests.steps.beside_the_form import FORM, Away, alerts, asked, rotation_of, until_told, until_watched
from tests.steps.support import alone

HOST = "alpaca-paper"
# How long a look waits for its answers, where a run gives them a second.
PATIENT_S = 30.0


class Run:
    """What one of several runs keeps while its form waits: a pair that is another credential's, or its own."""

    def __init__(self, operator: Operator, *, is_own: bool = False, share: float = 1) -> None:
        credential = load_catalog(read_settings().catalog).get(HOST).model_copy(update={"lookout_share": share})
        self._operator, self._is_own = operator, is_own
        self.pair = WatchedPair(credential)
        self.shared = SharedLooks()

    def look(self) -> int:
        """Look once; how often the host was asked."""
        before = asked(self._operator, HOST)
        self.shared.look(*((self.pair, []) if self._is_own else (None, [self.pair])))
        return asked(self._operator, HOST) - before


@pytest.fixture(autouse=True)
def _always_due_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of these tests only the one about the share waits for it; and on a busy machine an answer takes over a second."""
    monkeypatch.setattr("blocks.issuers.alpaca.issuer.Alpaca.requests_a_minute", None)
    monkeypatch.setattr("tasks.run.watched.LOOK_S", PATIENT_S)
    monkeypatch.setattr("tasks.lookout.shared_looks.LOOK_S", PATIENT_S)


def played(play: Callable[[], None]) -> None:
    """In a run, as a lookout is."""
    state = alone(play)
    assert state.is_completed(), state.message


def newest() -> Look:
    return looks.seen(read_settings().ledger_url, [HOST])[HOST]


def somebody_heard(answer: Answer, fingerprint: str) -> None:
    """A look of another run since."""
    (begun,) = looks.begin(read_settings().ledger_url, {HOST: newest()}).values()
    looks.tell(read_settings().ledger_url, {HOST: Look(begun, fingerprint, answer)})


def test_one_run_asks_and_the_others_hear(operator: Operator) -> None:
    def play() -> None:
        runs = [Run(operator) for _ in range(3)]
        assert [one.look() for one in runs] == [1, 1, 1], "each reads the pair and asks once for itself"

        assert [one.look() for one in runs] == [0, 0, 1], "the last one asked last, so nobody asked since"
        for _ in range(3):
            assert sum(one.look() for one in runs) == 1
        assert all(one.pair.acceptances >= 4 for one in runs)

    played(play)


def test_when_the_one_that_asks_is_gone_the_next_look_of_another_asks(operator: Operator) -> None:
    def play() -> None:
        gone, stays = Run(operator), Run(operator)
        gone.look()
        stays.look()
        assert [gone.look(), stays.look()] == [0, 1]

        assert [stays.look() for _ in range(3)] == [1, 1, 1]

    played(play)


def test_one_that_began_and_fell_silent_is_waited_for_once(operator: Operator) -> None:
    def play() -> None:
        run = Run(operator)
        run.look()
        looks.begin(read_settings().ledger_url, {HOST: newest()})

        assert [run.look() for _ in range(3)] == [0, 1, 1]

    played(play)


def test_a_run_always_asks_about_its_own_pair_and_tells_the_others(operator: Operator) -> None:
    def play() -> None:
        own, other = Run(operator, is_own=True), Run(operator)
        own.look()
        other.look()

        assert [(own.look(), other.look()) for _ in range(4)] == [(1, 0)] * 4

    played(play)


def test_nobody_takes_the_word_of_another_run_for_a_death(operator: Operator) -> None:
    def play() -> None:
        run = Run(operator)
        run.look()
        somebody_heard(Answer.NO, newest().fingerprint)

        assert run.look() == 1
        assert (run.pair.refusals, run.pair.accepted) == (0, True)

    played(play)


def test_a_death_is_seen_by_each_run_itself(operator: Operator) -> None:
    def play() -> None:
        runs = [Run(operator), Run(operator)]
        for _ in range(2):
            for one in runs:
                one.look()
        operator.regenerate()

        assert sum(one.look() for one in runs) >= REFUSALS
        assert [one.look() for one in runs] == [REFUSALS, REFUSALS]
        for one in runs:
            one.look()

        assert [one.pair.is_dead for one in runs] == [True, True]

    played(play)


def test_once_a_death_was_told_one_asks_and_of_its_end_each_asks_itself(operator: Operator) -> None:
    def play() -> None:
        runs = [Run(operator), Run(operator)]
        for one in runs:
            one.look()
            one.pair.settled = one.pair.told = True
            one.pair.refusals = 2
        mark = newest().fingerprint

        somebody_heard(Answer.NO, mark)
        assert [one.look() for one in runs] == [0, 0]
        somebody_heard(Answer.YES, mark)
        # It asks about a made-up pair as well: a host that accepts that one proves nothing by its yes.
        assert runs[0].look() > 1
        assert runs[0].pair.acceptances == 1

    played(play)


def test_while_a_refusal_is_not_explained_each_run_asks_about_every_pair_itself(operator: Operator) -> None:
    def play() -> None:
        run = Run(operator)
        run.look()
        own = WatchedPair(load_catalog(read_settings().catalog).get("alpaca-live"), refusals=1)

        def questions() -> int:
            somebody_heard(Answer.YES, newest().fingerprint)
            before = asked(operator, HOST)
            run.shared.look(own, [run.pair])
            return asked(operator, HOST) - before

        assert questions() == 1, "an outage refuses both, which shows only in the same looks"
        own.refusals = 0
        assert questions() == 0

    played(play)


def test_what_was_heard_of_another_pair_says_nothing_of_this_one(operator: Operator) -> None:
    def play() -> None:
        run = Run(operator)
        run.look()
        somebody_heard(Answer.YES, "another")

        assert run.look() == 1

    played(play)


def test_without_the_ledger_each_run_asks_by_itself(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Away(monkeypatch)

    def play() -> None:
        runs = [Run(operator), Run(operator)]
        for one in runs:
            one.look()
        away.goes()
        assert [one.look() for one in runs] == [1, 1]
        away.comes_back()
        assert runs[1].look() == 1
        assert runs[0].look() == 0

    played(play)


def test_no_more_is_asked_than_the_share_of_the_limit_that_the_catalog_gives(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.issuers.alpaca.issuer.Alpaca.requests_a_minute", 200)

    def play() -> None:
        sparing, generous = Run(operator, share=0.001, is_own=True), Run(operator, share=1, is_own=True)
        assert [sparing.look() for _ in range(4)] == [1, 0, 0, 0]
        monkeypatch.setattr("tasks.lookout.shared_looks.MINUTE_S", 0.0)
        assert [generous.look() for _ in range(3)] == [1, 1, 1]
        assert sparing.look() == 1

    played(play)


def test_two_runs_that_wait_tell_of_a_siblings_death_in_time(operator: Operator) -> None:
    def play() -> None:
        rotation = rotation_of(operator)
        with Lookout(rotation, FORM), Lookout(rotation, FORM):
            until_watched(operator, times=4)
            operator.regenerate()
            until_told(operator, 2)

    played(play)
    assert all("Wrong keys regenerated: alpaca-paper instead of alpaca-live" in one for one in alerts(operator)[:2])
