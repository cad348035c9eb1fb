"""Infisical, the vault: the source of truth for every pair.

The block names the project and the machine identity (universal auth) that rekey reads and writes it with.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar

from prefect.types import SecretDict
from pydantic import Field, HttpUrl, SecretStr

from blocks.entry import FieldNames
from blocks.errors import StepError
from blocks.model.places import VaultPlace
from blocks.vaults import overwrite, pending
from blocks.vaults.infisical.client import API, WORDS, InfisicalClient
from blocks.vaults.infisical.reader import ConsumerReader, consumer_can_read
from blocks.vaults.interface import SecondReader, Vault
from blocks.vaults.tokens import Tokens
from blocks.wire.exchange import READ_TIMEOUT_S, USER_AGENT, ReadTimeout

# Each login takes a request's time while trading stands still.
_TOKENS = Tokens()


class Infisical(Vault):
    """An Infisical project and the machine identity that rekey uses in it."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "infisical"}
    words = WORDS
    atomic = True

    _block_type_name = "Infisical"
    _block_type_slug = "infisical"
    _logo_url = HttpUrl("https://github.com/Infisical.png")
    _documentation_url = HttpUrl("https://infisical.com/docs/documentation/platform/identities/universal-auth")
    _description = "The vault that holds the current pairs, and how rekey logs in to it."

    url: str = Field(
        default="https://app.infisical.com",
        title="URL",
        description="Where the vault's API is. Plain http is accepted for loopback addresses only.",
    )
    project_id: str = Field(default=..., title="Project ID", description="From the project's settings in Infisical.")
    client_id: str = Field(default=..., title="Client ID", description="Of the machine identity (universal auth).")
    client_secret: SecretStr = Field(
        default=...,
        title="Client secret",
        description="Of the machine identity. It needs the rights to read (with values), create, edit and delete "
        "secrets, to create folders, and to list secret syncs and integrations; what it may not list is not looked at.",
    )
    api: API = Field(
        default="v3",
        title="API",
        description="v3 works on all servers from 2024 on; v4 is for servers on which v3 is switched off.",
    )
    extra_headers: SecretDict = Field(
        default_factory=lambda: SecretDict({}),
        title="Extra headers",
        description="For an access proxy in front of the vault, such as CF-Access-Client-Id and "
        "CF-Access-Client-Secret.",
    )
    user_agent: str = Field(
        default=USER_AGENT, title="User agent", description="Some access proxies let only known ones through."
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> InfisicalClient:
        """A client, which logs in unless this process has a token of the identity. Close it.

        Raises CatalogError when a field cannot be used.
        """
        return InfisicalClient(
            self.url,
            project_id=self.project_id,
            client_id=self.client_id,
            client_secret=self.client_secret,
            api=self.api,
            extra_headers={
                name: SecretStr(str(value)) for name, value in self.extra_headers.get_secret_value().items()
            },
            user_agent=self.user_agent,
            read_timeout_s=self.read_timeout_s,
            tokens=_TOKENS,
        )

    def try_out(self, place: FieldNames | None) -> str:
        """Log in, read the place, and write and delete a made-up pair in its folder. Raises the vault's errors."""
        with self.get_client() as client:
            if not isinstance(place, VaultPlace):
                raise StepError("Which folder of the vault to try out is not known.", "Name one in the catalog.")
            pending.current(client, place)
            overwrite.prove_folder(client, place)
        return f"the vault lets it log in, read {place.path}, and write and delete in {pending.FOLDER}/ there"

    def fetch(self, place: VaultPlace) -> str:
        """The command by which a person reads the pair."""
        return f"infisical export --env={place.environment} --path={place.path}"

    def second_reader(self) -> AbstractContextManager[SecondReader | None]:
        """The consumers' SDK; None behind an access proxy."""
        return ConsumerReader(self) if consumer_can_read(self) else nullcontext()
