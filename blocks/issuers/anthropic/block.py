"""Where Anthropic is, and whose a key is there: asked with the key itself, and with an admin key where there is one.

Of its documentation (platform.claude.com/docs, "API overview" and "Errors", read 2026-11-28): every answer names the
organization of the key that asked in the header anthropic-organization-id; 401 authentication_error refuses a key, 403
permission_error what it may not do, 529 is an overload. In which workspace a key is, and how it is called, only the
Admin API says.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from pydantic import ConfigDict, Field, SecretStr

from blocks.issuers.anthropic.admin import ACTIVE, CALLED, Admin
from blocks.issuers.anthropic.model import UNPAID, code_of
from blocks.issuers.keyed import SUBJECT, Keyed
from blocks.issuers.terms import By, Identity
from blocks.secret import Minted
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http
from blocks.wire.replies import Cause

ORGANIZATION, WORKSPACE = "anthropic-organization-id", "workspace"
NO_CREDIT = Cause(
    "the organization has no credit, or reached a spend limit, which is no word on the key",
    "Buy credit, or raise the limit, on Anthropic's page (Billing, Limits), then try again.",
)
NOT_TOLD = "not told: the Anthropic block has no admin key"


class AnthropicBlock(Keyed, ABC):
    """Its addresses, and its admin key where there is one. The keys that are rotated stay in the vault."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "anthropic", "page_url": "anthropic_page"}

    called: ClassVar[str] = CALLED
    identifies: ClassVar[str] = "list models"
    fixed: ClassVar[Mapping[str, str]] = {SUBJECT: "organization", WORKSPACE: "workspace"}

    url: str = Field(default="https://api.anthropic.com", title="API", description="Base URL of its API.")
    page_url: str = Field(
        default="https://platform.claude.com/settings/keys",
        title="Page",
        description="The page on which an operator makes a key.",
    )
    admin_key: SecretStr | None = Field(
        default=None,
        title="Admin key",
        description="sk-ant-admin…, of the same organization. With it rekey says in which workspace a key is, makes "
        "the old one inactive and archives it; without it a person does.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> Http:
        """A client without a key. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        headers, causes = {"anthropic-version": "2023-06-01"}, {UNPAID: NO_CREDIT}
        timeout = self.read_timeout_s
        return Http(CALLED, self.url, headers=headers, read_timeout_s=timeout, code_of=code_of, causes=causes)

    def page(self, realm: str) -> str:  # noqa: ARG002  # one page
        """The organization's keys."""
        return self.page_url

    @property
    def ended_by(self) -> By:
        """rekey, where it has an admin key."""
        return By.API if self.admin_key and self.admin_key.get_secret_value() else By.PERSON

    @contextmanager
    def admin(self) -> Iterator[Admin]:
        """The Admin API, with that key."""
        with self.get_client() as http:
            yield Admin(http, self.admin_key or SecretStr(""))

    def ask(self, realm: str, minted: Minted) -> Identity:  # noqa: ARG002  # one host
        """The organization that the key belongs to. Raises the vendor's errors."""
        remedy = "Compare it with Anthropic's page; one that is inactive or archived is refused like this."
        with self.get_client() as http:
            headers = {"x-api-key": minted.secret}
            reply = http.ask(
                self.identifies, "GET", "/v1/models", params={"limit": "1"}, headers=headers, if_refused=remedy
            )
        organization = reply.headers.get(ORGANIZATION)
        if not isinstance(reply.body, dict) or "data" not in reply.body or not organization:
            raise self.no_identity(reply.status)
        return Identity(organization, {SUBJECT: organization, WORKSPACE: NOT_TOLD}, f"workspace {NOT_TOLD}")

    def identify(self, realm: str, minted: Minted, *, closely: bool = False) -> Identity:
        """Its organization; with an admin key also its workspace. Raises the vendor's errors, and StepError."""
        seen = super().identify(realm, minted, closely=closely)
        if self.ended_by is By.PERSON:
            return seen
        with self.admin() as admin:
            row = admin.own(minted)[1]
        told = f"{row.name} in {row.workspace}, {row.status}"
        return Identity(seen.subject, {**seen.facts, WORKSPACE: row.workspace}, told, is_well=row.status == ACTIVE)
