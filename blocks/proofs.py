"""What one step proves while it runs. Whoever acts in it adds to that; the step itself writes it to the ledger."""

from __future__ import annotations

from collections.abc import Callable
from logging import Logger, LoggerAdapter
from typing import Any

from blocks.text import visible


class Record:
    """Collects the proofs and facts of one step while it runs."""

    def __init__(self, said: Callable[[str], str] = str) -> None:
        """``said`` says a sentence in the words of the credential's issuer."""
        self._said = said
        self.proofs: list[str] = []
        self.facts: dict[str, Any] = {}
        # Who decided what the step is about; None when nobody did.
        self.operator: str | None = None

    def prove(self, sentence: str) -> None:
        """Note one proof: a sentence for the timeline, the log and the report."""
        seen = visible(self._said(sentence))
        self.proofs.append(seen)
        _logger().info("%s", seen)

    def note(self, **facts: Any) -> None:
        """Note facts that a later step or run reads back. JSON values, nothing secret."""
        self.facts.update(facts)

    def decided_by(self, operator: str) -> None:
        """Note whose decision this is, as a person typed the name into a form. The row is by that person, then."""
        self.operator = operator
        self.note(operator=operator)


def still_waiting_for(what: str) -> Callable[[float], None]:
    """Tells the run's log how long something is waited for; for ``blocks.wire.poll.wait_for``."""
    logger = _logger()

    def report(seconds: float) -> None:
        logger.info("Waiting for %s, %.0f s so far.", what, seconds)

    return report


def _logger() -> Logger | LoggerAdapter[Any]:
    """The run's log."""
    from prefect.logging import get_run_logger  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect

    return get_run_logger()
