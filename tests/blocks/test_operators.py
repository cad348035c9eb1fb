"""A name is one line that everybody sees, and a claim: nobody can pass a name off as rekey's own doing."""

from __future__ import annotations

import pytest

from blocks.ledger.operators import LONGEST, claimed_by, normalised, problem_of, rekey_in

NAMES = {
    "  Jose\u0301  Ruiz ": "José Ruiz",
    "山田": "山田",
    "A\u00a0B\u3000C": "A B C",
    "O'Neil-Smith (ops), 2nd": "O'Neil-Smith (ops), 2nd",
    "<!channel> {{ a }} | *b*": "<!channel> {{ a }} | *b*",
}
NO_NAMES = {
    "one\ntwo": "U+000A",
    "one\r": "U+000D",
    "tab\tbed": "U+0009",
    "red\x1b[31m": "U+001B",
    "c1\x9b": "U+009B",
    "right\u202eleft": "U+202E",
    "mark\u200f": "U+200F",
    "zero\u200bwidth": "U+200B",
    "bom\ufeff": "U+FEFF",
    "line\u2028line": "U+2028",
    "filler \u3164": "U+3164",
    "   ": "0 characters",
    "x": "1 characters",
    "x" * (LONGEST + 1): f"{LONGEST + 1} characters",
    "...": "no letter",
}


@pytest.mark.parametrize(("typed", "name"), NAMES.items())
def test_a_name_has_one_spelling(typed: str, name: str) -> None:
    assert problem_of(typed) is None
    assert normalised(typed) == normalised(name) == name


@pytest.mark.parametrize(("typed", "why"), NO_NAMES.items())
def test_what_is_no_name_is_refused_with_the_reason_and_never_repeated(typed: str, why: str) -> None:
    told = problem_of(typed)

    assert told is not None
    assert why in told
    assert "Type" in told
    assert typed.strip(" .\n") not in told or len(typed.strip(" .\n")) < 2


@pytest.mark.parametrize("name", ["rekey", rekey_in("brave-lion"), "claimed by somebody"])
def test_no_name_passes_for_rekey_itself(name: str) -> None:
    """Whatever is typed: its row begins with "claimed by", and rekey's own never do."""
    assert claimed_by(name).startswith("claimed by ")
    assert not rekey_in(name).startswith("claimed by ")
