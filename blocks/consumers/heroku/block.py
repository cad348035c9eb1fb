"""The block by which rekey reaches Heroku."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from blocks.consumers.heroku.client import HerokuClient
from blocks.entry import FieldNames
from blocks.vendor_block import VendorBlock
from blocks.wire.exchange import ON_READ_TIMEOUT, READ_TIMEOUT_S


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
    read_timeout_s: float = Field(
        default=READ_TIMEOUT_S, ge=0.05, title="Read timeout (seconds)", description=ON_READ_TIMEOUT
    )

    def try_out(self, place: FieldNames | None) -> str:  # noqa: ARG002  # the vault is another matter
        """Ask whose the token is. Raises Heroku's errors."""
        with self.get_client() as client:
            return f"Heroku accepts it, as {client.account()}"

    def get_client(self) -> HerokuClient:
        """A client of its own for each consumer: heroku3's session is not safe to share between threads."""
        return HerokuClient(self.url, self.token, read_timeout_s=self.read_timeout_s)
