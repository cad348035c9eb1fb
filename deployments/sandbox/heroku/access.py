"""Who may ask the simulated Heroku what, and how often."""

from __future__ import annotations

import base64
import binascii
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil, inf
from typing import Literal, get_args

from pydantic import SecretStr
from starlette.requests import Request

from blocks.secret import fingerprint
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier, token

Scope = Literal["global", "identity", "read", "read-protected", "write", "write-protected"]

SCOPES: frozenset[Scope] = frozenset(get_args(Scope))

# Followed by anything: 3.cedar-acm, 3.sdk, other types.
_ACCEPTED = re.compile(r"application/vnd\.heroku\+json\s*;\s*version=3", re.IGNORECASE)
_VERSIONED = re.compile(r"application/vnd\.heroku\+json\s*;\s*version=", re.IGNORECASE)
# These two texts are public reports'; the first one has no "message", and its status is inferred.
_NO_VERSION = (
    "Please specify a version along with Heroku's API MIME type. For example, "
    "`Accept: application/vnd.heroku+json; version=3`.\n"
)
_NO_CREDENTIALS = (
    "There were no credentials in your `Authorization` header. Try `Authorization: Bearer <OAuth access token>` or "
    '`Authorization: Basic <base64-encoded email + ":" + password>`.'
)
# A pool of 4500, refilled by 75 a minute.
_POOL = 4500
_REFILL_PER_S = 75 / 60


@dataclass(slots=True)
class _Holder:
    """Whose token it is and what it may do."""

    email: str
    scopes: tuple[Scope, ...]
    # On the monotonic clock.
    ends_at: float = inf
    revoked: bool = False

    @property
    def is_over(self) -> bool:
        return self.revoked or time.monotonic() >= self.ends_at


def _sufficient(request: Request, *, write: bool, config: bool) -> list[Scope]:
    """The scopes of which each would do: read and write exclude config vars; only write ones change anything.

    Whoever makes tokens could give itself any right, so below /oauth it is only the one for everything.
    """
    path = request.url.path
    if path.startswith("/oauth/"):
        return ["global"]
    levels: list[Scope] = (
        ["write", "write-protected"] if write else ["read", "read-protected", "write", "write-protected"]
    )
    protected = [one for one in levels if not config or one.endswith("-protected")]
    identity: list[Scope] = ["identity"] if path == "/account" and not write else []
    return ["global", *identity, *protected]


@dataclass(slots=True)
class Authorization:
    """What `heroku authorizations` lists: a token with its scopes and purpose."""

    token: str = field(repr=False)
    email: str
    scopes: tuple[Scope, ...]
    expires_in_s: float | None
    description: str | None
    id: str = field(default_factory=identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # On the monotonic clock.
    made_at: float = field(default_factory=time.monotonic)

    @property
    def lasts_s(self) -> int | None:
        """How long it still lasts, from now on; None for one that does not end.

        So the heroku CLI reads it (heroku/cli, lib/authorizations); no page of Heroku's says from when it counts.
        """
        if self.expires_in_s is None:
            return None
        return max(0, ceil(self.expires_in_s - (time.monotonic() - self.made_at)))


class Access:
    """The tokens and the rate limit, one pool for all."""

    def __init__(self, knobs: HerokuKnobs) -> None:
        self._knobs = knobs
        self._holders: dict[str, _Holder] = {}
        self.authorizations: dict[str, Authorization] = {}
        # Requests that are left; tests may set it to 0.
        self.allowance = float(_POOL)
        self._allowance_at = time.monotonic()

    def add(self, scope: Scope, email: str) -> str:
        """A further token, which does not end."""
        return self.grant((scope,), email, None)

    def add_known(self, value: str) -> str:
        """A global token of operator@example.com with this value, which does not end; described as rekey asks for."""
        named = f"rekey {fingerprint(SecretStr(value))}"
        return self._authorized(value, ("global",), "operator@example.com", None, named).token

    def grant(self, scopes: tuple[Scope, ...], email: str, expires_in_s: float | None) -> str:
        """A further token with all of these scopes, usable at once."""
        return self.authorize(scopes, email, expires_in_s, None).token

    def authorize(
        self, scopes: tuple[Scope, ...], email: str, expires_in_s: float | None, description: str | None
    ) -> Authorization:
        """The authorization of a further token."""
        return self._authorized(token("HRKU-"), scopes, email, expires_in_s, description)

    def _authorized(
        self, value: str, scopes: tuple[Scope, ...], email: str, expires_in_s: float | None, description: str | None
    ) -> Authorization:
        made = Authorization(value, email, scopes, expires_in_s, description)
        self.authorizations[made.id] = made
        ends_at = inf if expires_in_s is None else time.monotonic() + expires_in_s
        self._holders[made.token] = _Holder(email, scopes, ends_at)
        return made

    def end(self, authorization: Authorization) -> None:
        """Its token is refused from now on, and nothing is left of it."""
        del self.authorizations[authorization.id]
        del self._holders[authorization.token]

    def renew(self, authorization: Authorization) -> None:
        """Another token takes the place of the one that it has, at once."""
        holder, authorization.token = self._holders.pop(authorization.token), token("HRKU-")
        self._holders[authorization.token] = holder

    def revoke(self, made: str) -> None:
        """From now on the token is refused with ``knobs.revoked_status``."""
        self._holders[made].revoked = True

    def admit(self, request: Request, *, write: bool, config: bool, counted: bool) -> str:
        """The e-mail address of who asks, or a HerokuError: 406, 401, 429, 403 in this order."""
        _demand_version(request.headers.get("accept", ""))
        presented = _presented(request)
        if not presented:
            raise HerokuError(401, "unauthorized", _NO_CREDENTIALS)
        holder = self._holders.get(presented)
        if holder is None or (holder.is_over and self._knobs.revoked_status == 401):
            raise HerokuError(401, "unauthorized", "Invalid credentials provided.")
        self._count(counted=counted)
        enough = _sufficient(request, write=write, config=config)
        request.state.scopes = {"Oauth-Scope": " ".join(holder.scopes), "Oauth-Scope-Accepted": " ".join(enough)}
        if holder.is_over or not set(enough) & set(holder.scopes):
            name = request.path_params.get("app", "")
            what = f"the app {name}" if name else "this resource"
            raise HerokuError(403, "forbidden", f"You do not have access to {what}.")
        return holder.email

    def _count(self, *, counted: bool) -> None:
        now = time.monotonic()
        self.allowance = min(_POOL, self.allowance + (now - self._allowance_at) * _REFILL_PER_S)
        self._allowance_at = now
        if counted and self.allowance < 1:
            message = "Your account reached the API rate limit. Please wait a few minutes before making new requests"
            raise HerokuError(429, "rate_limit", message)
        self.allowance -= 1 if counted else 0


def _demand_version(accept: str) -> None:
    if _ACCEPTED.match(accept):
        return
    refusal = HerokuError(406, "not_acceptable", "Specify a version with the Accept header.")
    if not _VERSIONED.match(accept):
        refusal.body = {"id": "missing_version", "error": _NO_VERSION}
    raise refusal


def _presented(request: Request) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return value if kind.lower() == "bearer" else ""
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
