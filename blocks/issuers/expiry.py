"""Whether a new key lives long enough: until its next rotation, and some days more, because people are late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blocks.model.credential import Credential

SPARE = timedelta(days=7)


def moment_of(told: str) -> datetime:
    """As GitHub writes one, in two forms: "2026-11-30 19:07:53 UTC" or "+0000". Raises ValueError, OverflowError."""
    return datetime.strptime(told.replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)


def too_early(credential: Credential, ends: datetime | None, now: datetime) -> str:
    """A sentence for a key that ends before that, and how it may be; empty for one that lives, or never ends."""
    needed = now + timedelta(days=credential.cadence_days) + SPARE
    if ends is None or ends >= needed:
        return ""
    due = f"ends on {ends:%Y-%m-%d}, before its next rotation: it is due every {credential.cadence_days} days."
    return f"{due} Make one that lives until {needed:%Y-%m-%d} at least, or shorten cadence_days in the catalog."
