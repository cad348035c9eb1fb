"""The form by which somebody says to be ready, or ends the rotation: what it asks, and what is said above it."""

from __future__ import annotations

from typing import Any

from pydantic import Field, create_model

from blocks.model.credential import Credential
from blocks.model.rotation import Rotation
from blocks.prefect_api.issuers import kind_of
from blocks.text import markdown
from tasks.person.forms import STOPS, Signed, agreed, asked, why_not
from tasks.person.problem import in_a_form
from tasks.person.tell_end import trading

NOT_READY = "Stop here instead: I am not ready"


def form_of(credential: Credential, *, may_be_open: bool, may_stop: bool) -> type[Signed]:
    """What the operator says yes to; the credential's name is typed, so that nobody stops the wrong trading.

    Where the market may be open, also that trading stops although it is. ``may_stop`` adds the switch by which whoever
    is not ready ends the rotation.
    """
    issuer, name = kind_of(credential), credential.name
    fields: dict[str, Any] = {
        "at_dashboard": (
            bool,
            agreed(
                f"I am logged in at the {issuer.called} dashboard, and stay until the run has completed",
                "Trading stands still from the moment you submit this form, at the latest.",
                position=0,
            ),
        )
    }
    if issuer.second_factor:
        second = agreed("I have the second factor at hand", issuer.second_factor, position=1)
        fields["second_factor"] = (bool, second)
    if may_be_open:
        open_all_the_same = agreed(
            "The market is OPEN, and I stop trading now all the same",
            f"Better: wait until it is closed. {issuer.called} says when, above.",
            position=2,
        )
        fields["market_is_open"] = (bool, open_all_the_same)
    fields["confirm"] = (
        str,
        asked(
            f"Type {name}",
            "So that nobody stops the wrong trading.",
            3,
            {"type": "string", "pattern": rf"^\s*{name}\s*$"},
            f'{name} in "Type {name}"',
            "",
        ),
    )
    if may_stop:
        fields[STOPS] = (bool, _stop_switch())
        fields["why"] = (str, why_not(f'"{NOT_READY}"', position=21))
    made: Any = create_model("Readiness", __base__=Signed, **fields)
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def _stop_switch() -> Any:
    return Field(
        default=False,
        title=NOT_READY,
        description="Leave all above as it is. Nothing was stopped, no key was touched, and the rotation is over.",
        json_schema_extra={"position": 20},
    )


def is_complete(entry: Signed, credential: Credential) -> bool:
    """Whether everything is agreed to. Past the server's check a form comes without, too."""
    values = dict(entry)
    agreed_to = (value for name, value in values.items() if isinstance(value, bool) and name != STOPS)
    return all(agreed_to) and str(values.get("confirm", "")).strip() == credential.name


def text_of(rotation: Rotation, market: str, problem: str | None, *, is_dead: bool) -> str:
    """Markdown: what is done when it is submitted, and how to end the rotation instead.

    ``is_dead``: the keys died before, so that ending it would only start another one (tasks/watch/look_after.py).
    """
    credential = rotation.credential
    brakes = "\n".join(f"- {one.label}" for one in credential.brakes)
    so_far = "its keys are dead" if is_dead else "**nothing is paused yet**"
    stops = "proves that trading is stopped, or stops it" if is_dead else "stops trading"
    to_stop = (
        "Cancelling starts another run, because the keys are dead"
        if is_dead
        else f'Not ready? Switch "{NOT_READY}" on, and submit'
    )
    returned = f"### Not yet\n\n{in_a_form(problem)}\n\n" if problem else ""
    return f"""{returned}### {credential.name}: are you ready? Submit when you are at the dashboard

{trading(rotation)}

Everything was checked, and {so_far}. {markdown(market)}

When you submit this form, rekey {stops}:

{brakes}

Then it shows a second form, which tells what to click in the dashboard. Trading goes on only when the new pair is \
proved everywhere: usually some minutes after you entered it. Nothing more happens until you submit. {to_stop}.
"""
