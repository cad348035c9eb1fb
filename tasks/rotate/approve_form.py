"""The form by which the plan of a rotation is approved, or not done: what it asks, and what is said above it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from prefect.input import RunInput
from pydantic import create_model

from blocks.ledger.trading import clock
from blocks.model.plan import hash_of, plan_of
from blocks.model.rotation import Rotation
from blocks.operators import approval
from blocks.operators.approval import DO_NOT, Approval
from blocks.operators.policy import TWO
from blocks.prefect_api.issuers import called
from blocks.text import markdown
from tasks.person.forms import Signed, choice, why_not
from tasks.person.problem import in_a_form
from tasks.person.tell_end import trading

# Of an answer to a form that was left: it named another plan.
CHANGED = (
    "What the catalog says of this rotation changed after the form before this one was shown, so the approval that was "
    "given there counts for nothing. Read what follows, and approve it, or end it."
)


def form_of(plan: str) -> type[Signed]:
    """The form for the plan with this hash; which plan it is stands in the choice, so that it is signed."""
    fields: dict[str, Any] = {
        "choice": (Literal[approval.approve(plan), DO_NOT], choice("Shall this be done?")),
        "why": (str, why_not(f'"{DO_NOT}"', position=5)),
    }
    made: Any = create_model("Approving", __base__=Signed, **fields)
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def choice_in(entry: RunInput) -> str:
    """What was chosen."""
    return str(dict(entry)["choice"])


def awaited(rotation: Rotation, now: Approval) -> str:
    """What is waited for, as the log and the inbox say it."""
    if now.first is None:
        return "the first approval of its plan"
    if rotation.credential.approvals == TWO:
        return f"the approval of an operator other than {now.first.who}"
    return f"the second approval, which counts {_from(now.counts_from)}"


def _from(at: datetime | None) -> str:
    return f"from {clock(at)} on" if at else "once somebody could be told"


def text_of(rotation: Rotation, now: Approval, problem: str | None) -> str:
    """Markdown: whose word is asked for, and what is done when it is given."""
    credential, plan = rotation.credential, plan_of(rotation.credential, rotation.old)
    returned = f"### Not yet\n\n{in_a_form(problem)}\n\n" if problem else ""
    stands = trading(rotation)
    stops = "".join(f"- stops: {markdown(one)}\n" for one in plan["brakes"])
    gets = "".join(f"- gets the new pair: {markdown(one)}\n" for one in plan["consumers"])
    account = f"- account: {markdown(credential.subject)}\n" if credential.subject else ""
    return f"""{returned}### {credential.name}: approve its rotation, or end it

{f"{stands}{chr(10)}{chr(10)}" if stands else ""}{_whose(rotation, now)}

- reason: {rotation.reason.value}
- replaces: pair `{rotation.old}` of {credential.name}, by a click at {called(credential)}
{account}{stops}{gets}
Plan `{hash_of(plan)}`. When any of this changes, an approval counts for nothing, and it is asked for again.

**{DO_NOT}** ends the rotation: no key was touched. Nothing more happens until somebody submits this form.
"""


def _whose(rotation: Rotation, now: Approval) -> str:
    role = f"with the role **{rotation.credential.role}**"
    if now.first is None:
        second = "then another one" if rotation.credential.approvals == TWO else "then the same one again, later"
        return f"Two approvals are asked for: first one operator {role}, {second}. Everything was checked."
    name = markdown(now.first.who)
    if rotation.credential.approvals == TWO:
        return (
            f"{name} stands behind it. Another operator {role} looks at it, too: read what follows, and compare it "
            "with what you know."
        )
    return (
        f"{name} stands behind it. It is approved once more, **{_from(now.counts_from)}**: until then somebody else, "
        "who was told, can end it here."
    )
