"""The block by which rekey reaches GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from blocks.consumers.github.client import API_URL, API_VERSION, GithubClient
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout


class Github(VendorBlock):
    """How rekey reaches GitHub."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "github"}

    _block_type_name = "GitHub"
    _block_type_slug = "rekey-github"
    _logo_url = HttpUrl("https://github.com/github.png")
    _documentation_url = HttpUrl("https://docs.github.com/en/rest/actions/secrets")
    _description = "Writes the secrets of repositories and environments. Used by rekey."

    url: str = Field(
        default=API_URL,
        title="API address",
        description="https://api.github.com, or https://HOST/api/v3 for GitHub Enterprise Server.",
    )
    token: SecretStr = Field(
        title="Token",
        description='A fine-grained token with "Secrets: read and write" for the repositories of the catalog (for '
        'environment secrets also "Environments", for those of Dependabot "Dependabot secrets", for those of an '
        'organization "Secrets" of the organization, each with read and write), or a classic one with the scope repo.',
    )
    api_version: str = Field(
        default=API_VERSION,
        title="API version",
        description="An older GitHub Enterprise Server knows only 2022-11-28.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> GithubClient:
        """A client; close it, or use it as a context manager."""
        return GithubClient(self.url, self.token, api_version=self.api_version, read_timeout_s=self.read_timeout_s)
