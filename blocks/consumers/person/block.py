"""The block by which rekey reaches Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from blocks.consumers.person.slack import API_URL, SlackClient
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout


class Slack(VendorBlock):
    """How rekey reaches Slack."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "slack"}
    outlives_prefect: ClassVar[bool] = True

    _block_type_name = "Slack"
    _block_type_slug = "rekey-slack"
    _logo_url = HttpUrl("https://github.com/slackapi.png")
    _documentation_url = HttpUrl("https://docs.slack.dev/reference/methods/chat.postMessage")
    _description = "Tells people what to fetch from where, by direct message. Used by rekey."

    url: str = Field(default=API_URL, title="API address", description="https://slack.com/api/")
    token: SecretStr = Field(
        title="Bot token",
        description="xoxb-..., with the scopes chat:write and im:write; with im:history a post that was cut short is "
        "found again instead of repeated, and the ledger is compared with what was posted; with im:read a fixed "
        "conversation can be checked.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> SlackClient:
        """A client; close it, or use it as a context manager."""
        return SlackClient(self.url, self.token, read_timeout_s=self.read_timeout_s)
