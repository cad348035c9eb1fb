"""The block by which rekey reaches Heroku."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, HttpUrl, PrivateAttr, SecretStr

from blocks.consumers.heroku.client import HerokuClient
from blocks.consumers.heroku.neighbours import Neighbours, look
from blocks.entry import FieldNames
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout

# Whoever examines another credential waits for what the first one finds.
_ONE_LOOKS = threading.Lock()


class Heroku(VendorBlock):
    """The Heroku account through which consumers get their variables."""

    model_config = ConfigDict(hide_input_in_errors=True)

    addresses: ClassVar[Mapping[str, str]] = {"url": "heroku"}
    # Brakes are variables there.
    outlives_prefect: ClassVar[bool] = True

    _block_type_name = "Heroku"
    _block_type_slug = "heroku"
    _logo_url = HttpUrl("https://github.com/heroku.png")
    _documentation_url = HttpUrl("https://devcenter.heroku.com/articles/platform-api-reference")
    _description = "Heroku Platform API: config vars, releases and dynos of the apps that hold a copy of a credential."

    url: str = Field(
        default="https://api.heroku.com", title="API address", description="https, or http on a loopback address."
    )
    token: SecretStr = Field(
        title="API token",
        description="Needs the scope write-protected (or global): the scopes read and write exclude config vars.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    # What was seen of all apps, as long as this block is kept: a health run loads it once for all credentials.
    _seen: Neighbours | None = PrivateAttr(default=None)

    def neighbours(self) -> Neighbours:
        """Which config vars all apps of the account have, asked for once. Raises Unproved, and Heroku's errors."""
        with _ONE_LOOKS:
            if self._seen is None:
                with self.get_client() as client:
                    self._seen = look(client)
            return self._seen

    def try_out(self, place: FieldNames | None) -> str:  # noqa: ARG002  # the vault is another matter
        """Ask whose the token is. Raises Heroku's errors."""
        with self.get_client() as client:
            return f"Heroku accepts it, as {client.account()}"

    def get_client(self) -> HerokuClient:
        """A client of its own for each consumer: heroku3's session is not safe to share between threads."""
        return HerokuClient(self.url, self.token, read_timeout_s=self.read_timeout_s)
