"""What every block of AWS has: the region, and the keys with which rekey asks there."""

from __future__ import annotations

from abc import ABC

from pydantic import Field, SecretStr

from blocks.aws.session import Access
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout


class AwsBlock(VendorBlock, ABC):
    """A region of AWS, and an access key in it. Keys are taken from here alone, never from the machine."""

    region: str = Field(default=..., title="Region", description="Such as eu-central-1.")
    access_key_id: str = Field(default=..., title="Access key ID", description="Of the IAM user that rekey is there.")
    secret_access_key: SecretStr = Field(default=..., title="Secret access key", description="Of that access key.")
    session_token: SecretStr | None = Field(
        default=None, title="Session token", description="Only of a temporary key, which ends within hours."
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    @property
    def access(self) -> Access:
        """The keys."""
        return Access(self.access_key_id, self.secret_access_key, self.session_token)
