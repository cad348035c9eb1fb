"""Whatever stands in a field of an answer, a client answers or raises one of rekey's own errors, which holds no value.

Each field of each vendor's true answer is replaced in turn, by what no vendor should send.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from blocks.answer import Answer
from blocks.consumers.github.errors import server_date
from blocks.errors import RekeyError, Unclear
from blocks.issuers.alpaca.models import Fields
from blocks.wire.replies import Reply
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.hostile import PATIENT_S, QUESTIONS, SAY_NOTHING, Vendors
from tests.vendors.silence import assert_silent

ODD: list[Any] = [
    None,
    True,
    -1,
    10**400,
    "",
    [],
    {},
    "NaN",
    "1e999999999",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "half a character \ud800",
]


@dataclass(slots=True)
class Odd(Fault):
    """The application's own answer with one field replaced. ``fields`` are the paths that the last answer had."""

    at: int = 0
    value: Any = None
    fields: list[tuple[str | int, ...]] = field(default_factory=list)

    def rewrite(self, text: str) -> str:
        """The answer with one field replaced, and which fields it had."""
        body = json.loads(text) if text else None
        self.fields = list(_paths(body))
        if self.at >= len(self.fields):
            return text
        return json.dumps(_with(body, self.fields[self.at], self.value))


def _paths(body: Any, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The whole, and every field; of a list the first entry speaks for all."""
    yield before
    inner = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else ()
    for name, value in inner:
        yield from _paths(value, (*before, name))


def _with(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    changed: Any = dict(body) if isinstance(body, dict) else list(body)
    changed[path[0]] = _with(body[path[0]], path[1:], value)
    return changed


# The others take half a minute: make long.
ALWAYS = {"github updated", "raptor account"}


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(name, marks=[] if name in ALWAYS else pytest.mark.long)
        for name in QUESTIONS
        if name not in SAY_NOTHING
    ],
)
def test_an_odd_field_is_an_answer_or_one_silent_error(vendors: Vendors, question: str) -> None:
    vendor, label, ask = QUESTIONS[question]
    odd = Odd(vendor, FaultKind.TWICE, path="(?!.*login).*", times=None)
    vendors.estate.server.plan.add(odd)
    raised = 0
    with vendors.client(label, PATIENT_S) as client:
        while odd.at <= len(odd.fields):
            for odd.value in ODD:
                try:
                    ask(client, vendors.pair)
                except RekeyError as error:
                    raised += 1
                    assert_silent(error)
            odd.at += 1
    assert raised >= len(ODD) / 2, "an answer without its body is none"


def test_a_probe_takes_nothing_odd_for_a_yes(vendors: Vendors) -> None:
    estate: Estate = vendors.estate
    with vendors.client("Raptor/raptor-prod", PATIENT_S) as raptor:
        assert raptor.trading_health().answer is Answer.YES
        odd = Odd("raptor-prod", FaultKind.TWICE, path="/health/trading", times=None)
        estate.server.plan.add(odd)
        for odd.value in (one for one in ODD if one is not True):
            odd.at = 0
            assert raptor.trading_health().answer is Answer.UNKNOWN
            odd.at = odd.fields.index(("live_enabled",))
            assert raptor.trading_health().answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    "text", ["1e999999999", "1e-999", "9" * 50, "1_000", "\u0661", "NaN", "Infinity", "0x1", " 1", ""]
)
def test_a_figure_with_which_nobody_can_reckon_is_unclear(text: str) -> None:
    with pytest.raises(Unclear, match="equity is missing or malformed"):
        Fields("read account", {"equity": text}).number("equity")


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-27T12:00:00", "now"]
)
def test_a_time_that_cannot_be_told_in_utc_is_unclear(text: str) -> None:
    with pytest.raises(Unclear, match="created_at is missing or malformed"):
        Fields("read account", {"created_at": text}).time("created_at")
    with pytest.raises(Unclear, match="no date in the answer"):
        server_date("read the clock", Reply(200, {}, {"date": "Fri, 31 Dec 9999 23:59:59 -1400"}))
