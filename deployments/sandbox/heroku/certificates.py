"""Certificates of apps of the simulated Heroku, with the private keys that are theirs.

From the official schema (heroku/platform-api 4f4f592: sni-endpoint, and what switches ACM on and off), as `heroku
certs` and heroku3 ask for them. A private key is never shown. The texts that refuse are those of Heroku's own SSL
Doctor; that the API has the same is inferred. Nothing is served with them.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.heroku import wire
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.heroku.wire import HerokuError
from deployments.sandbox.made_up import identifier

_Act = Callable[[Request], Awaitable[Response]]
_PARTS = ("certificate_chain", "private_key")


@dataclass(slots=True)
class Endpoint:
    """A certificate of the app with this id. The key is kept, and nothing is done with it."""

    app: str
    chain: str
    key: str = field(repr=False)
    name: str = field(default_factory=lambda: f"sandbox-{secrets.token_hex(4)}")
    id: str = field(default_factory=identifier)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Certificates:
    """Their routes. The apps are those of the simulated Heroku; ``bound`` gives the domains of an endpoint."""

    def __init__(self, apps: Mapping[str, SandboxApp], bound: Callable[[str], list[str]]) -> None:
        self._apps = apps
        self._bound = bound
        self._kept: dict[str, Endpoint] = {}

    def routes(self) -> list[tuple[str, _Act, str]]:
        """Path, handler and method."""
        every, one, acm = "/apps/{app}/sni-endpoints", "/apps/{app}/sni-endpoints/{endpoint}", "/apps/{app}/acm"
        return [
            (every, self._list, "GET"),
            (every, self._create, "POST"),
            (one, self._get, "GET"),
            (one, self._change, "PATCH"),
            (one, self._delete, "DELETE"),
            (acm, self._switch, "POST"),
            (acm, self._switch, "PATCH"),
            (acm, self._switch, "DELETE"),
        ]

    def named(self, app: SandboxApp, wanted: Any) -> Endpoint:
        """The endpoint of an app by its id or name. Raises HerokuError."""
        for one in self._kept.values():
            if one.app == app.id and wanted in {one.id, one.name}:
                return one
        raise HerokuError(404, "not_found", "Couldn't find that sni endpoint.", resource="sni_endpoint")

    def _of(self, request: Request) -> SandboxApp:
        return wire.app_of(self._apps, request)

    async def _list(self, request: Request) -> Response:
        app = self._of(request)
        return wire.answer(request, [self._shown(app, one) for one in self._kept.values() if one.app == app.id])

    async def _create(self, request: Request) -> Response:
        app, (chain, key) = self._of(request), _parts(wire.json_of(await request.body()))
        made = Endpoint(app.id, chain, key)
        self._kept[made.id] = made
        return wire.answer(request, self._shown(app, made), 201)

    async def _get(self, request: Request) -> Response:
        app = self._of(request)
        return wire.answer(request, self._shown(app, self.named(app, request.path_params["endpoint"])))

    async def _change(self, request: Request) -> Response:
        app = self._of(request)
        found = self.named(app, request.path_params["endpoint"])
        found.chain, found.key = _parts(wire.json_of(await request.body()))
        found.updated_at = datetime.now(UTC)
        return wire.answer(request, self._shown(app, found))

    async def _delete(self, request: Request) -> Response:
        app = self._of(request)
        found = self.named(app, request.path_params["endpoint"])
        del self._kept[found.id]
        return wire.answer(request, self._shown(app, found))

    async def _switch(self, request: Request) -> Response:
        """Heroku's own certificates: POST has it make some, DELETE no more, and PATCH has it look anew."""
        app = self._of(request)
        app.acm = {"POST": True, "DELETE": False}.get(request.method, app.acm)
        return wire.answer(request, wire.app_row(app))

    def _shown(self, app: SandboxApp, one: Endpoint) -> dict[str, Any]:
        return {
            "id": one.id,
            "name": one.name,
            "display_name": one.name,
            "certificate_chain": one.chain,
            "ssl_cert": {"id": one.id, **_told(one.chain)},
            "app": {"id": app.id, "name": app.name},
            "domains": self._bound(one.id),
            "created_at": wire.when(one.created_at),
            "updated_at": wire.when(one.updated_at),
        }


def _parts(asked: Mapping[str, Any]) -> tuple[str, str]:
    """Certificate and key, of which one signs the other. Raises HerokuError."""
    for name in _PARTS:
        if not isinstance(asked.get(name), str):
            raise HerokuError(422, "invalid_params", f"{name} is a text.")
    chain, key = (str(asked[name]) for name in _PARTS)
    certificate = _read(chain)
    try:
        public = load_pem_private_key(key.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise HerokuError(422, "invalid_params", "Key appears to be malformed, or is passphrase-protected.") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise HerokuError(422, "invalid_params", "No key found that signs the certificate.")
    return chain, key


def _read(chain: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(chain.encode())[0]
    except (ValueError, IndexError):
        message = "No certificate given is a domain name certificate."
        raise HerokuError(422, "invalid_params", message) from None


def _told(chain: str) -> dict[str, Any]:
    """What a certificate says of itself."""
    found = _read(chain)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        domains = names.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        domains = []
    own = found.issuer == found.subject
    return {
        "ca_signed?": not own,
        "self_signed?": own,
        "cert_domains": domains,
        "issuer": found.issuer.rfc4514_string(),
        "subject": found.subject.rfc4514_string(),
        "starts_at": wire.when(found.not_valid_before_utc),
        "expires_at": wire.when(found.not_valid_after_utc),
    }
