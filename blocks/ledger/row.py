"""What a row of the ledger says: the actions that there are, one row, and how it is read from its table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from blocks.errors import LedgerError
from blocks.ledger.facts import Facts, facts_of

Context = Mapping[str, Any]
# The credential of a row that is about all of them.
SHARED = "all credentials"


class Action(StrEnum):
    """What can be recorded. Grammar: secret.<noun or verb>[.<past participle or noun>]."""

    STARTED = "secret.rotate.started"
    """A run began a rotation, or took an unfinished one over."""
    STEP = "secret.rotate.step"
    """A step began to wait, was done or failed; or a fact in between was noted."""
    HELD = "secret.rotate.held"
    """A rotation was held, or nobody filled in its form in time: people were told."""
    COMPLETED = "secret.rotate.completed"
    """A rotation is over: the new pair is everywhere, and the old one is dead, or kept until that is proved."""
    ABORTED = "secret.rotate.aborted"
    """A rotation is over without a new pair: nothing was changed, or somebody closed it by hand."""
    TAKEN = "secret.rotate.taken"
    """Somebody took it upon themselves to answer a rotation's forms; another person may take it over."""
    MISROTATION = "secret.misrotation"
    """The pair of another credential died, or was typed, while a form waited."""
    WITHDRAWN = "secret.misrotation.withdrawn"
    """The pair that was called dead is accepted again: an outage of the vendor had refused it."""
    HEALTH_CHECKED = "secret.health.checked"
    """A credential was examined, with what was found."""
    DIED = "secret.died"
    """A current pair died by itself: nobody was rotating it."""
    RECOVERED = "secret.recovered"
    """A pair that had died by itself is accepted again."""
    OLD_KEPT = "secret.old.kept"
    """An old pair is accepted, or may be, until a date: it is kept, and watch proves its death then."""
    OLD_ASKED = "secret.old.asked"
    """A kept old pair was asked about: it is accepted, nobody can say, or it is proved dead and is deleted next."""
    OLD_DIED = "secret.old.died"
    """A kept old pair is proved dead, and is kept no more."""
    OLD_LOST = "secret.old.lost"
    """A kept old pair is gone from where it was kept, so its death cannot be proved any more: people were told."""
    REGISTERED = "secret.registered"
    """Blocks and deployments were made: by which version of rekey, with which catalog."""
    PROTECTED = "secret.ledger.protected"
    """The ledger's triggers and file rights were put back, by whom, and what was missing."""
    OPERATOR_INVITED = "secret.operator.invited"
    """A one-time link was made, by which a person registers passkeys."""
    OPERATOR_APPROVED = "secret.operator.approved"
    """A superadmin approved such a link, with a passkey."""
    OPERATOR_ENROLLED = "secret.operator.enrolled"
    """An operator registered a passkey."""
    OPERATOR_CODED = "secret.operator.coded"
    """An operator was given a secret for one-time codes, which the vault keeps."""
    OPERATOR_REMOVED = "secret.operator.removed"
    """An operator may not act any more."""
    OPERATOR_RECOVERED = "secret.operator.recovered"
    """An operator's passkeys and codes are not taken any more; new ones are to be registered."""
    OPERATOR_ACTED = "secret.operator.acted"
    """An operator proved to be the one who acts, and how; a signature is kept and can be checked."""
    OPERATOR_REFUSED = "secret.operator.refused"
    """What was to prove who acts did not, and why."""
    UNTOLD = "secret.alarm.untold"
    """Slack did not take a message; it is kept to be sent again."""
    TOLD_LATE = "secret.alarm.late"
    """Slack took a message that it had not taken before."""
    INCIDENT_OPENED = "secret.incident.opened"
    """Somebody may know what only consumers should: these credentials are replaced, in this order, and why."""
    INCIDENT_TOLD = "secret.incident.told"
    """People were told of an incident, or reminded of what is left of it."""
    INCIDENT_BEGAN = "secret.incident.began"
    """The rotation of one of its credentials was started."""
    INCIDENT_CLOSED = "secret.incident.closed"
    """An incident is over: all of it is rotated, or somebody closed it by hand and said why."""


ENDINGS = frozenset({Action.COMPLETED, Action.ABORTED})
NAMES = frozenset(action.value for action in Action)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry. ``at`` is UTC."""

    sequence: int
    at: datetime
    rotation: str
    credential: str
    action: Action
    actor: str
    context: Context
    previous: str
    hash: str

    @property
    def facts(self) -> Facts:
        """What it says, by name."""
        return facts_of(self.context)


def read_row(found: Any) -> Row:
    """The row of the table, read. Raises LedgerError for one that somebody changed."""
    row = _readable(found)
    if row is None:
        raise LedgerError(
            f"Row {found.sequence} of the ledger cannot be read: somebody changed it.",
            "Run `rekey ledger verify`, which names the first bad row, and restore the ledger from a backup.",
        )
    return row


def _readable(found: Any) -> Row | None:
    """The row, or None when somebody made it into something that rekey never writes."""
    try:
        at, context = datetime.fromisoformat(found.at), json.loads(found.context)
        if at.tzinfo is None or not isinstance(context, dict):
            return None
        return Row(
            sequence=found.sequence,
            at=at,
            rotation=found.rotation,
            credential=found.credential,
            action=Action(found.action),
            actor=found.actor,
            context=context,
            previous=found.previous,
            hash=found.hash,
        )
    except (ValueError, TypeError, RecursionError):
        return None
