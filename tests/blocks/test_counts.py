"""What processes counted is added up in the ledger's database, beside the leases."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks import tally
from blocks.errors import LedgerError
from blocks.ledger import counts
from blocks.ledger.lease import Lease


@pytest.fixture(autouse=True)
def _nothing_is_counted_yet() -> None:
    tally.take()


def counted(url: SecretStr, *keys: tuple[str, ...]) -> None:
    """As another process that ends."""
    for key in keys:
        tally.add(*key)
    counts.keep(url)


def test_what_processes_counted_is_added_and_is_no_lease(url: SecretStr) -> None:
    one, other = ("requests", "a", "h:1", "ok"), ("requests", "a", "h:1", "none")
    assert counts.all_of(url) == {}

    counted(url, one, one, other)
    counted(url, one)
    counted(url)

    assert counts.all_of(url) == {one: 3, other: 1}
    assert Lease(url, "alpaca-live").look() is None


def test_what_cannot_be_written_is_counted_still(tmp_path: Path, url: SecretStr) -> None:
    tally.add("alarms", "told")
    with pytest.raises(LedgerError):
        counts.keep(SecretStr(f"sqlite:///{tmp_path}"))
    counted(url, ("alarms", "told"))

    assert counts.all_of(url) == {("alarms", "told"): 2}


def test_names_of_any_length_and_with_any_character_are_told_apart_by_their_end(url: SecretStr) -> None:
    vendor, host = 'Ω "quoted" \\ vendor ' * 20, f"{'long.' * 50}example.com:443"

    counted(url, ("requests", vendor, host, "ok"), ("requests", vendor, f"other{host}x", "refused"))

    found = counts.all_of(url)
    assert {key[-1]: number for key, number in found.items()} == {"ok": 1, "refused": 1}
    assert sorted(key[2][-5:] for key in found) == [":443x", "m:443"]
