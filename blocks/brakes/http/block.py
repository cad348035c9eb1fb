"""The block by which rekey reaches a service of your own that holds switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict, Field, SecretStr

from blocks.brakes.http.client import SwitchClient
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout


class HttpSwitch(VendorBlock):
    """One service that holds switches; one block document each."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "http_switch"}
    has_instances: ClassVar[bool] = True
    outlives_prefect: ClassVar[bool] = True

    _block_type_name = "HTTP switch"
    _block_type_slug = "http-switch"
    # No logo and no page: it is a service of one's own.
    _description = "A service that sets and tells by HTTP whether an application may trade. Used by rekey."

    url: str = Field(title="Address", description="Such as https://flags.example.com; http on a loopback address only.")
    token: SecretStr | None = Field(
        default=None, title="Bearer token", description="With which its switches may be read and set."
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> SwitchClient:
        """A client for this service; close it, or use it as a context manager."""
        name: Any = self._block_document_name
        return SwitchClient(self.url, self.token, name=name or "", read_timeout_s=self.read_timeout_s)
