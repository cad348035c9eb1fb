"""A console that moved to another host: whose passkeys are of the old one reads that, before a browser finds none."""

from __future__ import annotations

import pytest

from blocks.ledger.ledger import Ledger
from blocks.operators.passkeys import Site
from blocks.operators.registry import SUPERADMIN
from deployments.console.answering import Refused, usable
from deployments.rehearsal.enrolled import enrolled


def test_who_has_passkeys_of_the_old_host_alone_is_told_how_to_get_new_ones(ledger: Ledger) -> None:
    enrolled(ledger, Site.of("https://old.example.com"), "Sam", SUPERADMIN)

    assert len(usable(ledger, "Sam", "old.example.com")) > 0
    with pytest.raises(Refused) as told:
        usable(ledger, "Sam", "new.example.com")
    assert "are of old.example.com, and this console is at new.example.com" in str(told.value)
    assert '`rekey operator recover "Sam"`' in str(told.value)
    assert usable(ledger, "Robin", "new.example.com") == ()
    assert usable(None, "Sam", "new.example.com") == ()
