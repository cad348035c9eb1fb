"""The encodings in which a secret may lie somewhere unseen: a search for the secret itself would miss it there."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

from deployments.rehearsal.silence import leaks

# So many characters at either end are searched for, too.
END = 8


def derived(secret: str) -> set[str]:
    """The secret, its ends, and what base64, hexadecimal digits, an address or JSON would make of it."""
    raw = secret.encode()
    # Where it stands in a longer text, base64 begins in the middle of a group: without the characters that depend on
    # what is before and behind it.
    shifted = {
        encode(b"\0" * lead + raw).decode().rstrip("=")[_skipped(lead) : -2 if (lead + len(raw)) % 3 else None]
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for lead in range(3)
    }
    texts = {secret, secret[:END], secret[-END:], quote(secret, safe=""), json.dumps(secret)[1:-1]}
    return {*texts, *shifted, raw.hex(), raw.hex().upper()}


def _skipped(lead: int) -> int:
    return (0, 2, 3)[lead]


def places_of(secret: str, folders: list[Path]) -> list[str]:
    """The files, and the tables of Prefect's database, in whose bytes one of these is."""
    return leaks(derived(secret), folders)
