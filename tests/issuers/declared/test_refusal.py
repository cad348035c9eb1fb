"""A declared vendor that refuses a key with an answer that seems to be well: what it says, and no less, is a no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from blocks.answer import Answer
from blocks.errors import Refused, StepError, Unproved
from blocks.issuers.declared.issuer import Declared
from blocks.issuers.declared.table import DeclaredTable
from blocks.model.credential import Credential
from blocks.secret import Minted
from deployments.sandbox.server import SandboxServer
from tasks.run import control

REALM, LIVING = "production", "ml-" + 40 * "a"
INVALID = {"ok": False, "error": "invalid_auth", "code": 1}
TABLE: dict[str, Any] = {
    "called": "Mailer",
    "host": "mailer",
    "values": {"token": "ml-{base62:40}"},
    "headers": {"Authorization": "Bearer {token}"},
    "identity": "/v1/me",
    "subject": "user",
    "page": "/keys",
    "clicks": ("Press it.",),
    "old_dies": "at mint",
}


@dataclass
class Mailer:
    """A vendor that answers 200 to everybody."""

    to_strangers: Mapping[str, Any] = field(default_factory=lambda: dict(INVALID))

    def app(self) -> Starlette:
        """Its one path."""
        return Starlette(routes=[Route("/v1/me", self._me)])

    async def _me(self, request: Request) -> Response:
        is_known = request.headers.get("authorization") == f"Bearer {LIVING}"
        return JSONResponse({"ok": True, "error": None, "code": 0, "user": "U1"} if is_known else self.to_strangers)


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[Mailer, str]]:
    """It, and where it is."""
    made = Mailer()
    server = SandboxServer({"mailer": made.app()})
    server.start()
    yield made, server.url("mailer")
    server.stop()


def issuer(url: str, **table: Any) -> Declared:
    """As a table declares it."""
    own = DeclaredTable(**{**TABLE, **table})
    kind = cast("type[Declared]", Declared.of(cast("Credential", SimpleNamespace(own=own, realm=REALM, name="mailer"))))
    return kind(url=url, page_url=f"{url}/keys")


def token(value: str) -> Minted:
    """A key of this value."""
    return Minted({"token": SecretStr(value)})


@pytest.mark.parametrize("refusal", [{"error": ("not_authed", "invalid_auth")}, {"ok": (False,)}, {"code": (1,)}])
def test_a_key_is_refused_by_what_the_answer_says(vendor: tuple[Mailer, str], refusal: dict[str, Any]) -> None:
    vendor[0].to_strangers = dict(INVALID)
    asked = issuer(vendor[1], refusal=refusal)
    living, dead = token(LIVING), token(f"{LIVING[:-1]}b")

    assert (asked.accepts(REALM, living), asked.accepts(REALM, dead)) == (Answer.YES, Answer.NO)
    assert asked.refuses_made_up(REALM) is Answer.YES
    assert asked.is_dead(REALM, dead, living).answer is Answer.YES
    with pytest.raises(Refused, match=r"the key is not accepted \(HTTP 200\)"):
        asked.identify(REALM, dead)


@pytest.mark.parametrize("refusal", [{"error": ("other",)}, {"ok": (0,)}, {"code": (True,)}, {"code.x": (1,)}, {}])
def test_whatever_else_it_says_is_no_refusal(vendor: tuple[Mailer, str], refusal: dict[str, Any]) -> None:
    """An outage may be told by such an answer, too: unknown is neither yes nor no."""
    vendor[0].to_strangers = dict(INVALID)
    asked = issuer(vendor[1], refusal=refusal)

    assert asked.accepts(REALM, token(f"{LIVING[:-1]}b")) is Answer.UNKNOWN
    assert asked.is_dead(REALM, token(f"{LIVING[:-1]}b"), token(LIVING)).answer is Answer.UNKNOWN


def test_preflight_says_where_the_refusal_is_written(
    vendor: tuple[Mailer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anybody clicks, and not as an outage that passes."""
    vendor[0].to_strangers = dict(INVALID)
    monkeypatch.setattr(control, "issuer_of", lambda _: issuer(vendor[1]))

    with pytest.raises(Unproved, match=r"about a made-up pair\. Mailer: .* no user, .*say in refusal how") as caught:
        control.refuses_made_up(cast("Credential", None), REALM)
    assert not caught.value.transient


def test_a_vendor_that_names_an_account_to_every_key_proves_nothing(
    vendor: tuple[Mailer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A made-up key opens it as well; the name that it is told by may be the refusal."""
    vendor[0].to_strangers = {"user": "anonymous"}
    monkeypatch.setattr(control, "issuer_of", lambda _: issuer(vendor[1]))
    with pytest.raises(StepError, match=r"accepts a pair that nobody was issued.*identity, subject and refusal in its"):
        control.refuses_made_up(cast("Credential", None), REALM)

    monkeypatch.setattr(control, "issuer_of", lambda _: issuer(vendor[1], refusal={"user": ("anonymous",)}))
    assert (
        control.refuses_made_up(cast("Credential", None), REALM) == "Mailer's production host refuses a made-up pair."
    )
