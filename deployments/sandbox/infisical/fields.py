"""What a request says of the secrets that it writes, and which ones a list is to show.

From the vault's own source (secret-router.ts of v4 and deprecated-secret-router.ts, read 2026-11-29). Metadata and the
bound of a reminder's note came after 2024; that the other fields were alike then is taken from the newer source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.input import Input
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Metadata, Row
from deployments.sandbox.infisical.write import Item

_LONGEST_NOTE = 1024
_NOTE = f"Secret reminder note cannot exceed {_LONGEST_NOTE} characters"
_MOST_PAIRS = 10


@dataclass(frozen=True, slots=True)
class Filters:
    """Which secrets a list is to show: those with one of the tags and all of the pairs."""

    tags: Sequence[str] = ()
    pairs: Sequence[tuple[str, str]] = ()

    def shows(self, project: Project, row: Row) -> bool:
        """Whether this one is shown. Encrypted metadata is not searched."""
        slugs = {project.tags[one].slug for one in row.tag_ids if one in project.tags}
        pairs = {(one.key, one.value) for one in row.metadata if not one.is_encrypted}
        return (not self.tags or not slugs.isdisjoint(self.tags)) and pairs.issuperset(self.pairs)


def filters_of(call: Call, *, is_current: bool) -> Filters:
    """Those of a list's query."""
    tags = [one.strip() for one in (call.fields.optional("tagSlugs") or "").split(",") if one.strip()]
    pairs = _pairs_in(call.fields.optional("metadataFilter") or "") if is_current else []
    if len(pairs) > _MOST_PAIRS:
        call.fields.refuse(f"You can only filter by up to {_MOST_PAIRS} metadata fields", "metadataFilter")
    return Filters(tags, pairs)


def new_item(fields: Input, key: str, *, is_current: bool, has_reminder: bool) -> Item:
    """A secret that is to be made. In a batch it has no reminder."""
    changes = _changes(fields, is_current=is_current, is_new=True, has_reminder=has_reminder)
    return Item(key, fields.text("secretValue", trim=False), fields.optional("secretComment"), changes=changes)


def changed_item(fields: Input, key: str, *, is_current: bool) -> Item:
    """A change of a secret. One without a value came later."""
    read_value = fields.optional if is_current else fields.text
    return Item(
        key,
        read_value("secretValue", trim=False),
        fields.optional("secretComment"),
        new_key=fields.secret_name("newSecretName") if fields.has("newSecretName") else None,
        path=fields.secret_path() if fields.has("secretPath") else None,
        changes=_changes(fields, is_current=is_current, is_new=False, has_reminder=True),
    )


def _changes(fields: Input, *, is_current: bool, is_new: bool, has_reminder: bool) -> dict[str, Any]:
    """The fields of a Row that the request has, whatever they are set to."""
    found: dict[str, Any] = {}
    if fields.has("skipMultilineEncoding"):
        found["skip_multiline"] = fields.switch("skipMultilineEncoding", nullable=is_new)
    if has_reminder and fields.has("secretReminderNote"):
        found["reminder_note"] = fields.nullable("secretReminderNote")
        fields.short(found["reminder_note"], _LONGEST_NOTE, _NOTE, "secretReminderNote")
    if has_reminder and fields.has("secretReminderRepeatDays"):
        found["reminder_days"] = fields.amount("secretReminderRepeatDays")
    if fields.has("tagIds"):
        found["tag_ids"] = tuple(dict.fromkeys(fields.texts("tagIds")))
    if is_current and fields.has("secretMetadata"):
        found["metadata"] = tuple(_metadata(one) for one in fields.items("secretMetadata", least=0))
    return found


def _metadata(fields: Input) -> Metadata:
    is_encrypted = bool(fields.switch("isEncrypted", nullable=False))
    return Metadata(fields.filled("key"), fields.optional("value") or "", is_encrypted)


def _pairs_in(text: str) -> list[tuple[str, str]]:
    """``key=K,value=V|key=…``; what is half a pair is no filter."""
    found = []
    for one in text.split("|"):
        parts = [part.strip() for part in re.split("[,=]", one)]
        said = {name.lower(): value for name, value in zip(parts[::2], parts[1::2], strict=False) if value}
        if "key" in said and "value" in said:
            found.append((said["key"], said["value"]))
    return found
