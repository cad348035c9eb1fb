"""What the page of a rotation asks now: the form as Prefect has it, and what is said of a value while it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from blocks.errors import RekeyError
from blocks.issuer_kinds import kind_of
from blocks.model.credential import Credential
from blocks.model.step import Step
from deployments.cli.status import Status
from deployments.console.waiting_form import WaitingForm, form_of
from deployments.local.ask_prefect import Prefect

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Asked:
    """The form that waits, why it cannot be shown, and what to say of each value while it is typed."""

    form: WaitingForm | None = None
    problem: str = ""
    hints: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)


def asked_of(status: Status, credential: Credential, *, is_mine: bool) -> Asked:
    """Prefect is asked for the form, so that what is shown here is what was asked.

    By now it may show the next one, which is only for whoever has the rotation.
    """
    run = status.run.rpartition("/")[2]
    try:
        with Prefect() as prefect:
            shown = prefect.form_of(run)
    except RekeyError as error:
        # What helps against one that is slow is to ask again, which the page does; nobody has to mend an address.
        return Asked(problem=error.problem if error.transient else str(error))
    if shown is None or not (is_mine or f"-{Step.APPROVE}-" in shown.key):
        return Asked()
    issuer = kind_of(credential)
    form = form_of(run, shown, issuer.form(credential.realm))
    if not form.asks_for_a_pair:
        return Asked(form)
    hints = issuer.hints(credential.realm)
    return Asked(form, hints={name: [asdict(one) for one in each] for name, each in hints.items()})


def picture_of(credential: Credential) -> str:
    """Where the picture of the page is on which its pair is minted; empty without one."""
    found = f"pictures/{credential.issuer}-{credential.realm}.png"
    return f"/static/{found}" if (STATIC / found).is_file() else ""
