"""Declare a death: people are told while the brakes go on, then it is recorded, and a rotation is started."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from prefect.logging import get_run_logger

from blocks.errors import RekeyError
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.issuers import called
from blocks.secret import Minted
from blocks.wire.parallel import together
from tasks.person.tell_end import stopping
from tasks.run.notify import Kind, tell
from tasks.run.one_at_a_time import page_of, this_run
from tasks.watch.stop_for_death import stop_for_death

STARTED = "Its rotation is started with reason 'account reset': open the run and do what its form says."
WAITS = "Its rotation waits for somebody to be ready already: open its run, and answer there."


def declare(ledger: Ledger, credential: Credential, pair: Minted, at: datetime, helps: str = STARTED) -> None:
    """Tell people, also what ``helps``, stop trading, and write all of it down. Raises LedgerError."""
    run_id, run_name = this_run()
    told = (
        f"{called(credential)} refuses the current pair {pair.fingerprint} of {credential.name} since {at:%H:%M:%S} "
        "UTC, and is well otherwise. The account was reset or deleted, or somebody regenerated its keys. Everything "
        f"that trades with it is down. {helps}"
    )
    # At the same time: telling people may take its time.
    _, stopped = together(
        partial(tell_of, credential, f"{credential.name} is dead", f"{told} {stopping(credential)}", run_id),
        partial(stop_for_death, ledger, credential, pair, partial(tell_of, credential, run_id=run_id)),
    )
    context = {
        "killed": credential.name,
        "dead": pair.fingerprint,
        "died_at": at.isoformat(),
        "reason": told,
        **stopped,
    }
    # Last: a run that is killed in between leaves no such row, so the next one does all of it again.
    row = ledger.append(Action.DIED, rotation="", credential=credential.name, actor=rekey_in(run_name), context=context)
    recording.announce(row)


def start(credential: Credential, run_id: str, *, tell_failure: bool) -> None:
    """Start its rotation, with the reason that goes on with a dead pair. Never raises."""
    try:
        run = prefect_runs.start_rotation(credential.name, Reason.ACCOUNT_RESET)
        get_run_logger().info("The rotation of %s waits in %s", credential.name, run)
    except RekeyError as error:
        get_run_logger().warning("%s", error)
        if tell_failure:
            tell_of(credential, f"{credential.name}: its rotation could not be started", str(error), run_id)


def tell_of(credential: Credential, headline: str, text: str, run_id: str, kind: Kind = Kind.ALARM) -> None:
    """Tell people what watch found of this credential. Never raises."""
    tell(headline, text, f"Found by watch: {page_of(run_id)}", {"credential": credential.name}, kind=kind)
