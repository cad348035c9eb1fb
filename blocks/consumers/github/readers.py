"""For which repositories an organization's secret is: a write has to say it, and must not widen it.

Facts from GitHub's REST API reference (Actions secrets, organization), read 2026-11-28: PUT demands ``visibility``
(all, private, selected), and with ``selected`` takes the numbers of the repositories.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blocks.consumers.github.errors import unclear
from blocks.consumers.github.place import Place
from blocks.errors import Missing, StepError
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.replies import Reply

_VISIBILITIES = ("all", "private", "selected")
_PAGE = 100
_MOST_PAGES = 50


class Readers:
    """Asks through a client's own connection."""

    def __init__(self, ask: Callable[..., Reply]) -> None:
        self._ask = ask

    def of(self, place: Place, name: str) -> dict[str, Any]:
        """The fields that a write needs to leave it as it is. Raises StepError when there is no such secret."""
        operation = f"read for whom {name} of {place.label} is"
        found: Reply | None = None
        try:
            found = self._ask(operation, "GET", f"{place.path}/{name}", place)
        except Missing as error:
            missing = error
        if found is None:
            raise StepError(
                f"{place.label} has no organisation secret {name}, or the token may not see it ({missing.problem})",
                "Make it by hand once, with any text and for the repositories that are to read it: rekey never decides "
                "for whom a secret is.",
            )
        visibility = found.body.get("visibility") if isinstance(found.body, dict) else None
        if visibility not in _VISIBILITIES:
            raise unclear(operation, found, "no visibility in the answer")
        if visibility != "selected":
            return {"visibility": visibility}
        return {"visibility": visibility, "selected_repository_ids": self._selected(place, name)}

    def _selected(self, place: Place, name: str) -> list[int]:
        operation = f"list for whom {name} of {place.label} is"
        numbers: list[int] = []
        for page in range(1, _MOST_PAGES + 1):
            path = f"{place.path}/{name}/repositories?per_page={_PAGE}&page={page}"
            reply = self._ask(operation, "GET", path, place, largest=LIST_BYTES)
            body = reply.body if isinstance(reply.body, dict) else {}
            rows, total = body.get("repositories"), body.get("total_count")
            found = (
                [one.get("id") if isinstance(one, dict) else None for one in rows] if isinstance(rows, list) else [None]
            )
            ids = [one for one in found if isinstance(one, int)]
            if len(ids) < len(found) or not isinstance(total, int):
                raise unclear(operation, reply, "no repositories in the answer")
            numbers += ids
            if len(numbers) >= total or not ids:
                break
        if len(numbers) != total:
            raise unclear(operation, reply, "the list of repositories does not end")
        return numbers
