"""What the API server says of a secret, a deployment and its pods, as far as rekey asks it.

Facts from the Kubernetes API reference (Secret v1, Deployment apps/v1, Pod v1), read 2026-11-28. A number that is 0 and
a list that is empty are left out of an answer.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.kubernetes.heads import Head, texts

# The API server's word for a write that somebody else's came before.
CONFLICT = "Conflict"
# The controller counts there how often the template of the pods was another one.
_REVISION = "deployment.kubernetes.io/revision"
# Without these words in an answer it is none.
_DONE = ("Succeeded", "Failed")


class Odd(ValueError):
    """An answer that lacks what every such object has. Holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret. ``version`` changes with every write; ``is_immutable``: it can only be deleted and made anew."""

    version: str
    values: Mapping[str, SecretStr] = field(repr=False)
    head: Head = field(default_factory=lambda: Head(""))
    is_immutable: bool = False

    @classmethod
    def of(cls, body: Any) -> Self:
        """Raises Odd."""
        head = _head(body)
        data = body.get("data") or {}
        if not isinstance(data, dict):
            raise Odd("no data")
        return cls(
            _text(head, "resourceVersion"),
            {str(name): _decoded(value) for name, value in data.items()},
            Head.of(head),
            body.get("immutable") is True,
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment: what is wanted of it, and how far its controller is.

    ``selector`` finds its pods; ``by`` names who changed it last, as managedFields has it. ``marks`` are its own
    annotations, ``pod_marks`` those of the pods that it makes.
    """

    version: str
    generation: int
    replicas: int
    revision: int
    selector: str
    by: str
    is_paused: bool
    marks: Mapping[str, str]
    pod_marks: Mapping[str, str]
    seen_generation: int
    counts: tuple[int, int, int]
    is_stalled: bool
    head: Head

    @classmethod
    def of(cls, body: Any) -> Self:
        """Raises Odd."""
        head = _head(body)
        spec, status = _object(body, "spec"), body.get("status") or {}
        labels = _object(_object(spec, "selector"), "matchLabels")
        template = _object(spec, "template").get("metadata") or {}
        marks = texts(head.get("annotations"))
        revision = marks.get(_REVISION, "0")
        replicas = spec.get("replicas", 1)
        if not isinstance(status, dict) or type(replicas) is not int:
            raise Odd("no status or no replicas")
        return cls(
            version=_text(head, "resourceVersion"),
            generation=_number(head, "generation"),
            replicas=replicas,
            revision=int(revision) if revision.isdecimal() else 0,
            selector=",".join(f"{name}={value}" for name, value in sorted(labels.items())),
            by=_newest_manager(head),
            is_paused=spec.get("paused") is True,
            marks=marks,
            pod_marks=texts(template.get("annotations")),
            seen_generation=_number(status, "observedGeneration"),
            counts=(
                _number(status, "replicas"),
                _number(status, "updatedReplicas"),
                _number(status, "availableReplicas"),
            ),
            is_stalled=_is_stalled(status),
            head=Head.of(head),
        )

    @property
    def is_seen(self) -> bool:
        """Whether its controller has seen what is wanted now."""
        return self.seen_generation >= self.generation

    def is_rolled_out(self) -> Answer:
        """Whether all its pods are of the template that is wanted, and available. NO: its progress deadline is over."""
        if not self.is_seen:
            return Answer.UNKNOWN
        if self.counts == (self.replicas,) * 3:
            return Answer.YES
        return Answer.NO if self.is_stalled else Answer.UNKNOWN


def running_pods(body: Any) -> list[str]:
    """The names of the pods of a list that have not ended; one that is being ended runs still. Raises Odd."""
    items = body.get("items") if isinstance(body, dict) else None
    # Go writes an empty list as null in older versions.
    if not isinstance(body, dict) or "items" not in body or not isinstance(items or [], list):
        raise Odd("no list of pods")
    found = []
    for one in items or []:
        phase = _object(one, "status").get("phase") if isinstance(one, dict) else None
        if not isinstance(phase, str):
            raise Odd("a pod without a phase")
        found += [] if phase in _DONE else [_text(_head(one), "name")]
    return found


def _head(body: Any) -> dict[str, Any]:
    return _object(body, "metadata")


def _object(body: Any, name: str) -> dict[str, Any]:
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise Odd(f"no {name}")
    return found


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise Odd(f"no {name}")
    return found


def _number(body: Mapping[str, Any], name: str) -> int:
    found = body.get(name, 0)
    if type(found) is not int:
        raise Odd(f"{name} is no number")
    return found


def _decoded(value: Any) -> SecretStr:
    try:
        return SecretStr(base64.b64decode(value, validate=True).decode(errors="replace"))
    except (binascii.Error, TypeError, ValueError):
        raise Odd("a value that is not base64") from None


def _is_stalled(status: Mapping[str, Any]) -> bool:
    """The controller writes it down and goes on waiting: it ends nothing and puts nothing back."""
    return any(
        isinstance(one, dict)
        and (one.get("type"), one.get("status"), one.get("reason"))
        == ("Progressing", "False", "ProgressDeadlineExceeded")
        for one in status.get("conditions") or []
    )


def _newest_manager(head: Mapping[str, Any]) -> str:
    listed = [one for one in head.get("managedFields") or [] if isinstance(one, dict) and not one.get("subresource")]
    newest = max(listed, key=lambda one: str(one.get("time", "")), default={})
    return str(newest.get("manager", ""))
