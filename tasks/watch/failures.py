"""Failures: what goes wrong with one thing that is looked at is kept while the others are, and raised after that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging import get_run_logger

from blocks.errors import RekeyError, StepError


class Failures:
    """Of what is looked at one after another."""

    def __init__(self) -> None:
        self._found: list[tuple[str, Exception]] = []

    @contextmanager
    def kept(self, name: str) -> Iterator[None]:
        """Go on after this block, whatever goes wrong in it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # raised by demand_none
            get_run_logger().error("%s could not be looked at: %s", name, _told(error))
            self._found.append((name, error))

    def demand_none(self) -> None:
        """Raise the one failure as it is, or StepError with all of them."""
        if len(self._found) == 1:
            raise self._found[0][1]
        if self._found:
            listed = "\n".join(f"{name}: {_told(error)}" for name, error in self._found)
            raise StepError(f"{len(self._found)} could not be looked at:\n{listed}\n", "Do what each of these says.")


def _told(error: Exception) -> str:
    """The text of a foreign error may hold anything, so only its kind is told."""
    return str(error) if isinstance(error, RekeyError) else f"rekey itself failed ({type(error).__name__})."
