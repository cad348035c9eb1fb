"""Secrets Manager: secrets with versions, and the staging labels that say which one is read.

Which refusals an operation has is from botocore's model of the service (1.44): describing a secret, and listing its
versions, is not refused while it is marked for deletion. Filters and the order of lists are not looked at. That a
restoration of what is not marked succeeds is inferred.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.aws.refusals import AwsError, number_in, optional_text_in, page_of, text_in, texts_in
from deployments.sandbox.aws.secret import (
    CURRENT,
    PREVIOUS,
    Secret,
    Value,
    name_in,
    new_name_in,
    token_in,
    value_in,
)

_PAGE = 100
_DAY_S = 86400
_SHORTEST_D, _LONGEST_D = 7, 30
_MARKED = "You can't perform this operation on the secret because it was marked for deletion."


@dataclass
class Secrets:
    """All secrets of the region, by name; ``stale`` so many reads show the version before the current one."""

    held: dict[str, Secret] = field(default_factory=dict)
    # Names that were just deleted, and cannot be taken for so many tries.
    not_free: dict[str, int] = field(default_factory=dict)
    stale: int = 0

    @property
    def actions(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """By name."""
        return {
            "CreateSecret": self._create,
            "GetSecretValue": self._get,
            "PutSecretValue": self._put,
            "UpdateSecret": self._update,
            "UpdateSecretVersionStage": self._stage,
            "DescribeSecret": self._describe,
            "ListSecrets": self._list,
            "ListSecretVersionIds": self._versions,
            "DeleteSecret": self._delete,
            "RestoreSecret": self._restore,
        }

    def put(self, name: str, text: str) -> None:
        """Somebody stores this in AWS's console."""
        secret, version = self.held.setdefault(name, Secret(name)), made_up.identifier()
        secret.adds(version, Value(text, is_binary=False))
        secret.moves(CURRENT, version)

    def text(self, name: str) -> str | None:
        """What is read there now."""
        secret = self.held.get(name)
        if secret is None or secret.ends_at is not None or CURRENT not in secret.labels:
            return None
        return secret.versions[secret.labels[CURRENT]][0]

    def _of(self, body: dict[str, Any]) -> Secret:
        """The secret that is asked for, marked for deletion or not."""
        found = self.held.get(name_in(body, self.held))
        if found is None:
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return found

    def _living(self, body: dict[str, Any]) -> Secret:
        found = self._of(body)
        if found.ends_at is not None:
            raise AwsError("InvalidRequestException", _MARKED)
        return found

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request with a token and a value that are there already is answered as the first one was (documented)."""
        name, value = new_name_in(body), value_in(body)
        there = self.held.get(name)
        if self.not_free.get(name, 0) > 0 or (there is not None and there.ends_at is not None):
            self.not_free[name] = max(0, self.not_free.get(name, 0) - 1)
            told = "You can't create this secret because a secret with this name is already scheduled for deletion."
            raise AwsError("InvalidRequestException", told)
        token = token_in(body)
        if there is not None and (value is None or token not in there.versions):
            raise AwsError("ResourceExistsException", f"The operation failed because the secret {name} already exists.")
        secret = there or Secret(name)
        if value is not None and secret.adds(token, value):
            secret.moves(CURRENT, token)
        if there is None:
            self._described(secret, body)
            self.held[name] = secret
        return {**secret.named, **({"VersionId": token} if value is not None else {})}

    def _get(self, body: dict[str, Any]) -> dict[str, Any]:
        secret = self._living(body)
        asked, label = optional_text_in(body, "VersionId"), optional_text_in(body, "VersionStage")
        if asked and label and secret.labels.get(label) != asked:
            told = "You provided a VersionStage that is not associated to the provided VersionId."
            raise AwsError("InvalidRequestException", told)
        label = label or CURRENT
        if self.stale and asked is None and PREVIOUS in secret.labels:
            self.stale, label = self.stale - 1, PREVIOUS
        version = asked or secret.labels.get(label)
        if version is None or version not in secret.versions:
            which = f"VersionId: {asked}" if asked else f"staging label: {label}"
            told = f"Secrets Manager can't find the specified secret value for {which}"
            raise AwsError("ResourceNotFoundException", told)
        return secret.value_of(version)

    def _put(self, body: dict[str, Any]) -> dict[str, Any]:
        """A version that is there with this value already is left as it is, labels and all."""
        secret, value, token = self._living(body), value_in(body), token_in(body)
        if value is None:
            raise AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
        stages, is_first = texts_in(body, "VersionStages", 20) or [CURRENT], not secret.versions
        if secret.adds(token, value):
            for label in dict.fromkeys([*stages, *([CURRENT] if is_first else [])]):
                secret.moves(label, token)
        return {**secret.named, "VersionId": token, "VersionStages": secret.stages_of(token)}

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        """Unlike PutSecretValue it never takes a version that is there already (documented)."""
        secret, value, token = self._living(body), value_in(body), token_in(body)
        if value is not None and token in secret.versions:
            raise AwsError("ResourceExistsException", "A resource with the ID you requested already exists.")
        if value is not None:
            secret.adds(token, value)
            secret.moves(CURRENT, token)
        self._described(secret, body)
        return {**secret.named, **({"VersionId": token} if value is not None else {})}

    def _described(self, secret: Secret, body: dict[str, Any]) -> None:
        description, key = body.get("Description"), body.get("KmsKeyId")
        secret.description = secret.description if description is None else str(description)
        secret.kms_key_id = secret.kms_key_id if key is None else str(key)
        secret.changed_at = time.time()

    def _stage(self, body: dict[str, Any]) -> dict[str, Any]:
        """Move a label, or take it away where no version is named that gets it."""
        secret, label = self._living(body), text_in(body, "VersionStage", 256)
        to, of = optional_text_in(body, "MoveToVersionId"), optional_text_in(body, "RemoveFromVersionId")
        attached = secret.labels.get(label)
        if to is None and label == CURRENT:
            told = (
                f"You can only move staging label {CURRENT} to a different secret version. It can\u2019t be completely"
            )
            raise AwsError("InvalidParameterException", f"{told} removed.")
        fits = attached == of if to is None else attached in {None, of, to}
        if not fits or (to or of) not in secret.versions:
            told = f"The staging label {label} is currently attached to version {attached}."
            raise AwsError("InvalidParameterException", told)
        if to is None:
            del secret.labels[label]
        else:
            secret.moves(label, to)
        return secret.named

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        secret = self._of(body)
        status = [{"Region": one, "Status": "InSync"} for one in secret.replicas]
        return {**secret.details("VersionIdsToStages"), **({"ReplicationStatus": status} if status else {})}

    def _list(self, body: dict[str, Any]) -> dict[str, Any]:
        every = body.get("IncludePlannedDeletion") is True
        shown = [self.held[name] for name in sorted(self.held) if every or self.held[name].ends_at is None]
        rows, more = page_of(body, [one.details("SecretVersionsToStages") for one in shown], _PAGE, _no_next())
        return {"SecretList": rows, **more}

    def _versions(self, body: dict[str, Any]) -> dict[str, Any]:
        secret, every = self._of(body), body.get("IncludeDeprecated") is True
        told = [
            {"VersionId": one, "CreatedDate": at, **({"VersionStages": stages} if stages else {})}
            for one, (_, at) in secret.versions.items()
            if (stages := secret.stages_of(one)) or every
        ]
        rows, more = page_of(body, told, _PAGE, _no_next())
        return {**secret.named, "Versions": rows, **more}

    def _delete(self, body: dict[str, Any]) -> dict[str, Any]:
        days, at_once = number_in(body, "RecoveryWindowInDays"), body.get("ForceDeleteWithoutRecovery") is True
        if days is not None and at_once:
            told = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
            raise AwsError("InvalidParameterException", told)
        if days is not None and not _SHORTEST_D <= days <= _LONGEST_D:
            told = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
            raise AwsError("InvalidParameterException", told)
        if at_once:
            name = name_in(body, self.held)
            # Of one that is not there AWS says nothing else.
            gone = self.held.pop(name, None) or Secret(name)
            return {**gone.named, "DeletionDate": time.time()}
        secret = self._living(body)
        secret.ends_at = time.time() + (days or _LONGEST_D) * _DAY_S
        return {**secret.named, "DeletionDate": secret.ends_at}

    def _restore(self, body: dict[str, Any]) -> dict[str, Any]:
        secret = self._of(body)
        secret.ends_at = None
        return secret.named


def _no_next() -> AwsError:
    return AwsError("InvalidNextTokenException", "The NextToken value is invalid.")
