"""HashiCorp Vault or OpenBao as the vault: where it is, and as whom rekey reads and writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, HttpUrl, SecretStr

from blocks.model.places import VaultPlace
from blocks.vaults.hashicorp.client import WORDS, HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.interface import Vault
from blocks.vaults.terms import Words
from blocks.vaults.tokens import Tokens
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout

# Each login takes a request's time while trading stands still.
_TOKENS = Tokens()


class HashicorpVault(Vault):
    """A key/value engine, version 2, of HashiCorp Vault or OpenBao, and as whom rekey uses it."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "others.hashicorp-vault"}
    words: ClassVar[Words] = WORDS
    atomic: ClassVar[bool] = True
    tells_key_end: ClassVar[bool] = True

    _block_type_name = "HashiCorp Vault"
    _block_type_slug = "hashicorp-vault"
    _logo_url = HttpUrl("https://github.com/hashicorp.png")
    _documentation_url = HttpUrl("https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2")
    _description = "The vault that holds the current pairs, and how rekey logs in to it. OpenBao, too."

    url: str = Field(
        default=...,
        title="URL",
        description="Where its API is, such as https://vault.example.com:8200. Plain http is accepted for loopback "
        "addresses only.",
    )
    mount: str = Field(
        default="secret", title="Mount", description="Where its key/value engine, version 2, is mounted."
    )
    namespace: str = Field(
        default="", title="Namespace", description="Of Vault Enterprise or OpenBao, where you use one."
    )
    token: SecretStr | None = Field(
        default=None, title="Token", description="A token that may do what is asked; or leave it out for an AppRole."
    )
    role_id: str = Field(default="", title="Role ID", description="Of an AppRole, instead of a token.")
    secret_id: SecretStr | None = Field(
        default=None,
        title="Secret ID",
        description="Of the AppRole. Its policy lets it read, create, update and patch the data of the credential's "
        "path and of the path's `rekey`, and update the `destroy` path of the latter.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> HashicorpClient:
        """A client. Close it. Raises CatalogError when a field cannot be used."""
        session = HashicorpSession(
            self.url,
            token=self.token,
            role_id=self.role_id,
            secret_id=self.secret_id,
            namespace=self.namespace,
            read_timeout_s=self.read_timeout_s,
            tokens=_TOKENS,
        )
        return HashicorpClient(session, self.mount)

    def fetch(self, place: VaultPlace) -> str:
        """The command by which a person reads the pair."""
        return f"vault kv get -mount={self.mount} {place.environment}/{place.path.strip('/')}"
