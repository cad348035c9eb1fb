"""An issuer whose keys may do this and not that: what a new one may do is asked before it goes anywhere.

Apart from its table in the catalog (scope.py), which is read without Prefect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime

from blocks.issuers import scope
from blocks.issuers.keyed import Keyed
from blocks.issuers.terms import Wrong
from blocks.model.credential import Credential
from blocks.secret import Minted


class Scoped(Keyed, ABC):
    """What all issuers share whose keys may do this and not that."""

    own_table = scope.ScopeTable

    @abstractmethod
    def get(self, operation: str, minted: Minted, path: str) -> object:
        """Ask one path with a key. Raises the vendor's errors."""

    def demand_its_scope(self, credential: Credential, minted: Minted) -> str:
        """That the paths of its table can be asked. Raises StepError, and the vendor's errors."""
        return scope.checked(credential.own, self.called, self._asking(minted))

    def misfit(self, credential: Credential, minted: Minted, now: datetime) -> Wrong | None:  # noqa: ARG002  # it never ends
        """That it may do too little or too much. Raises StepError, and the vendor's errors."""
        return scope.misfit(credential.own, self.called, self._asking(minted))

    def _asking(self, minted: Minted) -> Callable[[str], object]:
        return lambda path: self.get(f"ask {path}", minted, path)
