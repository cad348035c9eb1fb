"""Every issuer, vault and running application that rekey knows: what a catalog must know, and where its class is.

The class is a Prefect block, and Prefect takes seconds to load: whoever only reads a catalog does not wait for it.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from typing import Any

from blocks.model.own_table import OwnTable


@dataclass(frozen=True, slots=True)
class Listed:
    """``place`` is ``module:Class``; ``takes_orders`` is a running application's, ``atomic`` a vault's.

    ``called`` (by people), ``realms`` and ``thing``, what it mints, are an issuer's, and so is ``table``, the place of
    its own table in the catalog, which needs no Prefect. One without ``has_block`` is described by the catalog alone.
    """

    place: str
    realms: tuple[str, ...] = ()
    takes_orders: bool = False
    table: str = ""
    atomic: bool = False
    called: str = ""
    fields: tuple[str, ...] = ()
    thing: str = ""
    has_block: bool = True

    def load(self) -> type[Any]:
        """The class."""
        found: type[Any] = pkgutil.resolve_name(self.place)
        return found

    def load_table(self) -> type[OwnTable]:
        """The class of its own table in the catalog."""
        found: type[OwnTable] = pkgutil.resolve_name(self.table) if self.table else OwnTable
        return found


# By their words in the catalog.
ISSUERS: dict[str, Listed] = {
    "alpaca": Listed(
        "blocks.issuers.alpaca.issuer:Alpaca",
        realms=("paper", "live"),
        called="Alpaca",
        fields=("key_id", "secret"),
        table="blocks.issuers.alpaca.table:AlpacaTable",
    ),
    "postmark": Listed(
        "blocks.issuers.postmark:Postmark", realms=("production",), called="Postmark", fields=("token",), thing="token"
    ),
    "github-token": Listed(
        "blocks.issuers.github_token:GithubToken",
        realms=("production",),
        called="GitHub",
        fields=("token",),
        thing="token",
        table="blocks.issuers.scope:ScopeTable",
    ),
    "heroku-token": Listed(
        "blocks.issuers.heroku_token:HerokuToken",
        realms=("production",),
        called="Heroku",
        fields=("token",),
        thing="token",
    ),
    "infisical-identity": Listed(
        "blocks.issuers.infisical_identity:InfisicalIdentity",
        realms=("production",),
        called="Infisical",
        fields=("client_id", "client_secret"),
    ),
    "stripe-restricted": Listed(
        "blocks.issuers.stripe_restricted:StripeRestricted",
        realms=("live", "test"),
        called="Stripe",
        fields=("key",),
        thing="key",
        table="blocks.issuers.scope:ScopeTable",
    ),
    "anthropic-key": Listed(
        "blocks.issuers.anthropic.issuer:AnthropicKey",
        realms=("production",),
        called="Anthropic",
        fields=("key",),
        thing="key",
        table="blocks.issuers.anthropic.table:AnthropicTable",
    ),
    # A vendor for which nobody wrote code: its table in the catalog says all of it.
    "declared": Listed(
        "blocks.issuers.declared.issuer:Declared",
        realms=("paper", "test", "practice", "production", "live"),
        called="a declared vendor",
        table="blocks.issuers.declared.table:DeclaredTable",
        has_block=False,
    ),
}
VAULTS: dict[str, Listed] = {
    "infisical": Listed("blocks.vaults.infisical.block:Infisical", atomic=True),
    "hashicorp-vault": Listed("blocks.vaults.hashicorp.block:HashicorpVault", atomic=True),
    "aws-secrets-manager": Listed("blocks.vaults.aws_secrets_manager.block:AwsSecretsManager", atomic=True),
    "sealed-file": Listed("blocks.vaults.sealed_file.block:SealedFileVault", atomic=True),
}
# Blocks that are no vault's, and whose token rekey can try out and replace: place by slug.
OWN = {"heroku": "blocks.consumers.heroku.block:Heroku"}
# By the slugs of their blocks.
RUNTIMES: dict[str, Listed] = {
    "raptor": Listed("blocks.runtimes.raptor:Raptor", takes_orders=True),
    "http-json": Listed("blocks.runtimes.http_json:HttpJson"),
}
# The vault of a catalog that names none.
DEFAULT_VAULT = "infisical"
