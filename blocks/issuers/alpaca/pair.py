"""What Alpaca mints: a key ID and a secret key. Nobody but Alpaca's own files and its twin's needs these names."""

from __future__ import annotations

import re

from pydantic import SecretStr

from blocks.secret import Minted

FIELDS = ("key_id", "secret")
# What can be a key ID at all (legacy ones have 20, current ones 26 characters). The prefix is a hint, never a gate.
KEY_ID = re.compile(r"[A-Z0-9]{16,40}")


def key_id_of(minted: Minted) -> str:
    """The half that Alpaca's dashboard shows for as long as the pair lives."""
    return minted.values["key_id"].get_secret_value()


class Pair(Minted):
    """Key ID and secret key."""

    __slots__ = ()

    def __init__(self, key_id: str, secret: SecretStr) -> None:
        super().__init__({"key_id": SecretStr(key_id), "secret": secret})

    @property
    def key_id(self) -> str:
        """The half that is no secret."""
        return key_id_of(self)
