"""From one text that people write come a pattern for a key, and keys that nobody was issued."""

from __future__ import annotations

import re

import pytest

from blocks.look import Look


@pytest.mark.parametrize(
    ("written", "key", "other"),
    [
        ("{uuid}", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
        ("sk_live_{base62:24..99}", f"sk_live_{24 * 'Z'}", f"sk_test_{24 * 'Z'}"),
        ("{hex:32}-{hex:32}", f"{32 * 'a'}-{32 * '0'}", f"{32 * 'a'}_{32 * '0'}"),
        ("a.b{digits:16}", f"a.b{16 * '7'}", f"aXb{16 * '7'}"),
    ],
)
def test_a_look_recognizes_its_keys_and_makes_up_others(written: str, key: str, other: str) -> None:
    look = Look(written)

    assert re.fullmatch(look.pattern, key)
    assert not re.fullmatch(look.pattern, other)
    made = {look.made_up() for _ in range(5)}
    assert len(made) == 5
    assert all(re.fullmatch(look.pattern, one) for one in made)


@pytest.mark.parametrize(
    "written", ["", "abc", "{hex}", "{greek:40}", "key {hex:40}", "{hex:40", "sk_{hex:8}", "{hex:0}"]
)
def test_what_is_no_look_or_could_be_guessed_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is no look of a key|no key is so short"):
        Look(written)
