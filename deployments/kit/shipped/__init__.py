"""The kinds of this repository before their twins: what ``rekey kind check`` plays by itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from deployments.kit.rules import Factory
from deployments.kit.shipped import applications, aws, clusters, consumers, issuers, vaults

# By family, and by the word that the catalog has for the kind.
SHIPPED: Mapping[str, Factory] = {
    "vault infisical": vaults.infisical,
    "vault hashicorp-vault": vaults.hashicorp,
    "vault sealed-file": vaults.sealed_file,
    "vault aws-secrets-manager": vaults.aws_secrets_manager,
    "consumer aws-secret": aws.aws_secret,
    "consumer aws-parameter": aws.aws_parameter,
    "consumer heroku": consumers.heroku,
    "consumer github": consumers.github,
    "consumer github-dependabot": consumers.github_dependabot,
    "consumer github-organization": consumers.github_organization,
    "consumer slack": consumers.slack,
    "consumer rekey-block": consumers.rekey_block,
    "consumer env-file": consumers.env_file,
    "consumer kubernetes": clusters.kubernetes,
    "consumer render": clusters.render,
    "brake heroku": applications.heroku_brake,
    "brake http": clusters.http_brake,
    "brake kubernetes": clusters.kubernetes_brake,
    "runtime raptor": applications.raptor,
    "runtime http-json": applications.http_json,
    "issuer alpaca": issuers.alpaca,
    "issuer anthropic-key": issuers.anthropic_key,
    "issuer declared": issuers.declared,
    "issuer github-token": issuers.github_token,
    "issuer heroku-token": issuers.heroku_token,
    "issuer infisical-identity": issuers.infisical_identity,
    "issuer postmark": issuers.postmark,
    "issuer stripe-restricted": issuers.stripe_restricted,
}
# What must be installed to play one, which is an extra of rekey: package, and extra.
_OF_AWS = ("vault aws-secrets-manager", "consumer aws-secret", "consumer aws-parameter")
NEEDS: Mapping[str, tuple[str, str]] = dict.fromkeys(_OF_AWS, ("botocore", "aws"))


def not_playable(name: str) -> str:
    """Why the kind of this name cannot be played here; empty when it can."""
    package, extra = NEEDS.get(name, ("", ""))
    if not package or find_spec(package) is not None:
        return ""
    return f"{name}: not played, because {package} is not installed (extra `{extra}`)."
