"""Looks at a pair are counted in the ledger's database: one of several runs asks, and the others hear what it heard."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.ledger import lease, looks
from blocks.ledger.looks import Look
from blocks.wire.parallel import all_at_once

ONE, OTHER = "alpaca-paper", "alpaca-live"


def test_what_was_begun_has_an_answer_once_that_is_told(url: SecretStr) -> None:
    assert looks.seen(url, [ONE, OTHER]) == {}

    begun = looks.begin(url, {ONE: None, OTHER: None})
    assert begun == {ONE: 0, OTHER: 0}
    assert looks.seen(url, [ONE]) == {ONE: Look(0, "", None)}

    looks.tell(url, {ONE: Look(0, "mark", Answer.NO)})
    assert looks.seen(url, [ONE, OTHER]) == {ONE: Look(0, "mark", Answer.NO), OTHER: Look(0, "", None)}
    assert looks.begin(url, {ONE: Look(0, "mark", Answer.NO)}) == {ONE: 1}
    assert looks.seen(url, [ONE])[ONE].answer is None


def test_a_look_is_no_lease(url: SecretStr) -> None:
    looks.begin(url, {ONE: None})
    looks.tell(url, {ONE: Look(0, "mark", Answer.YES)})

    assert lease.every(url) == {}
    assert lease.Lease(url, ONE).look() is None


def test_of_several_that_begin_at_once_one_asks(url: SecretStr) -> None:
    first = looks.begin(url, {ONE: None})
    before = looks.seen(url, [ONE])

    begun = all_at_once([lambda: looks.begin(url, dict(before))] * 4)

    assert first == {ONE: 0}
    assert sorted(begun, key=len) == [{}, {}, {}, {ONE: 1}]


def test_an_answer_that_comes_after_somebody_else_began_is_not_told(url: SecretStr) -> None:
    looks.begin(url, {ONE: None})
    looks.begin(url, looks.seen(url, [ONE]))

    looks.tell(url, {ONE: Look(0, "mark", Answer.YES)})

    assert looks.seen(url, [ONE])[ONE].answer is None
