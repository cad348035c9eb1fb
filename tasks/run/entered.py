"""The pair that Prefect keeps of a form, whether it was typed there or sealed before it came there."""

from __future__ import annotations

from dataclasses import dataclass

from prefect.logging import get_run_logger

from blocks.errors import Unopened
from blocks.model.rotation import Rotation
from blocks.prefect_api.issuers import kind_of
from blocks.secret import Minted
from tasks.run import sealing, submissions, typed_name

# The field of the form that takes a sealed entry, and how the ledger says which one it was.
FIELD = "sealed"
SEALED, PLAIN = "sealed", "plain"


@dataclass(frozen=True, slots=True)
class Entered:
    """A pair, how it was entered, and by whom, as whoever entered it says."""

    pair: Minted
    entry: str
    operator: str
    # By what the name was to be proved; nobody has checked that here.
    proof: str = ""


def entered(rotation: Rotation, run: str, form: str) -> Entered | None:
    """The pair that was entered into this form; None when Prefect keeps none (any more).

    Raises Unreachable while Prefect does not answer, Unopened for a sealed text that does not open, and the vault's
    errors while that does not give the key.
    """
    return pair_of(rotation, submissions.values(run, form), form)


def pair_of(rotation: Rotation, values: object, form: str) -> Entered | None:
    """The pair among these values of this form. Raises what ``entered`` raises."""
    text = values.get(FIELD) if isinstance(values, dict) else None
    if isinstance(text, str) and text.strip():
        pair, entry = opened(rotation, text, form), SEALED
    else:
        pair, entry = submissions.pair_in(values, kind_of(rotation.credential).fields), PLAIN
    if pair is None or not isinstance(values, dict):
        return None
    who = typed_name.typed_in(values, *pair.values.values())
    return Entered(pair, entry, who, typed_name.proof_in(values))


def opened(rotation: Rotation, text: str, form: str) -> Minted | None:
    """The pair of a sealed text; None for one without a pair. Raises what ``entered`` raises."""
    values = {name: one.get_secret_value() for name, one in sealing.opened(rotation, text, form).items()}
    return submissions.pair_in(values, kind_of(rotation.credential).fields)


def readable(rotation: Rotation, run: str, form: str) -> Entered | None:
    """As ``entered``, but None for what does not open: that is said in the log, and stays where it is."""
    try:
        return entered(rotation, run, form)
    except Unopened as error:
        get_run_logger().warning("What was entered into form %s of run %s: %s", form, run, error)
        return None
