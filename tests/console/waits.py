"""A rotation that waits for its pair: rows of the ledger, and the form of a run that only the console believes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.ledger.lease import Lease
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.sealed.envelope import info_of, opened
from blocks.sealed.keys import SealingKey, new_key
from blocks.settings import read_settings
from tasks.person.forms import entry_of
from tests.console.conftest import RUN, Served
from tests.console.prefect_twin import PrefectTwin
from tests.steps.support import SHIPPED

CREDENTIAL, ROTATION, PLAN = "alpaca-paper", "r-20261128-090000-ab12", "0" * 64
ANOTHER_RUN = "22222222-0000-4000-8000-000000000000"


@dataclass
class Waits:
    """The rotation, its key, and the Prefect server that shows its form."""

    served: Served
    prefect: PrefectTwin
    key: SealingKey = field(default_factory=new_key)

    @classmethod
    def begun(cls, ledger: Ledger, serve: Callable[[], Served], prefect: PrefectTwin) -> Waits:
        """It waits, and its console shows that."""
        # Before the console begins, which looks again for a ledger that is not there only after seconds.
        ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
        one = cls(serve(), prefect)
        one.begin()
        one.served.shows("enter the new pair")
        return one

    def begin(self) -> None:
        """It begins, and waits."""
        self.served.start(CREDENTIAL, ROTATION)
        public = self.key.public
        self.served.step(
            Step.PREFLIGHT.value,
            CREDENTIAL,
            ROTATION,
            sealing=public.as_context(),
            sealing_hash=public.hash,
            plan=PLAN,
        )
        self.ask(RUN, "paused-1")

    def go_on(self) -> None:
        """Another run takes it over, and asks again."""
        lease = Lease(read_settings().ledger_url, CREDENTIAL)
        lease.take(ANOTHER_RUN, lease.look())
        self.served.start(CREDENTIAL, ROTATION, ANOTHER_RUN)
        self.ask(ANOTHER_RUN, "paused-2")

    def ask(self, run: str, form: str) -> None:
        """This run shows the form for the pair."""
        schema = entry_of(load_catalog(SHIPPED).get(CREDENTIAL), Alpaca, may_stop=True).model_json_schema()
        self.prefect.show(run, form, "Regenerate, and enter the pair.", schema)
        self.served.wait(credential=CREDENTIAL, rotation=ROTATION, form=form, run=run)

    @property
    def entered(self) -> list[tuple[str, dict[str, SecretStr]]]:
        """Of which run a form was answered, and with which pair."""
        info = info_of(ROTATION, Step.AWAIT_HUMAN_INPUT.value, PLAN)
        return [(run, opened(self.key, info, values["sealed"])) for run, values in self.prefect.answers]
