"""Who acts on the console: whoever has the login of Prefect, with which the console itself acts, and their name.

A cookie says that somebody typed both. It is signed with a key of that login: nothing is kept, every console of one
rekey takes it, and another login ends it. The name is a claim, as it is in Prefect's forms.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from pydantic import SecretStr

# Only this host, this path and a secure page may set or read it; on http a browser may refuse one that says so (Safari
# does for localhost).
COOKIE, OPEN_COOKIE = "__Host-rekey", "rekey"
LASTS_S = 12 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """The sessions of a console with this login (``user:password``), at this origin."""

    login: SecretStr = field(repr=False)
    origin: str

    @property
    def is_secure(self) -> bool:
        """Whether its pages come by https."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return COOKIE if self.is_secure else OPEN_COOKIE

    @property
    def exists(self) -> bool:
        """Whether there is a login at all. Without one nobody may act."""
        return bool(self.login.get_secret_value())

    def is_login(self, typed: SecretStr) -> bool:
        """Whether this is the login, compared in constant time."""
        known = self.login.get_secret_value().encode()
        return self.exists and hmac.compare_digest(known, typed.get_secret_value().strip().encode())

    def begin(self, name: str) -> str:
        """The value of a cookie of somebody of this name, which lasts from now on."""
        told = f"{int(time.time()) + LASTS_S}.{urlsafe_b64encode(name.encode()).decode().rstrip('=')}"
        return f"{told}.{self._signature(told)}"

    def name_in(self, cookie: str) -> str:
        """Whose cookie this is; empty for one that ``begin`` did not give, and for one that is over."""
        told, _, signature = cookie.rpartition(".")
        if not self.exists or not cookie.isascii() or not hmac.compare_digest(self._signature(told), signature):
            return ""
        until, _, name = told.partition(".")
        return urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode() if int(until) > time.time() else ""

    def _signature(self, told: str) -> str:
        key = hashlib.sha256(f"rekey console\0{self.login.get_secret_value()}".encode()).digest()
        return hmac.new(key, f"{self.origin}\0{told}".encode(), hashlib.sha256).hexdigest()
