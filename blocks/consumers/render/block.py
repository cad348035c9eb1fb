"""The block by which rekey reaches Render."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from blocks.consumers.render.client import RenderClient
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout


class Render(VendorBlock):
    """The Render account through which services get their variables."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "render"}

    _block_type_name = "Render"
    _block_type_slug = "render"
    _logo_url = HttpUrl("https://github.com/render-oss.png")
    _documentation_url = HttpUrl("https://api-docs.render.com/reference/introduction")
    _description = "Writes the environment variables of services, and deploys them. Used by rekey."

    url: str = Field(
        default="https://api.render.com", title="API address", description="https, or http on a loopback address."
    )
    token: SecretStr = Field(
        title="API key",
        description="Account settings, API keys. It may do what its owner may: make it for a user of its own.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> RenderClient:
        """A client; close it, or use it as a context manager."""
        return RenderClient(self.url, self.token, read_timeout_s=self.read_timeout_s)
