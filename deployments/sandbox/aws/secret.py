"""One secret of Secrets Manager: its versions with their values, the labels on them, and how it is called.

Facts (botocore's model of the service, 1.44): a value is a text or bytes of 1 to 65,536 bytes, bytes travel as base64;
a name has ASCII letters, digits and ``/_+=.@-``; an ARN ends with six characters that each secret has of its own, so
whoever may read a deleted one may not read the next of its name.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deployments.sandbox import made_up
from deployments.sandbox.aws.refusals import AwsError, optional_text_in, out_of_bounds, text_in

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_BEFORE = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]+")
# What AWS's own services create is called "rds!…"; so it may be asked for, and not created.
_ASKED = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_WITH_SUFFIX = re.compile(r".*-[A-Za-z0-9]{6}")
_MOST_BYTES = 65536
_IS_IN_USE = "You can't use ClientRequestToken {0} because that value is already in use for a version of secret {1}."


class Value(NamedTuple):
    """What a version holds: a text, or base64 of bytes."""

    text: str
    is_binary: bool


@dataclass
class Secret:
    """Its versions by their names, each with text and time, and by label the version that it is attached to."""

    name: str
    versions: dict[str, tuple[str, float]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    replicas: list[str] = field(default_factory=list)
    # The versions whose text is base64 of bytes.
    binary: set[str] = field(default_factory=set)
    description: str = ""
    kms_key_id: str = ""
    created_at: float = field(default_factory=time.time)
    changed_at: float = field(default_factory=time.time)
    # Of a rotation of AWS's own: None where it was never switched on, and by when it happens next.
    rotates: bool | None = None
    rotates_at: float | None = None
    owning_service: str = ""
    # Until when it can be restored; None for one that is not marked for deletion.
    ends_at: float | None = None
    suffix: str = field(
        default_factory=lambda: "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(6))
    )

    @property
    def arn(self) -> str:
        """Its address, which no other secret ever has."""
        return f"{_BEFORE}{self.name}-{self.suffix}"

    @property
    def named(self) -> dict[str, Any]:
        """What every answer about it begins with."""
        return {"ARN": self.arn, "Name": self.name}

    def adds(self, version: str, value: Value) -> bool:
        """Whether this version is new. Raises AwsError when there is one of that name with another value."""
        there = self.versions.get(version)
        if there is not None:
            if (there[0], version in self.binary) != value:
                raise AwsError("ResourceExistsException", _IS_IN_USE.format(version, self.arn))
            return False
        self.versions[version] = (value.text, time.time())
        self.binary |= {version} if value.is_binary else set()
        self.changed_at = time.time()
        return True

    def moves(self, label: str, version: str) -> None:
        """Attach a label; the one for the previous version moves by itself."""
        before = self.labels.get(CURRENT)
        self.labels[label] = version
        if label == CURRENT and before is not None and before != version:
            self.labels[PREVIOUS] = before

    def stages_of(self, version: str) -> list[str]:
        """The labels that are attached to a version."""
        return [label for label, of in self.labels.items() if of == version]

    def value_of(self, version: str) -> dict[str, Any]:
        """A version with its value."""
        text, at = self.versions[version]
        kind = "SecretBinary" if version in self.binary else "SecretString"
        stages = {"VersionStages": self.stages_of(version)} if self.stages_of(version) else {}
        return {**self.named, "VersionId": version, **stages, kind: text, "CreatedDate": at}

    def details(self, stages_as: str) -> dict[str, Any]:
        """All that is told of it without a value. What it has not, is left out."""
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        told = {
            "Description": self.description,
            "KmsKeyId": self.kms_key_id,
            "DeletedDate": self.ends_at,
            "NextRotationDate": self.rotates_at,
            "OwningService": self.owning_service,
            stages_as: stages,
        }
        moments = {"CreatedDate": self.created_at, "LastChangedDate": self.changed_at}
        rotation = {} if self.rotates is None else {"RotationEnabled": self.rotates}
        return {**self.named, **moments, **rotation, **{name: one for name, one in told.items() if one}}


def value_in(body: dict[str, Any]) -> Value | None:
    """The value of a request; None when there is none. An empty one counts as none, as AWS says of it."""
    text, binary = body.get("SecretString"), body.get("SecretBinary")
    if not all(isinstance(one, str | None) for one in (text, binary)):
        raise AwsError("SerializationException", "")
    if text and binary:
        told = "You can't specify both a binary secret value and a string secret value in the same secret."
        raise AwsError("InvalidParameterException", told)
    if not text and not binary:
        return None
    try:
        size = len(base64.b64decode(binary, validate=True)) if binary else len(str(text).encode(errors="surrogatepass"))
    except (binascii.Error, ValueError):
        raise AwsError("SerializationException", "") from None
    if size > _MOST_BYTES:
        name = "SecretBinary" if binary else "SecretString"
        raise out_of_bounds(name, f"have length less than or equal to {_MOST_BYTES}")
    return Value(str(text or binary), bool(binary))


def new_name_in(body: dict[str, Any]) -> str:
    """The name of a secret that is to be created."""
    name = text_in(body, "Name", 512)
    if not _NAME.fullmatch(name):
        raise _invalid_name()
    return name


def name_in(body: dict[str, Any], held: dict[str, Secret]) -> str:
    """The name of the secret that is asked for by name, by ARN, or by its ARN without the six characters.

    A part of an ARN that ends as a whole one does is taken for a whole one (documented: Secrets Manager user guide,
    "Finding a secret from a partial ARN").
    """
    asked = text_in(body, "SecretId")
    if not asked.startswith("arn:"):
        if not _ASKED.fullmatch(asked):
            raise _invalid_name()
        return asked
    whole = next((one.name for one in held.values() if one.arn == asked), None)
    if whole is not None or _WITH_SUFFIX.fullmatch(asked) or not asked.startswith(_BEFORE):
        return whole or asked
    return asked.removeprefix(_BEFORE)


def token_in(body: dict[str, Any]) -> str:
    """The name of a new version."""
    token = optional_text_in(body, "ClientRequestToken") or made_up.identifier()
    if not 32 <= len(token) <= 64:
        raise AwsError("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
    return token


def _invalid_name() -> AwsError:
    told = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    return AwsError("ValidationException", told)
