"""A table is proposed from a rule of a secret scanner: what it says is in it, and what it does not say is told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from blocks.issuers.declared.table import DeclaredTable
from blocks.look import Look
from tests.propose.__main__ import main
from tests.propose.look_of import look_of

RULES = Path(__file__).parent / "rules.json"
DECIDED = {"page": "/keys", "clicks": ["Press **New**."], "old_dies": "at mint"}


def proposed(name: str, capsys: pytest.CaptureFixture[str], rules: Path | None = RULES) -> str:
    main([name, *(["--rules", str(rules)] if rules else [])])
    return capsys.readouterr().out


def table(text: str) -> dict[str, Any]:
    (credential,) = tomllib.loads(text)["credential"].values()
    return dict(credential["declared"])


def test_what_the_rule_says_is_in_the_table_and_it_loads_when_a_person_has_decided_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = proposed("mailer", capsys)
    found = table(text)

    assert (found["values"], found["headers"]) == (
        {"token": "ml_{base62:24}-{hex:8}"},
        {"Authorization": "Token {token}"},
    )
    assert (found["identity"], found["subject"], found["refused"]) == ("/v2/me?full=1", "owner.id", [403])
    assert tomllib.loads(text)["hosts"]["issuers"] == {"mailer": "https://api.mailer.example"}
    assert "The rule revokes by DELETE https://api.mailer.example/v2/keys/current" in text
    with pytest.raises(ValidationError) as refused:
        DeclaredTable(**found)
    assert {one["loc"][0] for one in refused.value.errors()} == set(DECIDED)
    loaded = DeclaredTable(**{**found, **DECIDED})
    assert list(loaded.problems(guarded=False, takes_orders=False)) == []


def test_what_is_not_as_simple_is_left_empty_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    text = proposed("ledgerly", capsys)
    found = table(text)

    assert (found["values"], found["identity"], found["subject"]) == ({"token": ""}, "", "")
    assert "the rule's expression is no look: " in text
    assert "the rule asks by none that a table could: POST https://api.ledgerly.example/graphql" in text


@pytest.mark.parametrize(
    ("pattern", "look"),
    [
        (r"\b(ghx_[A-Za-z0-9]{36})\b", "ghx_{base62:36}"),
        (r"(?P<TOKEN>SG\.[\w-]{22}\.[\w-]{43})", "SG.{base64url:22}.{base64url:43}"),
        ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "{uuid}"),
        (r"key[0-9]{20,30}", "key{digits:20..30}"),
        ("(?i)[a-f0-9]{32}", "{hex:32}"),
        ("short[a-z]{3}", None),
        ("[a-z]{20,}", None),
        ("[^a-z]{20}", None),
        (r"(?:a|b)[a-z]{20}", None),
        ("x+[a-z]{20}", None),
    ],
)
def test_an_expression_becomes_a_look_or_none(pattern: str, look: str | None) -> None:
    assert look_of(pattern) == look
    if look is not None:
        assert re.search(pattern, Look(look).made_up())


def test_a_name_that_no_rule_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"None of the 2 rules of rules\.json has nowhere in its id"):
        proposed("nowhere", capsys)


def test_the_packages_own_rules_are_read_where_it_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("kingfisher_sdk", reason="kingfisher-secret-scanner is in no lock")

    found = table(proposed("postmark", capsys, rules=None))

    assert (found["values"], found["headers"]) == ({"token": "{uuid}"}, {"X-Postmark-Server-Token": "{token}"})
    assert (found["identity"], found["refused"]) == ("/server", [401])
