"""What tests of odd and hostile answers share: every vendor with one question each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.consumers.github.place import Place
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.pair import Pair
from blocks.runtimes.raptor import Raptor
from blocks.vaults.infisical.block import Infisical
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.desks import CLUSTER_DESK, FLAG, SECRET
from deployments.sandbox.estate import CHANNEL, PAPER, REPOSITORY, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.setup.register import blocks_of
from tests.vendors.infisical.vaults import folder_exists

# A client's read timeout; so an exchange may take twice as long. A byte each fifth of it is no timeout of any read.
IMPATIENT_S, PATIENT_S = 0.2, 10.0


HERE = Location(VAULT_ENVIRONMENT, VAULT_PATH)


@dataclass(frozen=True)
class Vendors:
    """The simulated estate, and a client of each vendor."""

    estate: Estate
    pair: Pair

    def client(self, label: str, read_timeout_s: float) -> Any:
        """The client of a block of that label, as a step gets it."""
        (block,) = (one for name, _, one in blocks_of(self.estate.seeds()) if name == label)
        block.read_timeout_s = read_timeout_s  # type: ignore[union-attr]  # every seed of the sandbox is set
        if isinstance(block, Raptor):
            block.token = SecretStr(made_up.token("raptor-"))
        return block.get_client("paper") if label.startswith("Alpaca") else block.get_client()  # type: ignore[union-attr]

    def alpaca(self, read_timeout_s: float) -> Alpaca:
        """Alpaca's block."""
        (block,) = (one for name, _, one in blocks_of(self.estate.seeds()) if name == "Alpaca/rekey")
        assert isinstance(block, Alpaca)
        block.read_timeout_s = read_timeout_s
        return block

    def vault(self) -> Infisical:
        """The vault's block."""
        (block,) = (one for name, _, one in blocks_of(self.estate.seeds()) if name == "Infisical/rekey")
        assert isinstance(block, Infisical)
        return block


# By name: the sandbox's vendor, the block, the request.
QUESTIONS: dict[str, tuple[str, str, Callable[[Any, Pair], object]]] = {
    "alpaca account": ("alpaca-paper", "Alpaca/rekey", lambda client, pair: client.account(pair)),
    "alpaca orders": ("alpaca-paper", "Alpaca/rekey", lambda client, pair: client.open_orders(pair)),
    "alpaca cancel": ("alpaca-paper", "Alpaca/rekey", lambda client, pair: client.cancel_all_orders(pair)),
    "vault read": ("infisical", "Infisical/rekey", lambda client, _: client.read(HERE)),
    "vault folder": ("infisical", "Infisical/rekey", lambda client, _: folder_exists(client, HERE)),
    "heroku config": ("heroku", "Heroku/rekey", lambda client, _: client.variables("raxx-api-prod", [PAPER[0]])),
    "heroku dynos": ("heroku", "Heroku/rekey", lambda client, _: client.dynos("raxx-api-prod")),
    "github key": ("github", "Github/rekey", lambda client, _: client.can_write(Place.of(REPOSITORY))),
    "github updated": (
        "github",
        "Github/rekey",
        lambda client, _: client.secret_updated_at(Place.of(REPOSITORY), PAPER[0]),
    ),
    "kubernetes secret": (
        "kubernetes",
        "Kubernetes/rekey",
        lambda client, _: client.secret(CLUSTER_DESK.partition("/")[0], SECRET),
    ),
    "switch": ("flags", "HttpSwitch/flags", lambda client, _: client.read(f"/flags/{FLAG}", "enabled")),
    "slack who": ("slack", "Slack/rekey", lambda client, _: client.who_am_i()),
    "slack post": ("slack", "Slack/rekey", lambda client, _: client.post(CHANNEL, "hello")),
    "raptor account": ("raptor-prod", "Raptor/raptor-prod", lambda client, _: client.identity("paper")),
    "raptor order": (
        "raptor-prod",
        "Raptor/raptor-prod",
        lambda client, _: client.place_order({"symbol": "AAPL"}, mode="paper", client_order_id="one"),
    ),
}


# These answer with nothing at all, in which nothing can be twice.
SAY_NOTHING = {"alpaca cancel"}
