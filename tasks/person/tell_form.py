"""Tell the form: people hear of every form that waits, once; from its run, or from watch when that could not.

Not by an automation of Prefect's: an event that is lost while its server restarts would be told to nobody.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self

from prefect.logging import get_run_logger

from blocks.errors import LedgerError, RekeyError
from blocks.ledger.chapters import Forms
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import prefect_runs, recording
from blocks.prefect_api.recording import NOTED
from blocks.wire import witnesses
from blocks.wire.beside import Beside
from tasks.person import where_to_answer
from tasks.person.tell_end import trading
from tasks.run.notify import Kind, notify

STEP = Step.TELL_FORM
# Longer than a run tries by itself: of two messages about one form, one would be too many.
LEFT_TO_ITS_RUN = timedelta(minutes=2)
# Longer than a message takes. A form that was answered never waits for more.
END_S = 2.0


class Telling:
    """A thread that tells of one form, beside it. A context manager: it ends when the form was answered."""

    def __init__(self, rotation: Rotation, form: str, awaited: str, *, told: bool) -> None:
        """``told`` when people know already that it comes."""
        self.told = told
        self._rotation, self._form, self._awaited = rotation, form, awaited
        self._beside = Beside(self._tell)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.wait(END_S)

    def begin(self) -> None:
        """The form is shown now."""
        if not self.told:
            self._beside.begin()

    def _tell(self) -> None:
        """Nothing that goes wrong here may touch the form."""
        try:
            with witnesses.apart():
                self.told = _sent(self._rotation, self._awaited)
                if self.told:
                    _note(self._rotation, self._form, self._awaited)
        except Exception as error:  # noqa: BLE001  # the form has to stay, whatever its message meets
            told = str(error) if isinstance(error, RekeyError) else type(error).__name__
            get_run_logger().warning("That the form was told is not recorded: %s", told)


def tell_left(rotation: Rotation, forms: Forms) -> None:
    """Tell of the form of which its run could tell nobody, while that very form still waits.

    Raises Unreachable while Prefect does not answer, and LedgerError after people were told.
    """
    newest = forms.newest
    if newest is None or forms.is_told(newest) or datetime.now(UTC) - newest.at < LEFT_TO_ITS_RUN:
        return
    if prefect_runs.shows(newest.run, newest.form) and _sent(rotation, newest.awaited):
        _note(rotation, newest.form, newest.awaited)


def was_told(rotation: Rotation) -> bool:
    """Whether people know of the form that was shown last. While the ledger is away nobody is told again and again."""
    try:
        forms = recording.history_of(rotation).forms
    except LedgerError:
        return True
    return forms.newest is not None and forms.is_told(forms.newest)


def _headline(rotation: Rotation, awaited: str) -> str:
    return f"{rotation.credential.name} waits for {awaited}"


def _sent(rotation: Rotation, awaited: str) -> bool:
    told = f"{where_to_answer.told(rotation)} {trading(rotation)}".strip()
    return notify(rotation, _headline(rotation, awaited), told, kind=Kind.FORM)


def _note(rotation: Rotation, form: str, awaited: str) -> None:
    proofs = [f"People on call were told: {_headline(rotation, awaited)}."]
    recording.write(rotation, Action.STEP, {"step": STEP, "outcome": NOTED, "form_told": form, "proofs": proofs})
