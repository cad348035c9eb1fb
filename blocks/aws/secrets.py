"""Secrets of AWS Secrets Manager that hold a JSON object: read, and replaced as a whole by a version that follows one.

Facts behind the rules here (API reference of Secrets Manager, read 2026-11-28):
- A version is named by whoever writes it (``ClientRequestToken``); its staging labels say which one is read. Nobody who
  asks for the current one sees a version before ``AWSCURRENT`` is moved to it, so a pair changes at one moment.
- That move names the version from which the label is taken, and is refused when it is not there: what somebody else
  wrote meanwhile is not written over.
- A version cannot be deleted, only a whole secret; its name may be taken for a moment after that.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from blocks.aws.session import AwsSession, Service
from blocks.errors import Missing, Rejected, StepError, Transient, Unclear, Unreachable, VendorError
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.strict_json import UnreadableError, read_json

VENDOR = "AWS Secrets Manager"
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
_OURS = re.compile(r"rekey-([0-9]{1,16})-[0-9a-f]{32}")
_PAGE, _MOST_PAGES = 100, 20


def service(remedy: str) -> Service:
    """The service, with what to do when it lets rekey not in."""
    return Service(VENDOR, "secretsmanager", "secretsmanager", remedy)


@dataclass(frozen=True, slots=True)
class Version:
    """The current version of a secret: its name, its number, when it was written (UTC), and the object in it.

    The number grows: rekey's own versions have it in their names, and one of somebody else has its date in
    milliseconds, which is more than what rekey counted up to until then.
    """

    id: str
    number: int
    at: datetime
    data: Mapping[str, Any] = field(repr=False)


class Secrets:
    """The secrets of one region, as one identity may see them. Every method raises VendorError; none retries."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def current(self, name: str) -> Version:
        """What is read there now.

        Raises Missing for a secret that is not there, has no value or is being deleted; StepError for one that holds no
        JSON object.
        """
        return self._version(name, {"VersionStage": CURRENT})

    def replace(self, name: str, data: Mapping[str, Any], after: Version) -> VendorError | None:
        """Write this object as the version that follows ``after``. Readers see all of it, or nothing.

        Returns the error when it may have been applied, None when AWS says that it was. Raises Transient when ``after``
        is not the current version any more; nothing was changed for readers then.
        """
        token = _token(after.number + 1)
        body = {"SecretId": name, "ClientRequestToken": token, "SecretString": json.dumps(data, ensure_ascii=False)}
        doubt = self._sent("write secret", "PutSecretValue", {**body, "VersionStages": [PENDING]})
        if doubt is not None and not self._is_there(name, token, doubt):
            return doubt
        move = {"SecretId": name, "VersionStage": CURRENT, "MoveToVersionId": token, "RemoveFromVersionId": after.id}
        refused: Rejected
        try:
            return self._sent("make the new version the current one of secret", "UpdateSecretVersionStage", move)
        except Rejected as caught:
            refused = caught
        if refused.code != "InvalidParameterException":
            raise refused
        raise Transient(
            f"{VENDOR}: somebody else wrote to {name} at the same moment.",
            "Nothing was changed there by rekey. It is read and tried again.",
        )

    def create(self, name: str, kms_key_id: str = "") -> VendorError | None:
        """Make a secret with an empty object; fine when it is there. Returns what ``replace`` does.

        Raises Transient while a secret of that name, which was just deleted, is not gone yet.
        """
        key = {"KmsKeyId": kms_key_id} if kms_key_id else {}
        told = {"Description": "What rekey has in flight. Only rekey reads and writes it."}
        body = {"Name": name, "ClientRequestToken": _token(1), "SecretString": "{}", **told, **key}
        refused: Rejected
        try:
            return self._sent("create secret", "CreateSecret", body)
        except Rejected as caught:
            refused = caught
        if refused.code == "ResourceExistsException":
            return None
        if refused.code != "InvalidRequestException":
            raise refused
        raise Transient(
            f"{VENDOR}: {name} was deleted a moment ago, and its name is not free yet.",
            "It is tried again. If that goes on, look whether somebody deletes it.",
        )

    def remove(self, name: str) -> VendorError | None:
        """Delete the secret with all its versions, for good; fine when there is none. Returns what ``replace`` does."""
        try:
            body = {"SecretId": name, "ForceDeleteWithoutRecovery": True}
            return self._sent("delete secret", "DeleteSecret", body)
        except Missing:
            return None

    def replicas(self, name: str) -> list[str]:
        """The regions to which AWS copies this secret by itself; none for a secret that is not there."""
        status = self.described(name).get("ReplicationStatus") or []
        regions = [one.get("Region") for one in status if isinstance(one, dict)] if isinstance(status, list) else [None]
        if not all(isinstance(one, str) for one in regions):
            raise self._session.unclear("describe secret", "a replica without a region")
        return [str(one) for one in regions]

    def described(self, name: str) -> dict[str, Any]:
        """What is told of it beside its value; empty for a secret that is not there."""
        try:
            return self._session.ask("describe secret", "DescribeSecret", {"SecretId": name})
        except Missing:
            return {}

    def names(self) -> Iterator[str]:
        """The names of all secrets of the region, without their values. Raises Unclear when there is no end of them."""
        following: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            body = {"MaxResults": _PAGE, **following}
            told = self._session.ask("list secrets", "ListSecrets", body, largest=LIST_BYTES)
            rows = told.get("SecretList")
            if not isinstance(rows, list):
                raise self._session.unclear("list secrets", "no secrets in the answer")
            yield from (str(one["Name"]) for one in rows if isinstance(one, dict) and "Name" in one)
            if not told.get("NextToken"):
                return
            following = {"NextToken": told["NextToken"]}
        raise self._session.unclear("list secrets", f"more than {_PAGE * _MOST_PAGES} secrets")

    def _version(self, name: str, which: dict[str, str]) -> Version:
        operation = "read secret"
        refused: Rejected
        try:
            told = self._session.ask(operation, "GetSecretValue", {"SecretId": name, **which})
        except Rejected as caught:
            refused = caught
        except Missing as caught:
            raise _missing(operation, name, caught) from None
        else:
            return self._read(operation, name, told)
        if refused.code != "InvalidRequestException":
            raise refused
        # "You can't perform this operation on the secret because it was marked for deletion."
        raise _missing(operation, name, refused)

    def _read(self, operation: str, name: str, told: dict[str, Any]) -> Version:
        token, at = told.get("VersionId"), moment(told.get("CreatedDate"))
        if not isinstance(token, str) or at is None:
            raise self._session.unclear(operation, "no version in the answer")
        ours = _OURS.fullmatch(token)
        number = int(ours[1]) if ours else round(at.timestamp() * 1000)
        return Version(token, number, at, _object_in(told.get("SecretString"), name))

    def _is_there(self, name: str, token: str, doubt: VendorError) -> bool:
        """Whether the version was written although no answer said so. Raises the ``doubt`` when that is not told."""
        try:
            self._version(name, {"VersionId": token})
        except Missing:
            return False
        except VendorError:
            raise doubt from None
        return True

    def _sent(self, operation: str, action: str, body: dict[str, Any]) -> Unreachable | Unclear | None:
        try:
            told = self._session.ask(operation, action, body, writes=True)
        except (Unreachable, Unclear) as caught:
            return caught
        return None if told.get("ARN") else self._session.unclear(operation, "no secret in the answer")


def last(path: str) -> str:
    """The last part of a name with slashes."""
    return path.rstrip("/").rpartition("/")[2]


def moment(told: object) -> datetime | None:
    """A moment in seconds since 1970, with fractions."""
    try:
        return datetime.fromtimestamp(told, UTC) if type(told) in {int, float} else None  # type: ignore[arg-type]  # told before
    except (ValueError, OverflowError, OSError):
        return None


def _token(number: int) -> str:
    return f"rekey-{number}-{uuid.uuid4().hex}"


def _missing(operation: str, name: str, error: VendorError) -> Missing:
    return Missing(
        vendor=VENDOR,
        operation=operation,
        fault=f"there is no secret {name}, or it has no value, or it is being deleted",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        remedy="Compare its name in the catalog, and region and account in the block, with `aws secretsmanager "
        "list-secrets`.",
    )


def _object_in(text: object, name: str) -> dict[str, Any]:
    found: object = None
    if isinstance(text, str):
        try:
            found = read_json(text.encode())
        except (UnreadableError, UnicodeError):
            found = None
    if isinstance(found, dict):
        return found
    raise StepError(
        f"{VENDOR}: {name} holds no JSON object.",
        'Store names and values as one object there, such as {"NAME": "value"} (key/value pairs in AWS\'s console).',
    )
