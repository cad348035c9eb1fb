"""AWS Secrets Manager as the vault: which region and account, and as whom rekey reads and writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, HttpUrl

from blocks.aws.block import AwsBlock
from blocks.aws.secrets import service
from blocks.aws.session import AwsSession
from blocks.model.places import VaultPlace
from blocks.vaults.aws_secrets_manager.client import WORDS, AwsSecretsClient, name_of
from blocks.vaults.interface import Vault
from blocks.vaults.terms import Words

SERVICE = service(
    "Put a valid access key into the AWS Secrets Manager block (Prefect UI, Blocks), whose policy allows what "
    "docs/how-to/choose-a-vault.md lists."
)


class AwsSecretsManager(AwsBlock, Vault):
    """The secrets of one account and region, and as whom rekey uses them."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "others.aws-secrets-manager"}
    words: ClassVar[Words] = WORDS
    atomic: ClassVar[bool] = True
    tells_key_end: ClassVar[bool] = True

    _block_type_name = "AWS Secrets Manager"
    _block_type_slug = "aws-secrets-manager"
    _logo_url = HttpUrl("https://github.com/aws.png")
    _documentation_url = HttpUrl("https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html")
    _description = "The vault that holds the current pairs, and the access key with which rekey uses it."

    url: str = Field(
        default=...,
        title="URL",
        description="The region's endpoint, such as https://secretsmanager.eu-central-1.amazonaws.com.",
    )
    kms_key_id: str = Field(
        default="",
        title="KMS key",
        description="With which what is in flight is encrypted; without it AWS's own key of the account.",
    )

    def get_client(self) -> AwsSecretsClient:
        """A client. Close it. Raises CatalogError when a field cannot be used."""
        session = AwsSession(SERVICE, self.url, self.region, self.access, read_timeout_s=self.read_timeout_s)
        return AwsSecretsClient(session, kms_key_id=self.kms_key_id)

    def fetch(self, place: VaultPlace) -> str:
        """The command by which a person reads the pair."""
        name = name_of(place.environment, place.path)
        return (
            f"aws secretsmanager get-secret-value --region {self.region} --secret-id {name} --query SecretString "
            "--output text"
        )
