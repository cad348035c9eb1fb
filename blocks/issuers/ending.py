"""What a person who ends the old pair at its issuer has to know: where, and how the two are told apart."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.secret import Shown


@dataclass(frozen=True, slots=True)
class Ending:
    """Both pairs live and everything runs with the new one. They are named by fingerprint."""

    page: str
    old: str
    new: str
    # The end of a value, where that may be shown.
    old_shown: Shown | None = None
    new_shown: Shown | None = None

    @property
    def apart(self) -> str:
        """Which of them is to go and which stays, in a sentence, as far as both may be told apart by their looks."""
        if self.old_shown is None or self.new_shown is None:
            return "rekey cannot show which is which: the old one is the one that was there before this rotation."
        called = self.old_shown.called
        return (
            f"The old {called} ends with `{self.old_shown.end}`: that one goes. The new {called} ends with "
            f"`{self.new_shown.end}`: **that one stays**."
        )


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a person does with an old pair that was ended and can be taken back, each as an order in half a sentence."""

    # It is to work again; it is to be ended once more; nobody is to take it back any more.
    back: str
    again: str
    for_good: str
