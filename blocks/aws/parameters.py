"""Parameters of AWS Systems Manager's Parameter Store: read with their value, and written as a SecureString.

Facts (API reference of Systems Manager, read 2026-11-28): each write raises a parameter's version by one; several
parameters are never written together; a write that may not overwrite is refused with ``ParameterAlreadyExists``, after
the right to write was judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.aws.session import AwsSession, Service
from blocks.errors import Missing, Rejected, Unclear, Unreachable
from blocks.wire.exchange import LIST_BYTES

VENDOR = "AWS Parameter Store"
# A page of DescribeParameters holds 50.
_PAGE, _MOST_PAGES = 50, 20
_THERE = "ParameterAlreadyExists"


def service(remedy: str) -> Service:
    """The service, with what to do when it lets rekey not in."""
    return Service(VENDOR, "ssm", "AmazonSSM", remedy)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as it is now."""

    value: SecretStr
    version: int


class Parameters:
    """The parameters of one region, as one identity may see them. Every method raises VendorError; none retries."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def current(self, name: str) -> Parameter | None:
        """The parameter; None when there is none."""
        operation = "read parameter"
        try:
            told = self._session.ask(operation, "GetParameter", {"Name": name, "WithDecryption": True})
        except Missing:
            return None
        found = told.get("Parameter")
        value, version = (found.get("Value"), found.get("Version")) if isinstance(found, dict) else (None, None)
        if not isinstance(value, str) or isinstance(version, bool) or not isinstance(version, int):
            raise self._session.unclear(operation, "no value or no version in the answer")
        return Parameter(SecretStr(value), version)

    def put(self, name: str, value: SecretStr, kms_key_id: str = "") -> Unreachable | Unclear | None:
        """Write it. Returns the error when it may have been applied, None when AWS says that it was."""
        body = {**_body(name, value), "Overwrite": True, **({"KeyId": kms_key_id} if kms_key_id else {})}
        try:
            told = self._session.ask("write parameter", "PutParameter", body, writes=True)
        except (Unreachable, Unclear) as caught:
            return caught
        is_told = isinstance(told.get("Version"), int)
        return None if is_told else self._session.unclear("write parameter", "no version in the answer")

    def may_put(self, name: str, value: SecretStr) -> bool:
        """Whether a write is refused only because the parameter is there, so that the right is proved by it.

        ``value`` is what it holds: should it be gone by now, it is there again. Raises Refused without the right.
        """
        code = None
        try:
            body = {**_body(name, value), "Overwrite": False}
            self._session.ask("try to write parameter", "PutParameter", body, writes=True)
        except Rejected as caught:
            code = caught.code
            if code != _THERE:
                raise
        return code == _THERE

    def names(self, like: str) -> Iterator[str]:
        """The names of all parameters of the region that hold this text. Raises Unclear without an end of them."""
        operation = "list parameters"
        wanted = [{"Key": "Name", "Option": "Contains", "Values": [like]}]
        following: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            body = {"ParameterFilters": wanted, "MaxResults": _PAGE, **following}
            told = self._session.ask(operation, "DescribeParameters", body, largest=LIST_BYTES)
            rows = told.get("Parameters")
            if not isinstance(rows, list):
                raise self._session.unclear(operation, "no parameters in the answer")
            yield from (str(one["Name"]) for one in rows if isinstance(one, dict) and "Name" in one)
            if not told.get("NextToken"):
                return
            following = {"NextToken": told["NextToken"]}
        raise self._session.unclear(operation, f"more than {_PAGE * _MOST_PAGES} parameters")


def _body(name: str, value: SecretStr) -> dict[str, Any]:
    return {"Name": name, "Value": value.get_secret_value(), "Type": "SecureString"}
