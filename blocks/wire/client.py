"""What every client of a vendor is: it holds connections, which end when it is closed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Client(ABC):
    """Close it, or use it as a context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""
