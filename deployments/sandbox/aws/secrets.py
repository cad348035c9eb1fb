"""Secrets Manager: secrets with versions, and the staging labels that say which one is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deployments.sandbox import made_up
from deployments.sandbox.aws.refusals import AwsError

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_PAGE = 100


@dataclass
class Secret:
    """Its versions by their names, each with text and time, and by label the version that it is attached to."""

    versions: dict[str, tuple[str, float]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    replicas: list[str] = field(default_factory=list)

    def moves(self, label: str, version: str) -> None:
        """Attach a label; the one for the previous version moves by itself."""
        before = self.labels.get(CURRENT)
        self.labels[label] = version
        if label == CURRENT and before is not None and before != version:
            self.labels[PREVIOUS] = before


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
            "UpdateSecretVersionStage": self._stage,
            "DescribeSecret": self._describe,
            "ListSecrets": self._list,
            "DeleteSecret": self._delete,
        }

    def put(self, name: str, text: str) -> None:
        """Somebody stores this in AWS's console."""
        secret, version = self.held.setdefault(name, Secret()), made_up.identifier()
        secret.versions[version] = (text, time.time())
        secret.moves(CURRENT, version)

    def text(self, name: str) -> str | None:
        """What is read there now."""
        secret = self.held.get(name)
        return secret.versions[secret.labels[CURRENT]][0] if secret else None

    def _of(self, body: dict[str, Any]) -> tuple[str, Secret]:
        name = str(body.get("SecretId"))
        if name not in self.held:
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return name, self.held[name]

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.get("Name"))
        if self.not_free.get(name, 0) > 0:
            self.not_free[name] -= 1
            told = "You can't create this secret because a secret with this name is already scheduled for deletion."
            raise AwsError("InvalidRequestException", told)
        if name in self.held:
            raise AwsError("ResourceExistsException", f"The operation failed because the secret {name} already exists.")
        secret, token = Secret(), _token_of(body)
        secret.versions[token] = (str(body["SecretString"]), time.time())
        secret.moves(CURRENT, token)
        self.held[name] = secret
        return {"ARN": _arn(name), "Name": name, "VersionId": token}

    def _get(self, body: dict[str, Any]) -> dict[str, Any]:
        name, secret = self._of(body)
        label = str(body.get("VersionStage") or CURRENT)
        if self.stale and "VersionId" not in body and PREVIOUS in secret.labels:
            self.stale, label = self.stale - 1, PREVIOUS
        version = str(body.get("VersionId") or secret.labels.get(label))
        if version not in secret.versions:
            told = f"Secrets Manager can't find the specified secret value for staging label: {label}"
            raise AwsError("ResourceNotFoundException", told)
        text, at = secret.versions[version]
        stages = [one for one, of in secret.labels.items() if of == version]
        told_of = {"ARN": _arn(name), "Name": name, "VersionId": version, "VersionStages": stages}
        return {**told_of, "SecretString": text, "CreatedDate": at}

    def _put(self, body: dict[str, Any]) -> dict[str, Any]:
        name, secret = self._of(body)
        token, text = _token_of(body), str(body["SecretString"])
        there = secret.versions.get(token)
        if there is not None and there[0] != text:
            told = "A resource with the ID you requested already exists: you can't change the value of a version."
            raise AwsError("ResourceExistsException", told)
        secret.versions[token] = there or (text, time.time())
        stages = [str(one) for one in body.get("VersionStages") or [CURRENT]]
        for label in stages:
            secret.moves(label, token)
        return {"ARN": _arn(name), "Name": name, "VersionId": token, "VersionStages": stages}

    def _stage(self, body: dict[str, Any]) -> dict[str, Any]:
        name, secret = self._of(body)
        label, to, of = str(body["VersionStage"]), body.get("MoveToVersionId"), body.get("RemoveFromVersionId")
        attached = secret.labels.get(label)
        if to not in secret.versions or (attached is not None and attached not in {of, to}):
            told = f"The staging label {label} is currently attached to version {attached}."
            raise AwsError("InvalidParameterException", told)
        secret.moves(label, str(to))
        return {"ARN": _arn(name), "Name": name}

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        name, secret = self._of(body)
        stages: dict[str, list[str]] = {}
        for label, version in secret.labels.items():
            stages.setdefault(version, []).append(label)
        status = [{"Region": one, "Status": "InSync"} for one in secret.replicas]
        told = {"ReplicationStatus": status} if status else {}
        return {"ARN": _arn(name), "Name": name, "VersionIdsToStages": stages, **told}

    def _list(self, body: dict[str, Any]) -> dict[str, Any]:
        names, begin = sorted(self.held), int(body.get("NextToken") or 0)
        end = begin + min(int(body.get("MaxResults") or _PAGE), _PAGE)
        more = {"NextToken": str(end)} if end < len(names) else {}
        return {"SecretList": [{"ARN": _arn(one), "Name": one} for one in names[begin:end]], **more}

    def _delete(self, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.get("SecretId"))
        if not body.get("ForceDeleteWithoutRecovery"):
            raise AwsError("InvalidParameterException", "This sandbox deletes at once only.")
        # Of one that is not there AWS says nothing else.
        self.held.pop(name, None)
        return {"ARN": _arn(name), "Name": name, "DeletionDate": time.time()}


def _token_of(body: dict[str, Any]) -> str:
    token = str(body.get("ClientRequestToken") or made_up.identifier())
    if not 32 <= len(token) <= 64:
        raise AwsError("InvalidParameterException", "ClientRequestToken has 32 to 64 characters.")
    return token


def _arn(name: str) -> str:
    return f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-a1b2c3"
