"""When the token of the block ends, as Vault tells whoever has it.

Facts (token API of Vault, lookup-self; source of OpenBao, vault/token_store.go, handleLookup; read 2026-11-29):
``expire_time`` is null for a token without an end, a root token; ``num_uses`` is how often it may still be used, 0 for
no limit. Every token may look itself up by the policy ``default``. A renewal moves the end up to a maximum; rekey
renews none. A secret ID's end is told only to who may look it up by its role's name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from blocks.errors import Refused, StepError, Unproved
from blocks.key_end import KeyEnd
from blocks.vaults.hashicorp.session import BLOCK, VENDOR, HashicorpSession, unclear

_OPERATION = "ask when the token ends"
_APP_ROLE = (
    f"rekey logs in to {VENDOR} as an AppRole. Not looked at: whether and when its secret ID ends, which its role's "
    "administrator can look up (`vault write auth/approle/role/NAME/secret-id/lookup`)."
)
_NO_END = f"{VENDOR} accepts rekey's token, which has no end, as a root token has none."
_REMEDY = f"Put a new token into {BLOCK}, or an AppRole, as which rekey logs in anew"
# Nanoseconds, which Python's own datetime has none of.
_FRACTION = re.compile(r"\.[0-9]+")


def of(session: HashicorpSession) -> KeyEnd:
    """Raises StepError for a token of so many uses, Unproved when it may not look itself up, and VendorError."""
    if session.is_app_role:
        return KeyEnd(told=_APP_ROLE)
    told = _looked_up(session)
    uses = told.get("num_uses")
    if type(uses) is int and uses > 0:
        raise StepError(
            f"rekey's {VENDOR} token may be used {uses} more times, and each request is a use.",
            f"{_REMEDY}; a token for rekey has no limit of uses.",
        )
    ends = told.get("expire_time")
    if ends is None and "expire_time" in told:
        return KeyEnd(told=_NO_END)
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(_FRACTION.sub("", str(ends)))
        if at.tzinfo is not None:
            helps = "; or renew it from outside (`vault token renew`), which rekey does not do"
            return KeyEnd(at.astimezone(UTC), remedy=f"{_REMEDY}{helps if told.get('renewable') is True else ''}.")
    raise unclear(_OPERATION, "no time of its end in the answer", 200)


def _looked_up(session: HashicorpSession) -> dict[str, object]:
    try:
        body = session.ask(_OPERATION, "GET", "/v1/auth/token/lookup-self").body
    except Refused:
        pass
    else:
        found = body.get("data") if isinstance(body, dict) else None
        if isinstance(found, dict):
            return found
        raise unclear(_OPERATION, "no data in the answer", 200)
    raise Unproved(
        f"{VENDOR} does not let rekey's token look itself up, so when it ends is not known.",
        f"Give it the policy `default`, or put its end into a calendar. Where it has ended already: {_REMEDY}.",
    )
