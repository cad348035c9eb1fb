"""How far a rotation is, as the ledger has it, in words for people: its steps, and whether the old pair lives.

Apart from the steps themselves, so that whoever only reads does not import Prefect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from blocks.ledger.history import History
from blocks.ledger.row import Row
from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.model.step import Step

# What a step does, for people who do not know it by its name.
DOES: Mapping[Step | None, str] = {
    Step.PREFLIGHT: "checks everything that can fail",
    Step.AWAIT_READINESS: "asks whether somebody is ready",
    Step.APPROVE: "asks for another word than that of whoever is ready",
    Step.PAUSE: "stops trading and proves it",
    Step.SNAPSHOT: "looks at the account as it is before the click",
    Step.AWAIT_HUMAN_INPUT: "asks for the new pair",
    Step.VALIDATE: "asks {issuer} whether the new pair opens the right account",
    Step.STORE: "writes the new pair to the vault",
    Step.PROPAGATE: "writes the new pair to every place that uses it",
    Step.VERIFY: "proves that the applications trade with the new pair",
    Step.RETIRE: "proves that the old pair is dead",
    Step.RESUME: "lets trading go on and closes the rotation",
    Step.EQUITY: "asks whether another equity is right",
    Step.UNKNOWN_ACCOUNT: "asks whether the account is right",
    Step.HOLD: "stops trading, because a step cannot go on, and asks",
}
# The same of a credential without brakes: nothing is paused, and maybe nothing is traded.
DOES_WITHOUT_BRAKES: Mapping[Step | None, str] = {
    **DOES,
    Step.AWAIT_READINESS: "asks nobody: nothing is paused",
    Step.PAUSE: "has nothing to pause",
    Step.SNAPSHOT: "looks at whose it is",
    Step.VERIFY: "proves that what runs uses the new pair",
    Step.RESUME: "closes the rotation",
    Step.HOLD: "asks, because a step cannot go on",
}
# The same of one that its issuer's own API makes: nobody is asked.
_MADE_BY_API = "lets {issuer} make the new pair"
# What is wanted of a person, as an order, by the step that asks.
WANTED: Mapping[str, str] = {
    Step.AWAIT_READINESS: "say whether you are ready",
    Step.APPROVE: "approve the plan, or end the rotation",
    Step.SNAPSHOT: "decide what to do with the open orders",
    Step.AWAIT_HUMAN_INPUT: "enter the new pair",
    Step.RETIRE: "delete the old pair at its issuer, and say so",
    Step.EQUITY: "say whether the new equity is right",
    Step.UNKNOWN_ACCOUNT: "say whether the account is right",
    Step.HOLD: "decide how to go on",
    Step.NAME: "type your name",
    Step.PROOF: "prove that the entry was yours",
}
# What is to be done again once another pair is entered.
OF_THE_PAIR = frozenset({Step.VALIDATE, Step.STORE, Step.PROPAGATE, Step.VERIFY, Step.RETIRE, Step.RESUME})
# What a person answered is told apart; whether it was accepted is what validate says.
ASKS = frozenset(
    {Step.AWAIT_READINESS, Step.APPROVE, Step.AWAIT_HUMAN_INPUT, Step.EQUITY, Step.UNKNOWN_ACCOUNT, Step.HOLD}
)


def does(credential: Credential, step: Step | None, issuer: str, *, by_api: bool) -> str:
    """What this step does for this credential; empty for what is no step.

    ``issuer`` is how people call that one; ``by_api``: whether its own API makes the new pair.
    """
    told = (DOES if credential.brakes else DOES_WITHOUT_BRAKES).get(step, "")
    if by_api and step is Step.AWAIT_HUMAN_INPUT:
        told = _MADE_BY_API
    return told.format(issuer=issuer)


def done(history: History) -> list[str]:
    """The steps that are done, in their order. Of the pair only what was done with the one that was accepted."""
    found: dict[str, None] = {}
    for facts in (row.facts for row in history.rows):
        step = facts.step
        if facts.is_done and (facts.another_pair or step == Step.AWAIT_HUMAN_INPUT):
            found = {name: None for name in found if name.split(" ")[0] not in OF_THE_PAIR}
        if not facts.is_done or step not in DOES or step in ASKS:
            continue
        if step != Step.VALIDATE or facts.accepted:
            found[f"{step} ({facts.subject})" if facts.subject is not None else step] = None
    return list(found)


def given(history: History, label: str) -> Row | None:
    """The newest row of this consumer since a pair was accepted; None before any."""
    accepted = history.pairs.accepted_by
    rows = [row for row in history.rows if row.facts.step == Step.PROPAGATE and row.facts.subject == label]
    return rows[-1] if rows and rows[-1].sequence > accepted > 0 else None


def missing(credential: Credential, history: History) -> list[str]:
    """The consumers that are not known to have the accepted pair; none before one was accepted."""
    if not history.pairs.accepted_by:
        return []
    last = {one.label: given(history, one.label) for one in credential.consumers}
    return [label for label, row in last.items() if row is None or not row.facts.is_done]


def death(history: History, killed: Sequence[Row]) -> str | None:
    """That the old pair is dead, by the newest proof that there is; None without one.

    ``killed`` is what killed the credential's pair outside of its own rotation.
    """
    died = history.died_at or next((row.facts.died_at for row in reversed(killed) if row.facts.died_at), None)
    if died is not None:
        return f"dead since {clock(datetime.fromisoformat(died))}"
    if history.proof_of_death is not None:
        return f"dead, proved by {history.proof_of_death.step}"
    return None


def last_life(history: History) -> str:
    """When the old pair was accepted last, as far as a step wrote it down."""
    checked = next((row for row in reversed(history.rows) if _is_done(row, Step.PREFLIGHT)), None)
    return f"lived when preflight asked, at {clock(checked.at)}" if checked else "unknown: not asked yet"


def _is_done(row: Row, step: str) -> bool:
    return row.facts.step == step and row.facts.is_done
