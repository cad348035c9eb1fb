"""Who acts on the console: the cookie, and how often an address may try."""

from __future__ import annotations

import time

import pytest
from pydantic import SecretStr

from deployments.console import limits
from deployments.console.limits import FREE, FREE_OVER_ALL, LONGEST_WAIT_S, PAUSE_S, REMEMBERED_S, Guesses, Limit
from deployments.console.session import LASTS_S, Session

ORIGIN = "http://localhost:4280"


@pytest.fixture
def known() -> Session:
    return Session(SecretStr("somebody:made up"), ORIGIN)


def test_a_cookie_names_who_logged_in(known: Session) -> None:
    assert known.name_in(known.begin("Zoë O'Neil")) == "Zoë O'Neil"
    # Another console of the same rekey takes it.
    assert Session(SecretStr("somebody:made up"), ORIGIN).name_in(known.begin("ops")) == "ops"


def test_a_cookie_that_it_did_not_give_names_nobody(known: Session) -> None:
    cookie = known.begin("ops")
    told, _, signature = cookie.rpartition(".")
    until, _, name = told.partition(".")
    forged = [
        "",
        ".",
        "..",
        cookie[:-1],
        f"{cookie}0",
        f"{int(until) + 1}.{name}.{signature}",
        f"{until}.{name}A.{signature}",
        f"{until}.{name}.",
        f"\u00e9{cookie}",
        Session(SecretStr("somebody:else"), ORIGIN).begin("ops"),
        Session(SecretStr("somebody:made up"), "http://localhost:1").begin("ops"),
    ]

    assert [known.name_in(one) for one in forged] == [""] * len(forged)


def test_a_cookie_is_over_after_its_time(known: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    cookie = known.begin("ops")
    monkeypatch.setattr(time, "time", lambda: now + LASTS_S - 60)
    assert known.name_in(cookie) == "ops"

    monkeypatch.setattr(time, "time", lambda: now + LASTS_S + 60)
    assert known.name_in(cookie) == ""


def test_without_a_login_nobody_is_let_in() -> None:
    nobody = Session(SecretStr(""), ORIGIN)

    assert not nobody.is_login(SecretStr(""))
    assert nobody.name_in(nobody.begin("ops")) == ""


def test_the_login_is_what_prefect_asks_for(known: Session) -> None:
    assert known.is_login(SecretStr("  somebody:made up\n"))
    assert not any(known.is_login(SecretStr(one)) for one in ("", "somebody", "somebody:", "somebody:made up!"))


def test_an_address_is_slowed_down_by_itself() -> None:
    now = [0.0]
    limit = Limit(2, 10, lambda: now[0])

    assert [limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("a"), limit.wait_s("b")] == [0, 0, 10, 0]
    now[0] = 10.0
    assert limit.wait_s("a") == 0


def test_many_addresses_fill_no_memory() -> None:
    limit = Limit(1, 10, lambda: 0.0)
    for one in range(limits.MOST + 10):
        limit.wait_s(str(one))

    assert len(limit._seen) == limits.MOST
    assert limit.wait_s(str(limits.MOST + 9)) == 10


class Guessed:
    """Tries to log in from an address, one after the other or all at once, by a clock of its own (seconds)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.guesses = Guesses(lambda: self.now)

    def wait_s(self, address: str = "a") -> float | None:
        """How long a try that is made now waits for its turn; None when it has none."""
        turn = self.guesses.turn(address)
        return None if turn is None else self.guesses.wait_s(turn)

    def wrong(self, times: int, address: str = "a") -> None:
        """So many wrong tries, each of which waits for its turn."""
        for _ in range(times):
            self.now += self.wait_s(address) or 0.0


def test_each_wrong_login_lets_the_next_try_wait_for_longer_and_never_for_long() -> None:
    robot = Guessed()

    found = []
    for _ in range(9):
        before = robot.now
        robot.wrong(1)
        found.append(robot.now - before)

    assert found == [0, 0, 0, 1, 2, 4, PAUSE_S, PAUSE_S, PAUSE_S]
    # Somebody else's address is not slowed down by it.
    assert robot.wait_s("b") == 0


def test_a_day_of_guessing_from_one_address_or_from_all_is_hopeless() -> None:
    robot, tries = Guessed(), 0
    while robot.now < 3600:
        robot.wrong(1)
        tries += 1
        assert len(robot.guesses._each["a"].taken) <= REMEMBERED_S / PAUSE_S + FREE + 10
    assert 24 * tries < 11_000

    many, tries = Guessed(), 0
    while many.now < 600:
        many.wrong(1, str(tries))
        tries += 1
    # One a second, however many addresses there are.
    assert tries <= FREE_OVER_ALL + 600 + 1


def test_whoever_tries_at_once_has_one_turn_after_the_other() -> None:
    robot = Guessed()

    waits = [robot.wait_s() for _ in range(30)]

    turns = [one for one in waits if one is not None]
    assert turns == sorted(turns)
    assert turns[:7] == [0, 0, 0, 1, 3, 7, 15]
    assert turns[-1] <= LONGEST_WAIT_S
    assert waits[len(turns) :] == [None] * (30 - len(turns))


def test_a_right_login_is_no_guess_and_old_ones_are_forgotten() -> None:
    person = Guessed()
    for _ in range(10):
        turn = person.guesses.turn("a")
        assert turn == 0
        person.guesses.right("a", turn)

    person.wrong(5)
    person.now += REMEMBERED_S
    assert person.wait_s() == 0


def test_many_who_guess_fill_no_memory() -> None:
    robot = Guessed()
    for one in range(limits.MOST + 10):
        robot.wrong(1, str(one))

    assert len(robot.guesses._each) == limits.MOST
