"""A copy in AWS, by value: whether it is the pair, how it is given one, and how a difference is told.

Whatever runs has the new one once it reads its copy again: neither service restarts anything.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from blocks.answer import Answer
from blocks.aws.session import AwsSession
from blocks.check import Depth, Seen
from blocks.consumers.interface import EQUAL, Consumer, Elsewhere, Given, Handover, Held
from blocks.errors import Missing, Refused, StepError, Transient, VendorError
from blocks.key_end import KeyEnd
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.wire.poll import wait_for

# What was written shows within a moment.
_SHOWS_WITHIN_S, _INTERVAL_S = 2.0, 0.1


class AwsCopy(Consumer):
    """A place in AWS that holds a copy."""

    block: ClassVar[str] = "blocks.consumers.aws.block:Aws"
    looks_elsewhere: ClassVar[bool] = True
    whose_token: ClassVar[str] = "AWS"  # noqa: S105  # no token, but the vendor of one

    @property
    @abstractmethod
    def place(self) -> str:
        """The name of the secret or parameter."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What it is, for sentences: a secret, or a parameter."""

    @abstractmethod
    def connected(self) -> AwsSession:
        """The service. Close it. Raises CatalogError."""

    @abstractmethod
    def copy_in(self, session: AwsSession) -> Minted | None:
        """The pair that is there; None when there is none, or only a part of it. Raises the vendor's errors."""

    @abstractmethod
    def write(self, session: AwsSession, pair: Minted) -> VendorError | None:
        """Write the pair. Returns the error when it may have been applied. Raises the vendor's errors."""

    @abstractmethod
    def called_alike(self, session: AwsSession) -> Iterable[str]:
        """The names of all others of its kind in the region that a reader may take for it."""

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"{self.kind} {self.place}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """A name in such a place is one value of one pair."""
        return tuple((self.label, name) for name in self.names.values())

    def has(self, pair: Minted) -> Answer:
        """Whether it has this very pair now. Raises the vendor's errors."""
        with self.connected() as session:
            return self._has(session, pair)

    def give(self, handover: Handover, record: Record) -> None:
        """Write the pair unless it is there already, and read it back. Raises the vendor's errors, Transient."""
        pair, mark = handover.pair, handover.pair.fingerprint
        with self.connected() as session:
            before = self.copy_in(session)
            if before is not None and before.same_as(pair):
                record.prove(f"{self.label}: holds {mark} already.")
                return
            doubt = self.write(session, pair)
            shown = wait_for(
                lambda: self._has(session, pair), timeout_s=_SHOWS_WITHIN_S, interval_s=_INTERVAL_S, in_a_row=1
            )
        if shown is not Answer.YES:
            raise doubt or Transient(
                f"{self.label} does not hold pair {mark} after it was written.",
                f"Find out who else writes this {self.what}. It is tried again.",
            )
        record.prove(f"{self.label}: holds {mark}, read back; what is running has it once it reads it again.")
        if before is None:
            record.prove(
                f"{self.label} did not hold {' and '.join(self.names.values())} before, so nobody read it there: look "
                "whether the application reads another place, and name that in the catalog."
            )

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """Compared by value. Raises StepError for another one, and the vendor's errors."""
        del given, depth
        with self.connected() as session:
            copy = self.copy_in(session)
        if copy is None:
            raise StepError(
                f"{self.label} does not hold {' and '.join(self.names.values())}.",
                "Compare the names in the catalog; a rotation writes them again.",
            )
        if copy.same_as(held.pair):
            return Seen(EQUAL, f"{self.label} has the vault's pair {held.pair.fingerprint}.")
        raise StepError(
            f"{self.label} has another pair than the vault's {held.pair.fingerprint} (its secret is "
            f"{copy.fingerprint}).",
            "Find out who changed it. If the vault is right, write it there by hand from the vault, or rotate.",
        )

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """What else in this region is called alike, and no entry names. Raises VendorError without an answer."""
        named = {one.place for one in entries if type(one) is type(self)} | {self.place}
        unlisted = ["other regions and accounts"]
        found: list[str] = []
        try:
            with self.connected() as session:
                found = sorted(set(self.called_alike(session)) - named)
        except Refused as error:
            unlisted.insert(0, f"other {self.what}s of this region ({error.fault})")
        told = f"This region has {self.what}s that are called like {self.place}, and no entry of the catalog names "
        told += f"them: {', '.join(found)}. An application may read those, and they keep the old pair."
        nowhere = f"No other {self.what} that could be listed is called like {self.place}."
        return Elsewhere(told if found else "", nowhere, f"Not looked at: {', '.join(unlisted)}.")

    def token_end(self) -> KeyEnd:
        """What is known of the end of rekey's access key. Raises StepError for a temporary one, AWS's errors."""
        with self.connected() as session:
            # Whatever is there: AWS answered.
            with suppress(Missing, StepError):
                self.copy_in(session)
            return session.key_end()

    def _has(self, session: AwsSession, pair: Minted) -> Answer:
        copy = self.copy_in(session)
        return Answer.YES if copy is not None and copy.same_as(pair) else Answer.NO
