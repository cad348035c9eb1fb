"""A runtime: a running application that is asked which account it trades in, and whether its trading is on.

Each kind is a Prefect block (blocks/listed.py lists them); the catalog names one by ``slug/document``, as
Prefect does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from blocks.answer import Answer, LiveEnabled
from blocks.errors import Missing, RateLimited, Refused, Unclear, Unreachable, VendorError
from blocks.issuers.terms import Application
from blocks.vendor_block import VendorBlock

_LOOK_AT_IT = (
    "Look at the application's own log, and whether a login stands before the address in its block (Prefect UI, "
    "Blocks); then try again."
)


@dataclass(frozen=True, slots=True)
class RunningAccount:
    """The account that the running process reaches. ``account_number`` is None where the process does not tell it."""

    status: str
    account_number: str | None


class RuntimeClient(ABC):
    """A client for one running instance. Close it, or use it as a context manager."""

    # The status of an account that is well, and the field that names the account, as people are told of them.
    well: str = "ACTIVE"
    subject_field: str = "account_number"
    # Statuses that are clearly not well. A word that is not listed is unknown.
    not_well: frozenset[str] = frozenset()
    # The codes by which it says that the keys that it runs with are refused.
    keys_refused: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    @abstractmethod
    def identity(self, realm: str) -> RunningAccount:
        """The account that the process reaches with the keys it runs with. Raises VendorError.

        Unclear with a code of ``keys_refused`` when those keys are refused, Unclear for an answer that cannot be read.
        """

    @abstractmethod
    def trading_health(self, route: str, field: str) -> LiveEnabled:
        """Whether the process would place live orders. Never raises: all but a strict true or false is UNKNOWN."""

    def answers_with(self, realm: str, subject: str) -> Answer:
        """Whether the process reaches this very account, and it is well.

        NO for another account, a status that is clearly not well, or keys that are refused. UNKNOWN for everything that
        may be passing: booting, timeout, 5xx, 429, HTML, redirect, a missing field.
        Raises Refused, Missing and Rejected: rekey's own token or address is wrong, which waiting does not cure.
        """
        try:
            account = self.identity(realm)
        except VendorError as error:
            if error.code in self.keys_refused:
                return Answer.NO
            if isinstance(error, Unreachable | RateLimited | Unclear):
                return Answer.UNKNOWN
            raise
        if account.status in self.not_well:
            return Answer.NO
        if account.status != self.well or not account.account_number:
            return Answer.UNKNOWN
        return Answer.YES if account.account_number == subject else Answer.NO


def unheard(error: VendorError) -> LiveEnabled:
    """What a page says that does not answer: nothing, with what to do about that.

    A page that is not there is looked for in the catalog, which names it: whoever reads this knows what to say.
    """
    is_refused = isinstance(error, Refused)
    if isinstance(error, Missing):
        return LiveEnabled(Answer.UNKNOWN, error.problem)
    # No vendor has a status page for an application of one's own.
    remedy = _LOOK_AT_IT if error.remedy == VendorError.advice else error.remedy
    return LiveEnabled(Answer.UNKNOWN, error.problem, remedy, is_refused)


class Runtime(VendorBlock, ABC):
    """One running instance; one block document each."""

    has_instances: ClassVar[bool] = True
    # It is asked whether trading is stopped.
    outlives_prefect: ClassVar[bool] = True
    # Whether a check order can be placed through it.
    takes_orders: ClassVar[bool] = False

    @abstractmethod
    def get_client(self) -> RuntimeClient:
        """A client for this instance."""

    @classmethod
    def application(cls, name: str, load: Callable[[], Self]) -> Application | None:
        """The application through which orders are placed, called by this name; None: it takes none.

        Its block is loaded only when an order is placed.
        """
        del name, load
        return None
