"""What an operator signs outside of a form: that a rotation is started, taken, or closed by hand.

A form's key makes a signature good for one answer; here a name does, which has the time in it. It is given with the
challenge, and a signature is taken once, within minutes of it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from blocks.errors import ProofRefused
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action, Row
from blocks.operators import prove
from blocks.operators.act import Act
from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Site
from blocks.operators.prove import Proof

START, TAKE, CLOSE = "start", "take", "close"
VALID = timedelta(minutes=5)
# The tag of a run whose start was signed, before the name under which that was done.
TAG = "rekey-signed:"
_NAME = re.compile(r"outside-([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{16}")
_TIME = "%Y%m%dT%H%M%SZ"
AGAIN = "Press again: your passkey is asked for anew."


def new_name(now: datetime) -> str:
    """The name of one act that somebody is about to sign."""
    return f"outside-{now.astimezone(UTC):{_TIME}}-{secrets.token_hex(8)}"


def act_of(step: str, name: str, rotation: str, chosen: Mapping[str, str]) -> Act:
    """What is signed; ``rotation`` is empty for a start, which has none yet."""
    return Act(rotation, step, name, "", dict(chosen))


def started(name: str, credential: str, reason: str, operator: str) -> Act:
    """What is signed to start a rotation."""
    return act_of(START, name, "", {"credential": credential, "reason": reason, "operator": operator})


def proved(ledger: Ledger, site: Site, act: Act, assertion: Assertion, role: str, now: datetime) -> Proof:
    """Who signed this act, now and for the first time. Raises ProofRefused, Transient and LedgerError."""
    found = _NAME.fullmatch(act.form)
    at = datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) if found else None
    # Of two consoles the clocks may differ.
    if at is None or abs(now - at) > VALID:
        raise ProofRefused("What was signed is too old, or was never asked for.", AGAIN)
    return prove.once(ledger, site, act, assertion, role)


def start_of(ledger: Ledger, name: str, credential: str, reason: str) -> Row | None:
    """The row that proves who signed this start, unless a rotation was started with it before; None without one."""
    if not _NAME.fullmatch(name):
        return None
    rows = ledger.rows(credential=SHARED, actions=(Action.OPERATOR_ACTED,), naming=name)
    found = next(
        (row for row in rows if row.facts.act == started(name, credential, reason, row.facts.who).as_context()), None
    )
    starts = ledger.rows(credential=credential, actions=(Action.STARTED,), after=found.sequence) if found else []
    return None if any(row.facts.proved_in == found.sequence for row in starts if found) else found
