"""What a person is told to click on the page of an issuer whose keys are single values: read under stress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from blocks.issuers.ending import Ending
from blocks.issuers.terms import Instructions, Situation
from blocks.model.hosts import origin_of
from blocks.model.rotation import Todo
from blocks.text import markdown

GRACE = "{grace}"
LEAVE = "Leave that tab open until this run has completed."


@dataclass(frozen=True, slots=True)
class Page:
    """One issuer's page: what is clicked for a new key, what never, and what to delete the old one."""

    called: str
    # Markdown: steps in order, and half sentences that follow "never". GRACE in a step: how long the old one lives on.
    clicks: tuple[str, ...]
    never: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    # Half sentences that follow "never" while the old key is ended; those above are for before.
    never_then: tuple[str, ...] = ()
    # How people call a key there.
    thing: str = "key"
    # How people call whom a key belongs to there.
    owner: str = "account"
    # What is at stake with the first click.
    at_stake: str = ""
    # How many values are copied.
    values: int = 1

    def instructions(self, situation: Situation) -> Instructions:
        """What the form for the new key says."""
        return Instructions(
            at_stake=self.at_stake,
            steps=self._steps(situation),
            otherwise=self._otherwise(situation),
            next=f"rekey asks {markdown(self.called)} whose the {self.thing} is",
        )

    def ending(self, end: Ending) -> str:
        """What the form says that asks for the old key's end."""
        return "\n".join(
            f"{number}. {one}"
            for number, one in enumerate(
                (*self._opened(end.page), end.apart, *self.ends, _nothing_else(self.never_then)), 1
            )
            if one
        )

    def _opened(self, page: str) -> tuple[str, ...]:
        # As code: Prefect's page makes a link of a bare address, which takes the asterisks of bold letters with it.
        return (
            f"Open [the page of {markdown(self.called)}]({page}) **in a new tab**. Its address begins with "
            f"`{origin_of(page)}/`, and with nothing else.",
        )

    def _paste(self) -> str:
        what = "it" if self.values == 1 else "**all** values"
        return f"Paste {what} here, and press the blue button. {LEAVE}"

    def _steps(self, situation: Situation) -> str:
        if situation.now is Todo.REGENERATE:
            whose = ""
            if situation.subject:
                whose = f"Check that it is the {self.owner} **{markdown(situation.subject)}** that you are in."
            clicks = (one.replace(GRACE, _hours(situation.grace)) for one in self.clicks)
            steps = [*self._opened(situation.page), whose, *clicks, _nothing_else(self.never), self._paste()]
        elif situation.now is Todo.ENTER_AGAIN:
            right = f"the {self.thing} that you entered is the right one."
            again = f"See to what is said above. **Nothing new is made**: {right}"
            steps = [again, self._paste()]
        else:
            back = f"Go back to the tab with [the page of {markdown(self.called)}]({situation.page}), which shows it."
            steps = [back, self._paste()]
        return "\n".join(f"{number}. {one}" for number, one in enumerate(filter(None, steps), 1))

    def _otherwise(self, situation: Situation) -> str:
        if situation.now is Todo.REGENERATE:
            return f"If a new {self.thing} is shown already, paste that."
        if situation.now is Todo.ENTER_AGAIN:
            return "If no page shows it any more, it is in the vault's folder that is named above."
        lost = f"**Only if no page shows the new {self.thing} any more** it is lost"
        return f"{lost}: make another one, and enter the newest."


def _nothing_else(never: tuple[str, ...]) -> str:
    told = ", ".join(f"**never {one}**" for one in never)
    return f"Click nothing else there{f': {told}' if told else ''}."


def _hours(grace: timedelta | None) -> str:
    """As a page offers it; empty where nothing is offered."""
    hours = round(grace / timedelta(hours=1)) if grace else 0
    return {0: "", 1: "1 hour"}.get(hours, f"{hours} hours")
