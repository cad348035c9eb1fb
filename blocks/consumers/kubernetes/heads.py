"""What the metadata of an object says of whoever manages it: its controller, labels, annotations, managed fields.

Facts from the Kubernetes API concepts ("Server-Side Apply") and API reference (ObjectMeta v1), read 2026-11-29: whoever
applies an object by server-side apply is named with each field that it set, until somebody else sets the field to
another value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Head:
    """Of one object. An annotation may hold the whole object, with its values: nothing of them shows in a repr."""

    name: str
    # Kind and name of the controller that makes it, such as an operator; empty for none.
    owner: tuple[str, str] | None = None
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    marks: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Who applies it, and the fields that it set: f:data -> f:KEY.
    appliers: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Self:
        """Raises nothing: what is of another form says nothing."""
        owners = [one for one in _dicts(metadata.get("ownerReferences")) if one.get("controller")]
        owner = (str(owners[0].get("kind")), str(owners[0].get("name"))) if owners else None
        applied = [
            (str(one.get("manager", "")), one["fieldsV1"])
            for one in _dicts(metadata.get("managedFields"))
            if one.get("operation") == "Apply" and not one.get("subresource") and isinstance(one.get("fieldsV1"), dict)
        ]
        name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        return cls(name, owner, texts(metadata.get("labels")), texts(metadata.get("annotations")), tuple(applied))

    def says(self, word: str) -> str:
        """The value of this label or annotation; empty without one."""
        return self.marks.get(word) or self.labels.get(word, "")

    def applied_by(self, manager: str, path: tuple[str, ...]) -> bool:
        """Whether this one applies the object with a value at ``path``, which goes from the top of the object."""
        return any(_holds(fields, path) for name, fields in self.appliers if name == manager)


def texts(found: Any) -> dict[str, str]:
    """Labels or annotations; empty for what are none."""
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _holds(fields: Any, path: tuple[str, ...]) -> bool:
    for part in path:
        fields = fields.get(f"f:{part}") if isinstance(fields, dict) else None
    return isinstance(fields, dict)
