"""What the vault holds, read from its answers, and what may be written to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from blocks.errors import Refused, StepError
from blocks.vaults.infisical.session import VENDOR, unclear
from blocks.vaults.terms import Location, Stored

HIDDEN = "<hidden-by-infisical>"
_FIELDS_REMEDY = "The vault's API has changed: set 'API' in the Infisical block to the other version, or update rekey."


def name_of(row: Any) -> str:
    """The name of one secret in an answer. Raises Unclear."""
    name = row.get("secretKey") if isinstance(row, dict) else None
    if isinstance(name, str):
        return name
    raise unclear("read secrets", "a secret in the answer has no name", status=200, remedy=_FIELDS_REMEDY)


def stored_of(row: Mapping[str, Any], name: str, location: Location) -> Stored:
    """One secret in an answer. Raises Refused when its value is hidden, Unclear when a field is missing.

    ``<hidden-by-infisical>`` stands in for a value that the identity may not see (current source, read 2026-11-21).
    """
    value, version = row.get("secretValue"), row.get("version")
    if row.get("secretValueHidden") is True or value == HIDDEN:
        raise Refused(
            vendor=VENDOR,
            operation="read secrets",
            fault=f"the value of {name} is hidden from rekey's identity",
            remedy=f"Give rekey's machine identity the right ReadValue on secrets in {location}.",
        )
    updated_at = _moment(row.get("updatedAt"))
    if isinstance(value, str) and isinstance(version, int) and updated_at is not None:
        return Stored(SecretStr(value), version, updated_at)
    raise unclear("read secrets", f"a field of {name} is missing in the answer", status=200, remedy=_FIELDS_REMEDY)


def by_name(rows: Iterable[Any], location: Location, names: Collection[str] | None) -> dict[str, Stored]:
    """The secrets of one folder by name; only those in ``names`` when it is given.

    Raises StepError when a name is there twice, and what ``stored_of`` raises.
    """
    found: dict[str, Stored] = {}
    for row in rows:
        name = name_of(row)
        if names is not None and name not in names:
            continue
        if name in found:
            raise StepError(
                f"{VENDOR}: {name} is stored twice in {location}.",
                "Compare both in Infisical's console and delete the wrong one, then try again.",
            )
        found[name] = stored_of(row, name, location)
    return found


def is_in(row: Any, location: Location) -> bool:
    """Whether one secret of an answer about several folders is directly in this one, as far as it says."""
    path = row.get("secretPath") if isinstance(row, dict) else None
    return isinstance(path, str) and Location(location.environment, path) == location


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def refuse_unstorable(values: Mapping[str, SecretStr]) -> None:
    """Raise StepError, naming the key only, for a value that would not read back as it was written."""
    if not values:
        raise StepError(f"{VENDOR}: there is nothing to write.", "Name at least one secret in the catalog entry.")
    for name, value in values.items():
        reason = _why_unstorable(value.get_secret_value())
        if reason:
            raise StepError(f"{VENDOR}: the value for {name} {reason}.", "Copy it again, the key alone, and enter it.")


def _why_unstorable(text: str) -> str:
    if not text:
        return "is empty"
    # JavaScript's trim() takes the byte order mark too, Python's strip() does not.
    if text != text.strip().strip("\ufeff"):
        return "begins or ends with white space, which the vault cuts off"
    if "${" in text:
        return "contains ${, which the vault reads as a reference to another secret"
    # It cannot be sent, and the encoder's error would quote the whole request.
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "contains a character that is not valid text"
    return ""
