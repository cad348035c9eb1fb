"""Tokens that a vault gives for an identity, kept by the process that logged in."""

from __future__ import annotations

import threading

from pydantic import SecretStr


class Tokens:
    """Tokens of this process by identity, in memory only: the next step need not log in again while one is accepted.

    An identity whose secret was corrected is another one here, so its first request logs in.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str, SecretStr], SecretStr] = {}

    def get(self, identity: tuple[str, str, SecretStr]) -> SecretStr | None:
        """The newest token of this identity, if there is one."""
        with self._lock:
            return self._tokens.get(identity)

    def keep(self, identity: tuple[str, str, SecretStr], token: SecretStr) -> None:
        """Remember a token that was just given."""
        with self._lock:
            self._tokens[identity] = token

    def forget(self, identity: tuple[str, str, SecretStr], token: SecretStr) -> None:
        """Forget a token that was refused, unless another one took its place meanwhile."""
        with self._lock:
            if self._tokens.get(identity) == token:
                del self._tokens[identity]
