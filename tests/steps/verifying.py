"""The step verify alone, and what it proved."""

from __future__ import annotations

from blocks.issuers.alpaca.pair import Pair
from blocks.model.step import Step
from blocks.prefect_api.recording import history_of
from deployments.sandbox.estate import APPS, Estate
from tasks.rotate.retire import retire
from tasks.rotate.verify import verify
from tests.steps.support import Clicked, alone, told

ACCOUNT = "/api/trading/account"

# One try: these tests are about the answer, not about the patience.
once = verify.with_options(retries=0)

retired = retire.with_options(retries=0)


def run(behind: Clicked) -> str:
    """What one try of verify, and then of retire, says: the error's text, or nothing."""

    def both() -> None:
        once(behind.rotation, behind.before, behind.accepted)
        retired(behind.rotation)

    state = alone(both)
    return "" if state.is_completed() else told(state)


def proofs(behind: Clicked) -> list[str]:
    """What the ledger says was proved, in all runs of verify and retire that were done."""
    known = history_of(behind.rotation)
    return [one for step in (Step.VERIFY, Step.RETIRE) for done in known.of(step) for one in done.proofs]


def let_staging_read_other_variables(estate: Estate, old: Pair) -> None:
    """Names that the catalog does not know, under which it has the old pair."""
    names = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
    values = {names[0]: old.key_id, names[1]: old.secret.get_secret_value()}
    estate.heroku.apps[APPS["raptor-staging"]].change(values, "somebody@example.com")
    raptor = estate.raptors["raptor-staging"]
    raptor._names = {**raptor._names, "paper": names}
