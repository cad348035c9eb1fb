"""The form for the pair says one thing to do, for the state that the rotation is in, whatever brought it back."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.terms import Situation
from blocks.model.rotation import Todo
from deployments.sandbox import made_up
from tasks.rotate.instructions import Form, instructions
from tasks.rotate.whose import looks_wrong
from tests.steps.support import SHIPPED

AT = datetime(2026, 11, 27, 14, 2, 11, tzinfo=UTC)
PROBLEM = "What was wrong."
STANDS = "Trading: unknown since 14:02:11 UTC: the brakes are not proved to be on."
CLICK = "click **Regenerate**"
# What the first line and the steps say, and what they must not say, by what is to be done.
SAYS = {
    Todo.REGENERATE: (CLICK, "touch no button there", "Nothing is regenerated"),
    Todo.COPY: ("touch no button there", CLICK, "Nothing is regenerated"),
    Todo.ENTER: ("touch no button there", CLICK, "Nothing is regenerated"),
    Todo.ENTER_AGAIN: ("Nothing is regenerated", CLICK, "touch no button there"),
}


def text(credential: str, problem: str | None, **state: object) -> str:
    """The form of a credential in a state."""
    entry = load_catalog(SHIPPED).get(credential)
    form = Form(entry, stands=str(state.pop("stands", "")))
    situation = Situation("https://dashboard.example.com/x", entry.realm, **state)  # type: ignore[arg-type]  # fields by name
    return instructions(form, Alpaca(), situation, problem)


# Each entry's verdict, with a pair that lives, one that was seen to die, and one that was dead before.
STATES: tuple[dict[str, object], ...] = ({}, {"died_at": AT}, {"is_dead": True})


@pytest.mark.parametrize(
    ("credential", "todo", "state"), list(product(("alpaca-paper", "alpaca-live"), (None, *Todo), STATES))
)
def test_there_is_one_thing_to_do_and_nothing_contradicts_it(
    credential: str, todo: Todo | None, state: dict[str, object]
) -> None:
    stands = STANDS if credential == "alpaca-live" else ""
    told = text(credential, PROBLEM, todo=todo, stands=stands, **state)
    wanted = todo or (Todo.ENTER if "died_at" in state else Todo.REGENERATE)
    says, *never = SAYS[wanted]

    headings = [line for line in told.splitlines() if line.startswith("#")]
    assert headings == [f"### The last entry was not accepted: {wanted}", f"### Rotate {credential}: {wanted}"]
    assert says in told
    assert [one for one in never if one in told] == []
    # Only a pair that lives can be killed, and only by a click that is to be made.
    assert ("Regenerate kills the old pair" in told) == (wanted is Todo.REGENERATE and not state)
    assert ("The old pair is dead" in told) == bool(state)
    goes_on = "rekey lets trading go on only when the new pair is proved everywhere."
    assert (f" **{STANDS}** {goes_on}" in told) == (credential == "alpaca-live")
    assert "Trading is stopped" not in told, "that is known from what was proved, and not from the form"


def test_the_first_form_says_what_to_click_and_nothing_of_an_entry() -> None:
    told = text("alpaca-live", None, subject="8A4B")

    assert told.startswith("### Rotate alpaca-live: click Regenerate, and enter the pair that it shows\n")
    assert "[the Alpaca dashboard](https://dashboard.example.com/x) **in a new tab**." in told
    assert "the account is **8A4B**" in told
    # A phone has no such key.
    assert "Ctrl" not in told


def test_the_old_pair_that_was_typed_again_leads_to_a_click_only_while_it_lives() -> None:
    old = Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))

    lives, dead = (looks_wrong(Alpaca, old, old.fingerprint, is_dead=one) for one in (False, True))

    assert lives is not None
    assert dead is not None
    assert (lives.todo, dead.todo) == (Todo.REGENERATE, Todo.ENTER)
    assert "Click Regenerate" in lives.problem
    assert "Regenerate" not in dead.problem
