"""Shared looks: runs that wait at the same time ask each pair once, and read from each other what was heard.

Else an account would be asked by every run, and its allowance is shared with what trades. Each run still asks about its
own pair, and about every one that it never asked. Nobody takes another run's word for a death, or for the end of one:
while a refusal is not explained each run asks by itself, as it does while the ledger does not answer at once. Watch
asks the pairs at rest by itself, too, so what somebody writes between the looks hides no death for long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.errors import RekeyError
from blocks.ledger import looks
from blocks.ledger.looks import Look
from blocks.prefect_api.issuers import kind_of
from blocks.settings import read_settings
from blocks.wire.beside import Beside
from tasks.run.watched import LOOK_S, WatchedPair, ask_all

MINUTE_S = 60.0
_T = TypeVar("_T")


class SharedLooks:
    """What one run knows of the looks of all runs."""

    def __init__(self) -> None:
        # By credential: the count of the newest look that this run made or heard, and of one that had no answer yet.
        self._known: dict[str, int] = {}
        self._awaited: dict[str, int] = {}
        # The looks that this run began and has not told yet, and when each credential was asked by anybody last.
        self._begun: dict[str, int] = {}
        self._asked_at: dict[str, float] = {}
        self._asking_the_ledger: Beside | None = None

    def look(self, own: WatchedPair | None, others: Sequence[WatchedPair]) -> None:
        """Look once at all of them: ask those that are this run's to ask, and hear what others asked."""
        pairs = [one for one in (own, *others) if one is not None and one.is_wanted]
        if any(one.refusals and not one.settled for one in pairs):
            ask_all(pairs)
            return
        seen = self._at_once(partial(looks.seen, read_settings().ledger_url, [_name(one) for one in pairs]))
        if seen is None:
            ask_all(pairs)
            return
        mine = [one for one in pairs if one is own or self._is_mine(one, seen.get(_name(one)))]
        due = [one for one in mine if not one.is_being_asked and self._is_due(one)]
        asked = self._begin(due, seen, own)
        for one in asked:
            self._asked_at[_name(one)] = time.monotonic()
        ask_all(asked)
        self._tell(pairs)

    def _is_mine(self, one: WatchedPair, look: Look | None) -> bool:
        """Whether this run has to ask; hears what another one was answered."""
        name = _name(one)
        if one.pair is None or look is None or look.beat == self._known.get(name):
            return True
        if look.answer is None:
            # Whoever began it may be gone: it is waited for once.
            fell_silent = self._awaited.get(name) == look.beat
            self._awaited[name] = look.beat
            return fell_silent
        if look.fingerprint != one.pair.fingerprint or _is_news(one, look.answer):
            return True
        self._known[name], self._asked_at[name] = look.beat, time.monotonic()
        one.hear(look.answer)
        return False

    def _is_due(self, one: WatchedPair) -> bool:
        asked_at = self._asked_at.get(_name(one))
        return asked_at is None or time.monotonic() - asked_at >= pause_s(one)

    def _begin(self, due: list[WatchedPair], seen: dict[str, Look], own: WatchedPair | None) -> list[WatchedPair]:
        """Those that are asked now: of each one run alone, but its own run always."""
        if not due:
            return []
        before = {_name(one): seen.get(_name(one)) for one in due}
        begun = self._at_once(partial(looks.begin, read_settings().ledger_url, before))
        if begun is None:
            return due
        self._known |= begun
        self._begun |= begun
        return [one for one in due if one is own or _name(one) in begun]

    def _tell(self, pairs: Sequence[WatchedPair]) -> None:
        """Tell the other runs what was heard; of an answer that is still waited for after a later look."""
        heard = {
            name: Look(self._begun[name], one.pair.fingerprint, one.heard)
            for one in pairs
            if (name := _name(one)) in self._begun and one.pair and one.heard is not None and not one.is_being_asked
        }
        if heard:
            self._at_once(partial(looks.tell, read_settings().ledger_url, heard))
            for name in heard:
                del self._begun[name]

    def _at_once(self, question: Callable[[], _T]) -> _T | None:
        """What the ledger's database says; None when it does not within a look, because pairs are asked without it."""
        if self._asking_the_ledger is not None and self._asking_the_ledger.is_busy:
            return None
        answers: list[_T] = []
        self._asking_the_ledger = Beside(lambda: _answered(question, answers))
        self._asking_the_ledger.begin()
        self._asking_the_ledger.wait(LOOK_S)
        return answers[0] if answers else None


def pause_s(one: WatchedPair) -> float:
    """When it may be asked again, in seconds: by the share of its issuer's limit that the catalog gives to rekey."""
    kind = kind_of(one.credential)
    if kind.requests_a_minute is None:
        return 0.0
    each = kind.refusals if one.refusals else 1
    return MINUTE_S * each / (kind.requests_a_minute * one.credential.lookout_share)


def _name(one: WatchedPair) -> str:
    return one.credential.name


def _is_news(one: WatchedPair, answer: Answer) -> bool:
    """Whether it would be the beginning or the end of a death: who acts on that has asked itself."""
    return answer is (Answer.YES if one.told else Answer.NO) and not (answer is Answer.NO and one.settled)


def _answered(question: Callable[[], _T], answers: list[_T]) -> None:
    try:
        answers.append(question())
    except RekeyError as error:
        get_run_logger().debug("Not shared with other runs: %s", error)
