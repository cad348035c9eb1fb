"""A form is filled in by program as its page would: what is required is sent, also empty."""

from __future__ import annotations

from blocks.sealed.run_input import filled_in

SCHEMA = {
    "properties": {
        "key_id": {"type": "string"},
        "switcher": {"type": "boolean"},
        "sealed": {"type": "string"},
        "operator": {"type": "string"},
    },
    "required": ["key_id", "switcher", "operator"],
}


def test_what_is_required_and_not_given_is_sent_empty() -> None:
    given = {"sealed": "a text", "operator": "somebody"}

    assert filled_in(SCHEMA, given) == {"key_id": "", "switcher": False, **given}


def test_what_is_given_stays_and_a_schema_that_is_none_adds_nothing() -> None:
    assert filled_in(SCHEMA, {"key_id": "x", "switcher": True, "operator": "o"})["switcher"] is True
    assert filled_in({}, {"a": "b"}) == {"a": "b"}
    assert filled_in({"required": "key_id", "properties": []}, {}) == {}
