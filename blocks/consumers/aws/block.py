"""AWS as a place of copies: which account and region, and as whom rekey writes there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, HttpUrl

from blocks.aws import parameters, secrets
from blocks.aws.block import AwsBlock
from blocks.aws.session import AwsSession
from blocks.errors import CatalogError

_REMEDY = (
    "Put a valid access key into the AWS block (Prefect UI, Blocks), whose policy allows what "
    "docs/how-to/add-a-consumer.md lists."
)


class Aws(AwsBlock):
    """A region in which applications read their copies, and the access key with which rekey writes them."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "others.aws-secret", "parameters_url": "others.aws-parameter"}

    _block_type_name = "AWS"
    _block_type_slug = "aws"
    _logo_url = HttpUrl("https://github.com/aws.png")
    _documentation_url = HttpUrl("https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html")
    _description = "Copies in Secrets Manager and Parameter Store, and the access key with which rekey writes them."

    url: str = Field(
        default=...,
        title="URL of Secrets Manager",
        description="The region's endpoint, such as https://secretsmanager.eu-central-1.amazonaws.com.",
    )
    parameters_url: str = Field(
        default=...,
        title="URL of Systems Manager",
        description="The region's endpoint, such as https://ssm.eu-central-1.amazonaws.com.",
    )
    kms_key_id: str = Field(
        default="", title="KMS key", description="With which parameters are encrypted; without it the account's own."
    )

    def get_client(self) -> AwsSession:
        """Secrets Manager. Close it. Raises CatalogError when a field cannot be used."""
        return AwsSession(
            secrets.service(_REMEDY), self.url, self.region, self.access, read_timeout_s=self.read_timeout_s
        )

    def get_parameters(self) -> AwsSession:
        """Parameter Store. Close it. Raises CatalogError when a field cannot be used."""
        if not self.parameters_url:
            raise CatalogError("The AWS block has no URL of Systems Manager.", "Give it (Prefect UI, Blocks).")
        service = parameters.service(_REMEDY)
        return AwsSession(service, self.parameters_url, self.region, self.access, read_timeout_s=self.read_timeout_s)
