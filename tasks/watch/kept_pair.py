"""One old pair that is kept until its death is proved: what is heard of it is written down, and told where people must.

Each is told once, and of one that lives on after its clock ran out people are reminded each day. So they are of one
whose end somebody took back: it is not ended for good while it is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from prefect.logging import get_run_logger

from blocks.errors import RekeyError
from blocks.issuers.ending import Reversal
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import By
from blocks.ledger.dying import ACCEPTED, NOW_AND_THEN, REFUSED, UNENDED, UNKNOWN, Dying
from blocks.ledger.facts import DEAD
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import Action
from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.prefect_api import estate, recording
from blocks.prefect_api.issuers import called, issuer_of, words_of
from blocks.secret import Minted
from blocks.vaults import pending
from tasks.run.notify import Kind, tell
from tasks.run.one_at_a_time import page_of, this_run

# For so long nobody is told that an issuer or the vault does not answer; and how often people hear of one that lives.
PATIENCE = timedelta(minutes=30)
REMIND_AFTER = timedelta(hours=24)
# Within a window an acceptance is written down so many times at most.
PARTS = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """The pair, and the moment in which it was asked about. Every method raises LedgerError."""

    ledger: Ledger
    credential: Credential
    one: Dying
    now: datetime

    @property
    def is_due(self) -> bool:
        """Whether it has to be dead."""
        return self.now >= self.one.date

    @property
    def is_open(self) -> bool:
        """Whether a refusal is no end yet: it may be accepted again, or its end be taken back."""
        return bool(self.one.window) and self.now < self.one.due

    def refused(self, times: int) -> None:
        """It was refused so often in a row, with controls: dead, unless a window is open in which that says nothing."""
        if self.is_open:
            get_run_logger().info("%s refuses the old pair %s now.", called(self.credential), self.one.mark)
            if self.one.is_back:
                told = f"Old pair {self.one.mark} is refused again: it ends for good by {clock(self.one.due)}."
                self._write(Action.OLD_ASKED, REFUSED, told)
            return
        before = "" if self.is_due else " It died before its date."
        self._write(
            Action.OLD_ASKED,
            DEAD,
            f"Old pair {self.one.mark} is dead: refused {times} times in a row, while the current one is accepted and "
            f"a made-up one is refused.{before}",
        )
        self.delete()

    def delete(self) -> None:
        """It is proved dead: what is kept of it goes."""
        place, mark = self.credential.vault, self.one.mark
        try:
            with estate.vault(place).get_client() as vault:
                pending.drop(vault, place, [mark])
        except RekeyError as error:
            get_run_logger().warning("The dead pair %s is deleted when watch looks next: %s", mark, error)
            return
        told = f"The old pair {mark} is proved dead, and {pending.folder_of(place).path} holds it no more."
        self._write(Action.OLD_DIED, DEAD, told)
        if not self.one.is_reversible or issuer_of(self.credential).ended_by is not By.PERSON:
            # Else people were told before what is left to them (left_to_people).
            self._tell("the old one is dead", f"Nothing to do. {told}", Kind.NEWS)

    def accepted(self, issuer: Issuer, old: Minted) -> None:
        """It lives: to be expected before its date, and an alarm after that. Within a window the time begins anew."""
        reversal = issuer.reversal(self.credential.realm, old) if self.one.is_reversible else None
        if reversal is not None:
            self._taken_back(issuer, reversal)
            return
        heard = self.one.heard(ACCEPTED)
        often = self.one.window / PARTS or REMIND_AFTER
        if heard and self.now - heard[-1] < often:
            return
        if not self.is_due:
            if self.one.window:
                told = f"{issuer.called} accepts the old pair {self.one.mark} again."
                self._write(Action.OLD_ASKED, ACCEPTED, told)
            return
        told = self._lives_on(issuer, old)
        is_news = not self.one.window or not self.one.heard_since(ACCEPTED)
        self._write(Action.OLD_ASKED, ACCEPTED, told)
        if is_news:
            self._tell("the old one lives on", told)

    def left_to_people(self, issuer: Issuer, old: Minted) -> None:
        """It is to be ended for good, and rekey may not: nobody can see afterwards whether somebody did."""
        reversal = issuer.reversal(self.credential.realm, old)
        if reversal is not None:
            told = (
                f"The old pair {self.one.mark} of {self.credential.name} was refused for as long as its end can be "
                f"taken back. Now {reversal.for_good}: rekey may not, and cannot see whether somebody did. It keeps "
                "no copy of it any more."
            )
            # First: told twice, by a process that dies here, is better than never.
            self._tell("the old one can be ended for good now", told)

    def not_for_good(self, problem: str) -> None:
        """It is refused, and rekey could not end it for good: tried again, and told once, when that lasts."""
        self._patiently(
            UNENDED,
            f"The old pair {self.one.mark} of {self.credential.name} is refused, and could not be ended for good",
            problem.rstrip("."),
            "rekey tries again each minute.",
            "the old one is not ended for good yet",
        )

    def unknown(self, why: str) -> None:
        """Nobody can say: it is asked again. Once, when that lasts, people are told."""
        self._patiently(
            UNKNOWN,
            f"Whether the old pair {self.one.mark} of {self.credential.name} is dead is unknown",
            why,
            f"Look at {self._page()} whether only the new one is there. rekey asks each minute, and says when it is "
            "dead.",
            "whether the old one is dead is unknown",
        )

    def _patiently(self, answer: str, what: str, why: str, helps: str, headline: str) -> None:
        heard = self.one.heard_since(answer)
        if not self.is_due or len(heard) > 1:
            return
        if not heard:
            self._write(Action.OLD_ASKED, answer, f"{what}: {why}.")
        elif self.now - heard[0] >= PATIENCE:
            told = f"{what} since {clock(heard[0])}: {why}. {helps}"
            self._write(Action.OLD_ASKED, answer, told)
            self._tell(headline, told)

    def lost(self) -> None:
        """Nothing is kept of it any more: its death cannot be proved."""
        told = (
            f"The old pair {self.one.mark} of {self.credential.name} is not in "
            f"{pending.folder_of(self.credential.vault).path} any more: somebody removed it, and its death cannot be "
            f"proved. Look at {self._page()} whether only the new one is there, and delete the old one if it is there "
            "still."
        )
        self._write(Action.OLD_LOST, UNKNOWN, told)
        self._tell("nobody can prove that the old one is dead", told)

    def _taken_back(self, issuer: Issuer, reversal: Reversal) -> None:
        """Somebody took its end back, or it never ended: its time begins anew, and people are told, each day again."""
        heard = self.one.heard(ACCEPTED) if self.one.is_back else []
        if heard and self.now - heard[-1] < NOW_AND_THEN / 2:
            return
        told = (
            f"{issuer.called} accepts the old pair {self.one.mark} of {self.credential.name} again: whoever has it can "
            "use it. If something still needs it, give that the new one. When nothing does, "
            f"{reversal.again}. rekey does not end it for good while it is accepted, and asks again."
        )
        self._write(Action.OLD_ASKED, ACCEPTED, told)
        began = self.one.back_since
        if not began or (self.now - began) // REMIND_AFTER > (heard[-1] - began) // REMIND_AFTER:
            self._tell("the old one is accepted again", told)

    def _lives_on(self, issuer: Issuer, old: Minted) -> str:
        shown, date = issuer.shown(old), clock(self.one.date)
        which = f" It is the {shown.called} that ends with {shown.end}." if shown else ""
        return (
            f"{issuer.called} accepts the old pair {self.one.mark} of {self.credential.name} still; it should be dead "
            f"since {date}. Whoever has it can use it. Delete it now at {self._page()}, and never the new one.{which} "
            "rekey asks each minute, and says when it is dead."
        )

    def _page(self) -> str:
        return issuer_of(self.credential).page(self.credential.realm)

    def _write(self, action: Action, answer: str, told: str) -> None:
        """A row of its rotation, which is over."""
        row = self.ledger.append(
            action,
            rotation=self.one.kept.rotation,
            credential=self.credential.name,
            actor=rekey_in(this_run()[1]),
            context={
                "old": self.one.mark,
                "old_answer": answer,
                "old_asked_at": self.now.isoformat(),
                "reason": words_of(self.credential).said(told),
            },
        )
        recording.announce(row)

    def _tell(self, headline: str, text: str, kind: Kind = Kind.ALARM) -> None:
        name, footer = self.credential.name, f"Found by watch: {page_of(this_run()[0])}"
        tell(f"{name}: {headline}", text, footer, {"credential": name}, kind=kind)
