"""The issuers of this repository before their twins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.issuer_kinds import kind_of
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.anthropic.issuer import AnthropicKey
from blocks.issuers.declared.issuer import Declared
from blocks.issuers.github_token import GithubToken
from blocks.issuers.heroku_token import HerokuToken
from blocks.issuers.infisical_identity import InfisicalIdentity
from blocks.issuers.interface import Issuer
from blocks.issuers.postmark import Postmark
from blocks.issuers.stripe_restricted import StripeRestricted
from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.kit.shipped.common import FIELDS, TIMEOUT_S, block_of, current
from deployments.kit.stands import IssuerStand
from deployments.sandbox.estate import ONLY_HERE, Estate
from deployments.sandbox.issuers.keys import Keys
from deployments.sandbox.issuers.postmark import SERVER


@contextmanager
def alpaca() -> Iterator[IssuerStand]:
    """Alpaca's paper trading."""
    with Estate() as estate:
        dead = current(estate)
        good = Minted(dict(zip(FIELDS, map(SecretStr, estate.paper.regenerate()), strict=True)))
        yield IssuerStand(
            estate.server, "alpaca-paper", block_of(estate, Alpaca), "paper", good, dead, estate.paper.number
        )


def _key(value: str) -> Minted:
    return Minted({"token": SecretStr(value)})


def _of_keys(estate: Estate, vendor: str, issuer: Issuer, keys: Keys, subject: str) -> IssuerStand:
    """One key that is dead, and one that lives."""
    ended = keys.mint()
    keys.delete(ended)
    return IssuerStand(estate.server, vendor, issuer, "production", _key(keys.mint()), _key(ended), subject)


@contextmanager
def postmark() -> Iterator[IssuerStand]:
    """Tokens of a server at Postmark."""
    with Estate() as estate:
        keys = estate.issuers.postmark.keys
        yield _of_keys(estate, "issuers", block_of(estate, Postmark), keys, str(SERVER))


@contextmanager
def github_token() -> Iterator[IssuerStand]:
    """Tokens of a person at GitHub."""
    with Estate() as estate:
        keys = estate.issuers.github.keys
        yield _of_keys(estate, "github", block_of(estate, GithubToken), keys, "sandbox")


@contextmanager
def heroku_token() -> Iterator[IssuerStand]:
    """Tokens of an account at Heroku."""
    with Estate() as estate:
        email, access = "operator@example.com", estate.heroku.access
        ended, living = (access.authorize(("global",), email, None, None) for _ in range(2))
        access.end(ended)
        issuer, good, dead = block_of(estate, HerokuToken), _key(living.token), _key(ended.token)
        yield IssuerStand(estate.server, "heroku", issuer, "production", good, dead, email)


@contextmanager
def infisical_identity() -> Iterator[IssuerStand]:
    """Client secrets of an identity at Infisical."""
    with Estate(profile="current") as estate:
        issuer, living = block_of(estate, InfisicalIdentity), _logs_in(*estate.identity)
        ended = issuer.mint("production", living, "rekey kind check")
        issuer.revoke("production", ended, living)
        subject = estate.infisical.identity_id(estate.identity[0])
        yield IssuerStand(estate.server, "infisical", issuer, "production", living, ended, subject)


def _logs_in(client_id: str, client_secret: str) -> Minted:
    return Minted({"client_id": SecretStr(client_id), "client_secret": SecretStr(client_secret)})


@contextmanager
def stripe_restricted() -> Iterator[IssuerStand]:
    """Restricted keys of Stripe's test mode."""
    with Estate() as estate:
        twin, issuer = estate.issuers.stripe, block_of(estate, StripeRestricted)
        ended, living = (Minted({"key": SecretStr(twin.test.mint())}) for _ in range(2))
        twin.test.delete(ended.secret.get_secret_value())
        yield IssuerStand(estate.server, "issuers", issuer, "test", living, ended, twin.account)


@contextmanager
def anthropic_key() -> Iterator[IssuerStand]:
    """API keys of an organization at Anthropic, of which an ended one is inactive."""
    with Estate() as estate:
        twin, issuer = estate.issuers.anthropic, block_of(estate, AnthropicKey)
        ended, living = (Minted({"key": SecretStr(twin.keys.mint())}) for _ in range(2))
        twin.keys.delete(ended.secret.get_secret_value())
        yield IssuerStand(estate.server, "issuers", issuer, "production", living, ended, twin.organization)


@contextmanager
def declared() -> Iterator[IssuerStand]:
    """A vendor without code, as the catalog of the sandbox declares OANDA."""
    with Estate() as estate, TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.toml"
        path.write_text(estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
        catalog = load_catalog(path)
        issuer = kind_of(catalog.get("oanda-practice")).in_the_catalog(catalog.hosts)
        if not isinstance(issuer, Declared):
            raise TypeError("the sandbox's catalog declares another vendor")
        issuer.read_timeout_s = TIMEOUT_S
        twin = estate.issuers.oanda
        ended, living = twin.keys.replace(), twin.keys.replace()
        yield IssuerStand(estate.server, "issuers", issuer, "practice", _key(living), _key(ended), twin.account)
