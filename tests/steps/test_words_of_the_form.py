"""What Prefect's server says of a form that is not whole is what the form says, and repeats nothing that was typed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from prefect._internal.pydantic.v2_schema import create_v2_schema
from prefect.input import RunInput
from prefect.utilities.schema_tools.validation import ValidationError, validate
from pydantic import SecretStr

from blocks.issuers.alpaca import equity, open_orders, unknown
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.models import Account, Order, Position
from blocks.issuers.alpaca.pair import Pair
from blocks.model.rotation import Snapshot
from blocks.proofs import Record
from tasks.person import ask
from tasks.person.forms import entry_of
from tasks.rotate import doubt
from tasks.rotate.hold_form import Held, NotBegun
from tasks.rotate.readiness_form import form_of
from tests.steps.live import live_rotation
from tests.steps.support import shipped

TYPED = "something-that-was-typed"
READY = form_of(live_rotation().credential, may_be_open=True, may_stop=True)
PaperEntry = entry_of(shipped(), Alpaca)
LiveEntry = entry_of(live_rotation().credential, Alpaca)
ACCOUNT = Account("an-id", "PA1", "ACTIVE", datetime.now(UTC), "USD", Decimal(2), Decimal(1), ())
HELD = Position("AAPL", "long", Decimal(1), Decimal(1))
ORDER = Order("o", "mine", "AAPL", "buy", Decimal(1), "limit", "new", datetime.now(UTC), Decimal(1), None)
BEFORE = Snapshot("PA1", facts={"equity": "1", "cash": "1", "positions": {"AAPL": "long 1"}})
EMPTY_BEFORE = Snapshot("PA1", facts={"equity": "1", "cash": "1", "positions": {}})
# What only a person can say of an account, and what may be in the way.
DOUBTS = [
    one
    for one in (
        equity.compared(BEFORE, ACCOUNT, [HELD], Record()),
        equity.compared(EMPTY_BEFORE, ACCOUNT, [], Record()),
        unknown.unknown("alpaca-live", "live", ACCOUNT),
    )
    if one is not None
]
ORDERS = open_orders.obstacle_of(lambda: pytest.fail("nobody acts"), Pair("", SecretStr("")), [ORDER])
FORMS: list[type[RunInput]] = [Held, NotBegun, doubt.choices_of(ORDERS), *map(doubt.form_of, DOUBTS)]
ENTRY = {"key_id": "PK" + 18 * "A", "secret": TYPED, "operator": "somebody"}
PAPER = {**ENTRY, "switcher_says_paper": True}
AGREED = {"at_dashboard": True, "second_factor": True, "market_is_open": True}
READINESS = {**AGREED, "confirm": "alpaca-live", "operator": "somebody"}
# What the pages send of a form that offers to stop, before anything is filled in.
EMPTY = {"key_id": "", "secret": "", "operator": "", "switcher_says_paper": False}
YES_TO_PAPER = 'a yes to "I checked that the switcher says Paper"'
KEY_ID = '16 to 40 capital letters and digits in "New API key ID"'


def refusal(form: type[RunInput], values: dict[str, Any]) -> str:
    """What the server answers, by its own check of the schema that it is given; empty when it takes the form."""
    try:
        validate(values, create_v2_schema(form.__name__, model_base=form), raise_on_error=True)
    except ValidationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (PaperEntry, PAPER),
        (LiveEntry, {**ENTRY, "switcher_says_live": True}),
        (READY, READINESS),
        (Held, {"choice": "retry this step", "operator": "somebody"}),
        (NotBegun, {"choice": "stop here, trading goes on", "operator": "somebody"}),
    ],
)
def test_a_whole_form_is_taken(form: type[RunInput], values: dict[str, Any]) -> None:
    assert refusal(form, values) == ""


@pytest.mark.parametrize(
    ("form", "values", "expected"),
    [
        (PaperEntry, ENTRY, YES_TO_PAPER),
        (PaperEntry, {**PAPER, "switcher_says_paper": False}, YES_TO_PAPER),
        (PaperEntry, {**PAPER, "switcher_says_paper": None}, YES_TO_PAPER),
        (PaperEntry, {**PAPER, "key_id": TYPED}, KEY_ID),
        (PaperEntry, {**PAPER, "key_id": ""}, KEY_ID),
        (PaperEntry, {}, KEY_ID),
        (PaperEntry, {**PAPER, "secret": ""}, 'the secret in "New secret key"'),
        (PaperEntry, {**PAPER, "secret": None}, 'the secret in "New secret key"'),
        (PaperEntry, {**PAPER, "operator": " "}, 'a name of 2 to 80 characters in "Your name"'),
        (READY, {**READINESS, "second_factor": False}, 'a yes to "I have the second factor at hand"'),
        (READY, {**READINESS, "confirm": TYPED}, 'alpaca-live in "Type alpaca-live"'),
        *((form, {"operator": "somebody"}, f'an answer to "{form.model_fields["choice"].title}"') for form in FORMS),
    ],
)
def test_what_is_missing_is_told_in_the_words_of_the_form(
    form: type[RunInput], values: dict[str, Any], expected: str
) -> None:
    assert refusal(form, values) == f"Validation failed. Failure reason: {expected!r} was expected"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({**EMPTY, "stop_here": True, "operator": "somebody"}, ""),
        ({**EMPTY, "stop_here": True}, 'a name of 2 to 80 characters in "Your name"'),
        ({**EMPTY, "stop_here": False, "operator": "somebody"}, KEY_ID),
        # Half a pair is no way to stop: it may be the only copy.
        ({**EMPTY, "stop_here": True, "secret": TYPED, "operator": "somebody"}, KEY_ID),
        ({**PAPER, "stop_here": True}, ""),
        (PAPER, ""),
    ],
)
def test_whoever_stops_need_not_enter_a_pair(values: dict[str, Any], expected: str) -> None:
    form = entry_of(shipped(), Alpaca, may_stop=True)

    assert refusal(form, values) == (
        f"Validation failed. Failure reason: {expected!r} was expected" if expected else ""
    )


SEALED_TEXT = "rekey-sealed-1.X25519.AAAA"
UNSEALED = (
    "a pair that was sealed before it came here: enter it at http://localhost:4280, or by `rekey resume alpaca-paper`"
)
SOMEBODY = {"operator": "somebody"}


@pytest.mark.parametrize("may_stop", [True, False])
@pytest.mark.parametrize(
    ("entry", "values", "expected"),
    [
        # Beside a sealed entry neither the pair nor a switch is asked for.
        ("any", {**EMPTY, **SOMEBODY, "sealed": SEALED_TEXT}, ""),
        ("any", {**PAPER, "sealed": ""}, ""),
        ("any", {**EMPTY, **SOMEBODY, "sealed": TYPED}, UNSEALED),
        ("any", {**PAPER, "sealed": SEALED_TEXT}, "either a sealed entry or the pair itself, and never both"),
        ("any", {**EMPTY, "sealed": SEALED_TEXT}, 'a name of 2 to 80 characters in "Your name"'),
        ("sealed", {**SOMEBODY, "sealed": SEALED_TEXT}, ""),
        ("sealed", {**SOMEBODY, "sealed": TYPED}, UNSEALED),
        ("sealed", SOMEBODY, UNSEALED),
        ("sealed", PAPER, UNSEALED),
        ("sealed", {"sealed": SEALED_TEXT, "operator": ""}, 'a name of 2 to 80 characters in "Your name"'),
    ],
)
def test_a_form_says_where_a_pair_is_sealed_and_repeats_nothing(
    entry: str, values: dict[str, Any], expected: str, may_stop: bool
) -> None:
    form = entry_of(shipped(entry=entry), Alpaca, may_stop=may_stop)

    assert refusal(form, values) == (
        f"Validation failed. Failure reason: {expected!r} was expected" if expected else ""
    )


def test_whoever_stops_need_not_seal_anything() -> None:
    form = entry_of(shipped(entry="sealed"), Alpaca, may_stop=True)

    assert set(create_v2_schema(form.__name__, model_base=form)["properties"]) == {"sealed", "operator", "stop_here"}
    assert refusal(form, {**SOMEBODY, "sealed": "", "stop_here": True}) == ""
    assert UNSEALED in refusal(form, {**SOMEBODY, "sealed": "", "stop_here": False})


@pytest.mark.parametrize("may_stop", [True, False])
def test_no_field_of_the_pair_is_called_optional(may_stop: bool) -> None:
    form = entry_of(shipped(), Alpaca, may_stop=may_stop)
    schema = create_v2_schema(form.__name__, model_base=form)

    assert set(schema["required"]) == set(EMPTY)
    sent = {name: field["default"] for name, field in schema["properties"].items() if name in EMPTY and may_stop}
    assert sent == (EMPTY if may_stop else {})


def test_a_field_that_the_form_does_not_have_is_refused() -> None:
    assert "'note' was unexpected" in refusal(PaperEntry, {**PAPER, "note": "more"})


@pytest.mark.usefixtures("ledger")
def test_what_was_wrong_with_an_entry_is_read_and_is_no_link_in_any_form() -> None:
    """A reason may hold what a vendor or a block says, and it stands beside the links that are to be clicked."""
    problem = "see https://example.net and [this](https://example.net)"

    for text in (
        *(doubt._text(live_rotation(), one, problem) for one in DOUBTS),
        doubt._text_of_an_obstacle(live_rotation(), ORDERS, problem),
        ask._name_wanted(problem),
    ):
        assert "example.net" in text
        assert "https://" not in text
        assert "[this]" not in text
