"""Signed requests to one service of AWS, in its JSON protocol; errors are rebuilt, with a remedy.

botocore signs each request (Signature Version 4) and does nothing else: the request goes out by rekey's own bounded
HTTP. botocore's own client looks for keys in the environment, in files and on the machine's metadata address, takes
proxies from the environment, and puts what the service said into its exceptions.

Facts (AWS, "JSON 1.1 protocol" of botocore's service models, and the services' "Common errors", read 2026-11-28): every
request is a POST of ``/`` that names its operation in ``X-Amz-Target``; an error is 400, 403 or 5xx with ``__type`` and
a message; throttling is a 400 with a type of its own. What AWS says about a wrong clock is in refusals.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.aws import refusals
from blocks.aws.key_end import end_of
from blocks.errors import CatalogError, Missing, Refused, Rejected, Unclear, VendorError
from blocks.key_end import KeyEnd
from blocks.wire import permission
from blocks.wire.client import Client
from blocks.wire.exchange import ANSWER_BYTES, READ_TIMEOUT_S, Exchanges
from blocks.wire.http import checked_base_url, wire_text
from blocks.wire.replies import reply_of

_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class Access:
    """With which keys rekey asks AWS: an access key, and the token beside it where it is a temporary one."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service: how people call it, its word in signatures, what its operations begin with, and how it is let in."""

    name: str
    signed_as: str
    target: str
    remedy: str


class AwsSession(Client):
    """Asks one service in one region. Safe to share between threads; close it."""

    def __init__(
        self, service: Service, url: str, region: str, access: Access, *, read_timeout_s: float = READ_TIMEOUT_S
    ) -> None:
        """Raises CatalogError for a field that cannot be used, and where the signer is not installed."""
        self._service, self._region, self._access = service, region, access
        self._url = checked_base_url(service.name, url)
        for one in (access.access_key_id, access.secret_access_key, access.session_token, region):
            wire_text(service.name, one or "")
        if not (access.access_key_id and access.secret_access_key.get_secret_value() and region):
            raise CatalogError(f"{service.name}: its block lacks the region or an access key.", service.remedy)
        _demand_signer(service.name)
        self._exchanges = Exchanges(service.name, read_timeout_s=read_timeout_s)

    def close(self) -> None:
        """Close the connections."""
        self._exchanges.close()

    def ask(
        self, operation: str, action: str, body: dict[str, Any], *, writes: bool = False, largest: int = ANSWER_BYTES
    ) -> dict[str, Any]:
        """One request, one object or one VendorError. ``operation`` is how it is called in messages.

        What ``writes`` is sent only with permission, asked right before.
        """
        name = self._service.name
        content = self._content(operation, body)
        if writes:
            permission.demand()
        headers = self._signed(f"{self._service.target}.{action}", content)
        answered = self._exchanges.exchange(
            operation, "POST", f"{self._url}/", content=content, headers=headers, largest=largest
        )
        error: VendorError
        try:
            reply = reply_of(name, operation, answered, code_of=refusals.code_of)
        except (Rejected, Refused, Missing) as caught:
            error = caught
        else:
            if isinstance(reply.body, dict):
                return reply.body
            raise self.unclear(operation, "no object in the answer", reply.status)
        raise refusals.explained(error, self._service.remedy, refusals.ahead_of(answered))

    def key_end(self) -> KeyEnd:
        """What is known of the end of the access key. Raises StepError for a temporary one, which ends soon."""
        return end_of(self._service.name, is_temporary=bool(self._token))

    def unclear(self, operation: str, fault: str, status: int = 200) -> Unclear:
        """An answer that is clear in form and lacks what was asked for."""
        return Unclear(vendor=self._service.name, operation=operation, fault=fault, status=status, transient=False)

    @property
    def _token(self) -> str:
        """The token of a temporary key; empty for a lasting one."""
        token = self._access.session_token
        return token.get_secret_value() if token else ""

    def _content(self, operation: str, body: dict[str, Any]) -> bytes:
        try:
            return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except UnicodeError:
            # The encoder's error holds the whole text.
            pass
        raise Rejected(
            vendor=self._service.name, operation=operation, fault="the request holds a character that cannot be sent"
        )

    def _signed(self, target: str, content: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth  # noqa: PLC0415  # an extra: only who uses AWS installs it
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415  # the same
        from botocore.credentials import Credentials  # noqa: PLC0415  # the same

        access = self._access
        keys = Credentials(access.access_key_id, access.secret_access_key.get_secret_value(), self._token or None)
        headers = {"Content-Type": _TYPE, "X-Amz-Target": target}
        request = AWSRequest("POST", f"{self._url}/", headers=headers, data=content)
        SigV4Auth(keys, self._service.signed_as, self._region).add_auth(request)
        return {str(name): str(value) for name, value in request.headers.items()}


def _demand_signer(name: str) -> None:
    try:
        import botocore.auth  # noqa: F401, PLC0415  # an extra
    except ImportError:
        pass
    else:
        return
    raise CatalogError(
        f"{name}: botocore, which signs requests to AWS, is not installed.",
        "Install it beside rekey (`pip install botocore`), or rekey with its extra `aws`.",
    )
