"""Tell nobody: people hear of a rotation that waits at a form which no operator may answer any more.

Operators are removed and lose their passkeys while it waits: nobody would ever answer.
"""

from __future__ import annotations

from datetime import timedelta

from blocks.ledger.history import History
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.operators import policy, registry, waits
from blocks.operators.passkeys import Site
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED
from blocks.settings import read_settings
from tasks.person.tell_end import trading
from tasks.run.notify import notify

REMIND_AFTER = timedelta(hours=4)


def tell_nobody(rotation: Rotation, history: History) -> None:
    """Tell why nobody may answer its form, and what to do, every few hours; nothing while somebody may.

    Raises LedgerError.
    """
    ledger, credential = recording.open_ledger(), rotation.credential
    host = Site.of(read_settings().console_url).host
    people = registry.of(ledger)
    why = waits.why_nobody_answers(ledger, credential, history, people, host)
    told = next((row for row in reversed(history.rows) if row.facts.nobody_answers == why), None) if why else None
    if not why or (told is not None and ledger.now() - told.at < REMIND_AFTER):
        return
    helps = policy.what_helps(credential, people, host)
    text = f"{why} {helps} The form stays open meanwhile. {trading(rotation)}".strip()
    # First: an alarm that comes twice is better than none.
    notify(rotation, f"{credential.name}: nobody may answer the form that waits", text)
    facts = {"step": Step.LOOK_AFTER, "outcome": NOTED, "nobody_answers": why, "proofs": [why]}
    recording.write(rotation, Action.STEP, facts)
