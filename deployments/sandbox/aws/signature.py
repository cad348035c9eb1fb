"""Whether a request is signed with the key of the account (Signature Version 4), as AWS looks at it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/[0-9]{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)


def key_id_in(headers: Mapping[str, str]) -> str | None:
    """The access key with which a request says that it is signed; None when it says so in no form of AWS's."""
    found = _FORM.fullmatch(headers.get("authorization", ""))
    return found["key"] if found else None


def is_signed(url: str, headers: Mapping[str, str], body: bytes, key_id: str, secret: str, service: str) -> bool:
    """Whether these headers and this body were signed with this key, for this service."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415  # an extra: without it the other twins can be asked all the same
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415  # the same
    from botocore.credentials import Credentials  # noqa: PLC0415  # the same

    found = _FORM.fullmatch(headers.get("authorization", ""))
    if found is None or (found["key"], found["service"]) != (key_id, service) or "x-amz-date" not in headers:
        return False
    signed = {name: headers.get(name, "") for name in found["names"].split(";") if name != "host"}
    request = AWSRequest("POST", url, headers=signed, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(key_id, secret), service, found["region"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return hmac.compare_digest(str(signer.signature(text, request)), found["signature"])
