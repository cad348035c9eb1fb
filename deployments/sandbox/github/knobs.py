"""What goes wrong at the simulated GitHub, as far as it is no fault of the line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class GithubKnobs:
    """What a test or a demonstration may change."""

    # Every request with a valid token is refused with rate_limit_status.
    rate_limited: bool = False
    # GitHub uses both 403 and 429.
    rate_limit_status: int = 403
    # None: the hour's allowance is used up (x-ratelimit-remaining 0). A number: the secondary limit's Retry-After.
    retry_after_s: int | None = None
    # The secondary limit as it was also seen: only the message tells it from a missing permission.
    rate_limit_in_message_only: bool = False
    # Another text than GitHub's usual ones: then only the headers tell.
    rate_limit_message: str | None = None
    # The organization demands single sign-on, for which the token is not authorized.
    sso_required: bool = False
    # The organization's policy that refuses the token: lifetime, classic or ip. Empty for none.
    policy: str = ""
    # Each public key is replaced as soon as it was handed out, so its key_id is not valid any more.
    replace_key_after_reading: bool = False
    # Workflows are queued for ever: no runner is free.
    no_runner: bool = False
    # PUT answers 204 and changes nothing.
    ignore_writes: bool = False
