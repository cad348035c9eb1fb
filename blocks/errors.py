"""Everything rekey raises, rebuilt from facts that cannot hold a secret.

RekeyError                  what is wrong, and what to do next
|-- CatalogError            the catalog or the settings do not load
|-- LedgerError             the ledger cannot be written, or its chain is broken
|-- StepError               a step cannot go on
|   |-- Transient           it may succeed when it is tried again
|   |-- Unproved            no clear answer, and asking again at once would bring none
|   |-- VaultDamaged        rekey wrote over the current pair, and the vault holds, or may hold, something else
|   |-- Unopened            what was entered sealed cannot be opened, or cannot be sealed
|   |-- Interrupted         somebody cancelled the run at its form, and has to say how it goes on
|   |-- Stopped             the operator chose to stop before anything was clicked
|   |-- RunOver             this very run was cancelled, or Prefect says that it has ended
|   |-- LeaseLost           another run acts for this credential now
|   `-- ProofRefused        what is to prove who acts does not
`-- VendorError             vendor, operation, HTTP status, vendor's code, request id
    |-- Unreachable         no answer: connection, TLS, timeout. A write may have been applied (transient)
    |-- RateLimited         429 (transient; waits as long as the vendor says)
    |-- Unclear             an answer that says nothing: 5xx, HTML, redirect, missing field (transient when 5xx)
    |   `-- Unreadable      too large, or JSON that may be read in two ways (transient)
    |-- Refused             401 or 403: the credential of rekey itself is not accepted
    |-- Missing             404
    `-- Rejected            another 4xx: the vendor understood and said no

No error carries a request, a response, a body, a header or a URL's query: Prefect pickles the exception of every
failed flow to disk, and logs its text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from blocks.text import visible


def _rebuild(kind: type[RekeyError], fields: dict[str, Any]) -> RekeyError:
    return kind(**fields)


class RekeyError(Exception):
    """One sentence that says what is wrong (``problem``) and one that says what to do next (``remedy``).

    Logs and terminals show them as they are, so what a vendor put into them moves no cursor there.
    """

    # What it is called for ever, so that it can be looked up: docs/reference/errors.md lists all.
    slug: ClassVar[str] = "rekey"
    # What to do about such an error in general. The remedy of an error says it for what happened.
    advice: ClassVar[str] = "Do what its second sentence says."
    transient: bool = False

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = visible(problem, lines=True)
        self.remedy = visible(remedy, lines=True)
        super().__init__(f"{self.problem} {self.remedy}".strip())

    def say(self, said: Callable[[str], str]) -> None:
        """Say both sentences in other words."""
        self.problem, self.remedy = said(self.problem), said(self.remedy)
        self.args = (f"{self.problem} {self.remedy}".strip(),)

    def _fields(self) -> dict[str, Any]:
        return {"problem": self.problem, "remedy": self.remedy}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by fields: keyword-only constructors do not survive the default way."""
        return _rebuild, (type(self), self._fields())


class CatalogError(RekeyError):
    """The catalog or a setting is wrong. The message names the file and the entry."""

    slug = "catalog"
    advice = "Correct the entry, the variable or the block that it names, then try the step again, or start anew."


class LedgerError(RekeyError):
    """The ledger cannot be read or written (``transient``: maybe later), or its chain is broken."""

    slug = "ledger"
    advice = "Look whether its database is there and takes connections, and run `rekey ledger verify`."

    def __init__(self, problem: str, remedy: str, *, transient: bool = False) -> None:
        self.transient = transient
        super().__init__(problem, remedy)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "transient": self.transient}


class StepError(RekeyError):
    """A step cannot go on, and trying again by itself would not help."""

    slug = "step"
    advice = "Set right what it names. Before await_readiness is over start again; later answer the form of the run."


class Transient(StepError):
    """A step did not see its proof in time. Trying again may help, and is safe: a step looks at reality first."""

    slug = "transient"
    advice = "Wait: it is tried again by itself. When it stays so, look at what it names."
    transient = True

    def __init__(self, problem: str, remedy: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(problem, remedy)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "retry_after_s": self.retry_after_s}


def one_of(failures: Sequence[RekeyError], headline: str, remedy: str) -> StepError:
    """All of them in one, numbered below the headline: worth another try if each is, after the longest wait."""
    listed = "\n".join(f"{number}. {failure}" for number, failure in enumerate(failures, start=1))
    problem = f"{headline}\n{listed}\n"
    if all(failure.transient for failure in failures):
        return Transient(problem, remedy, max(getattr(one, "retry_after_s", None) or 0.0 for one in failures))
    return StepError(problem, remedy)


class Unproved(StepError):
    """What was asked stays open: neither yes nor no, and asking again at once would bring neither."""

    slug = "unproved"
    advice = "Find out by hand what it could not see, then try again. Nothing counts as proved until then."


class VaultDamaged(StepError):
    """After a write of rekey's the vault holds neither what was written nor what was there, or does not tell.

    ``mended``: what was there before was put back, and reads back.
    """

    slug = "vault-damaged"
    advice = "Compare the names in the vault with their version history, and put back what was there before."

    def __init__(self, problem: str, remedy: str, *, mended: bool = False, transient: bool = False) -> None:
        self.mended = mended
        self.transient = transient
        super().__init__(problem, remedy)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "mended": self.mended, "transient": self.transient}


class Unopened(StepError):
    """What was entered sealed cannot be opened, or cannot be sealed. Nothing of it is repeated."""

    slug = "unopened"
    advice = "Enter it again where the form waits now: what was sealed for another rotation or plan opens nowhere else."


class Interrupted(StepError):
    """Somebody cancelled the run while it waited: whether the rotation goes on is theirs to say."""

    slug = "interrupted"
    advice = "Start its deployment again: the first form asks whether the rotation goes on."


class Stopped(StepError):
    """The operator chose to stop before anything was clicked: nothing is wrong, and nothing is held."""

    slug = "stopped"
    advice = "Nothing. Start its deployment when the rotation should happen."


class LeaseLost(StepError):
    """Another run acts for this credential now: this one must change nothing any more."""

    slug = "lease-lost"
    advice = "Go on in the other run, which `rekey status` names; this one changed nothing any more."


class RunOver(StepError):
    """Somebody cancelled this very run, or Prefect says that it has ended: its form takes no answer any more."""

    slug = "run-over"
    advice = "Start its deployment again: the rotation goes on where it is."


class ProofRefused(StepError):
    """What is to prove who acts does not: a code, a passkey's signature, or the operator's role."""

    slug = "proof-refused"
    advice = "Answer the form again, with your own passkey or a fresh code. Nothing that was entered is lost."


class VendorError(RekeyError):
    """A vendor's answer, reduced to operation, status, code and request id."""

    slug = "vendor"
    advice = "Look at the vendor's status page, then try again: it goes on where it stopped."

    def __init__(
        self,
        *,
        vendor: str,
        operation: str,
        fault: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        remedy: str | None = None,
    ) -> None:
        self.vendor = vendor
        self.operation = operation
        self.fault = fault
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        facts = [
            f"HTTP {status}" if status else "",
            f"code {code}" if code else "",
            f"request {request_id}" if request_id else "",
        ]
        known = ", ".join(fact for fact in facts if fact)
        problem = f"{vendor}: {operation} failed: {fault}{f' ({known})' if known else ''}."
        super().__init__(problem, remedy or self.advice)

    def _fields(self) -> dict[str, Any]:
        names = ("vendor", "operation", "fault", "status", "code", "request_id", "retry_after_s", "remedy")
        return {name: getattr(self, name) for name in names}


class Unreachable(VendorError):
    """No answer. Whether a write was applied is unknown: it is read back before it is repeated."""

    slug = "unreachable"
    transient = True
    advice = "Check the network and the base URL in the vendor's block, then try again: rekey did so a few times."


class RateLimited(VendorError):
    """429. Nothing was applied."""

    slug = "rate-limited"
    transient = True
    advice = (
        "Somebody uses this account's allowance up: find out who, or wait as long as the vendor says, then try again."
    )


class Unclear(VendorError):
    """An answer that says neither yes nor no: an error page, a redirect, a missing field."""

    slug = "unclear"

    def __init__(self, *, transient: bool = True, **fields: Any) -> None:
        self.transient = transient
        super().__init__(**fields)

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "transient": self.transient}


class Unreadable(Unclear):
    """An answer that is too large, or that two readers would read in two ways. It proves nothing."""

    slug = "unreadable"
    advice = (
        "Something in front of the vendor may answer in its place: compare the address in the vendor's block (Prefect "
        "UI, Blocks) with the vendor's documentation, then try again."
    )


class Refused(VendorError):
    """401 or 403: the token or identity that rekey itself uses is wrong, expired or not allowed."""

    slug = "refused"
    advice = "Put a valid token with write access into the vendor's block (Prefect UI, Blocks), then try again."


class Missing(VendorError):
    """404: the thing does not exist, or the token may not see it."""

    slug = "missing"
    advice = "Compare the name in the catalog with the vendor's own console."


class Rejected(VendorError):
    """The vendor understood the request and said no."""

    slug = "rejected"
    advice = "Compare the catalog entry with the vendor's own console."
