"""The words of every issuer (issuer, realm, subject, guarded), and those of the first catalogs, which stay valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from tests.blocks.catalog_text import LIVE, PAPER, changed, line_of, refusal, written

OLD = ('vendor = "alpaca"', 'environment = "paper"')
NEW = ('issuer = "alpaca"', 'realm = "paper"')


def renamed(text: str, realm: str = "paper") -> str:
    """The entry with the new words in place of the old ones."""
    text = changed('vendor = "alpaca"', 'issuer = "alpaca"', text)
    return changed(f'environment = "{realm}"\n', f'realm = "{realm}"\n', text)


def test_both_words_mean_the_same(tmp_path: Path) -> None:
    old, new = (load_catalog(written(tmp_path, text)).get("alpaca-paper") for text in (PAPER, renamed(PAPER)))

    assert old == new
    assert (new.issuer, new.realm, new.guarded) == ("alpaca", "paper", False)


@pytest.mark.parametrize("word", ["subject", "account_number"])
def test_an_entry_is_bound_to_one_subject_by_either_word(tmp_path: Path, word: str) -> None:
    bound = changed(OLD[0], f'{OLD[0]}\n{word} = "PA3X7K2M9QLD"')

    assert load_catalog(written(tmp_path, bound)).get("alpaca-paper").subject == "PA3X7K2M9QLD"


@pytest.mark.parametrize(("old", "new"), list(zip(OLD, NEW, strict=True)))
def test_saying_a_thing_twice_is_refused_with_its_line(tmp_path: Path, old: str, new: str) -> None:
    twice = changed(old, f"{old}\n{new}")

    told = refusal(tmp_path, twice)

    assert f"alpaca-paper.{old.split(maxsplit=1)[0]} (line {line_of(twice, old)}): this field is unknown" in told


@pytest.mark.parametrize(("word", "line"), [("issuer", NEW[0]), ("vendor", OLD[0])])
def test_an_issuer_that_nobody_knows_is_refused_with_those_that_are_known(tmp_path: Path, word: str, line: str) -> None:
    text = changed(OLD[0], line.replace("alpaca", "alpacca"))

    assert f"credential.alpaca-paper.{word} (line {line_of(text, word)}): input should be 'alpaca'" in refusal(
        tmp_path, text
    )


def test_a_realm_that_the_issuer_has_not_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed(OLD[1], 'realm = "practice"'))

    assert "credential.alpaca-paper.realm (line" in told
    assert "input should be 'paper' or 'live'" in told


GUARDED_TWICE = changed('vendor = "alpaca"', 'vendor = "alpaca"\nguarded = true', LIVE)


@pytest.mark.parametrize(
    "text", [LIVE, renamed(LIVE, "live"), changed('vendor = "alpaca"', 'vendor = "alpaca"\nguarded = true', LIVE)]
)
def test_a_live_credential_is_guarded_whatever_is_forgotten(tmp_path: Path, text: str) -> None:
    assert load_catalog(written(tmp_path, text)).get("alpaca-live").guarded

    told = refusal(tmp_path, text.replace('app = "raxx-mq-a"', 'app = "raxx-mq-staging"'))

    assert "containment: a live pair goes only to applications that its brakes can stop" in told


def test_no_word_takes_the_guard_from_a_live_credential(tmp_path: Path) -> None:
    text = changed('vendor = "alpaca"', 'vendor = "alpaca"\nguarded = false', LIVE)

    told = refusal(tmp_path, text)

    assert f"guarded (line {line_of(text, 'guarded')}): a live credential is always guarded: take this line out" in told


@pytest.mark.parametrize("word", ['"perhaps"', '"false"', "0"])
def test_what_is_no_yes_or_no_takes_no_guard_away(tmp_path: Path, word: str) -> None:
    text = changed('vendor = "alpaca"', f'vendor = "alpaca"\nguarded = {word}', LIVE)

    assert f"guarded (line {line_of(text, 'guarded')}): input should be a valid boolean" in refusal(tmp_path, text)


def test_a_paper_credential_may_be_guarded_too(tmp_path: Path) -> None:
    """Then containment holds for it as for real money, and its consumers of today may not have it."""
    told = refusal(tmp_path, changed(OLD[0], f"{OLD[0]}\nguarded = true"))

    assert "containment: a live pair goes only to applications that its brakes can stop" in told
