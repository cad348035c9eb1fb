"""What is said of who may answer a form, who is waited for, and who answered."""

from __future__ import annotations

from typing import Any

from prefect.input import RunInput
from prefect.logging import get_run_logger
from pydantic import SecretStr

from blocks.errors import LedgerError
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.operators.policy import NONE
from blocks.operators.registry import PASSKEY
from blocks.prefect_api.recording import WAITING, write
from blocks.settings import read_settings
from blocks.text import IN_PREFECT, markdown
from tasks.person import now, prove, where_to_answer
from tasks.person.question import Question
from tasks.run.typed_name import name_of


def last_answer() -> str:
    """Whoever had the form before this one open, too, reads here that somebody else answered it."""
    page = now.of_this_run()
    return (
        f"The form before this one was answered by {markdown(page.last_answer)}.\n" if page and page.last_answer else ""
    )


def who_may(rotation: Rotation, proof: str) -> str:
    """Who may fill in a form, and what the name in it is worth: the last sentences above its fields."""
    if proof == prove.UNKNOWN:
        return (
            "The ledger does not say whether operators are enrolled, so **no answer counts before it is mended**. "
            f"The role for {rotation.credential.name} is {rotation.credential.role}.\n"
        )
    if proof != NONE:
        weaker = "" if proof == PASSKEY else " or a one-time code"
        return (
            f"The role for {rotation.credential.name} is **{rotation.credential.role}**. Whoever answers proves to be "
            f"an operator, by a passkey{weaker}. {IN_PREFECT} a passkey is asked for on rekey's console instead, "
            f"{read_settings().console_url}.\n"
        )
    return (
        f"The role for {rotation.credential.name} is **{rotation.credential.role}**. rekey does not check yet who "
        'types a name: the ledger says "claimed by".\n'
    )


def waits_for(rotation: Rotation, question: Question[Any], key: str, mark: str) -> None:
    """Record and log that somebody is asked. Raises LedgerError, unless the question goes unrecorded."""
    where = f"{read_settings().prefect_ui_url}/runs/flow-run/{rotation.flow_run_id}"
    awaited = question.awaited
    if question.problem:
        get_run_logger().warning("The last entry was not accepted. %s", question.problem)
    get_run_logger().info("Waiting for %s. %s", awaited, where_to_answer.told(rotation))
    context = {"step": question.step, "outcome": WAITING, "seconds": 0, "form": key, "where": where, "awaited": awaited}
    context |= {"run": rotation.flow_run_id, "told": question.told, **({"shown": mark} if mark else {})}
    try:
        write(rotation, Action.STEP, context)
    except LedgerError as error:
        if not question.unrecorded:
            raise
        # The form of a held rotation must come also when the ledger is what is wrong.
        get_run_logger().error("%s", error)


def was_answered(entry: RunInput, awaited: str) -> None:
    """Whoever has the same form open elsewhere reads on the run's page that it was answered, and by whom."""
    page = now.of_this_run()
    if page is not None:
        values = dict(entry)
        choice = f": {values['choice']}" if "choice" in values else ""
        entered = (value for value in values.values() if isinstance(value, SecretStr))
        page.answered(f"{name_of(str(values.get('operator', '')), *entered)} ({awaited}{choice})")
