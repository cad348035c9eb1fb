"""The search for derived encodings finds each of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.sandbox import made_up
from tests.derived import places_of

# How a secret may be written within a longer text.
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 within something, one byte on": lambda secret: base64.b64encode(f"x{secret}yz".encode()).decode(),
    "base64 within something, two bytes on": lambda secret: base64.b64encode(f"xy{secret}z".encode()).decode(),
    "base64url": lambda secret: base64.urlsafe_b64encode(f'{{"k":"{secret}"}}'.encode()).decode(),
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    "first characters": lambda secret: secret[:8],
    "last characters": lambda secret: secret[-8:],
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_secret_is_found_however_it_is_written(tmp_path: Path, written: str) -> None:
    secret = made_up.alpaca_secret()
    (tmp_path / "other").write_text(made_up.identifier())
    assert places_of(secret, [tmp_path]) == []
    place = tmp_path / "file"
    place.write_text(f"before: {WRITTEN[written](secret)}, after")

    assert places_of(secret, [tmp_path]) == [str(place)]
    # This very file is no leak of the test's.
    place.unlink()
