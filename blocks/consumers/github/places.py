"""Where else at GitHub a secret's name exists: a job may read another place than the one that the catalog names.

Or a variable, which is no secret and is shown: a key ID may be kept as one, and stays the old one beside a new secret.

A job with ``environment:`` reads the environment's secret first, then the repository's, then the organisation's; runs
that Dependabot starts read Dependabot's, a codespace reads its own. Facts from GitHub's REST API reference, read
2026-11-27.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from blocks.consumers.github.errors import unclear
from blocks.consumers.github.place import Place
from blocks.errors import Missing, Refused
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.replies import Reply

# Of variables, of which an organisation may have 1000 as of secrets, a page has at most 30.
_PAGE, _PAGE_OF_VARIABLES = 100, 30
_MOST = 1000
# Each is a question, or several.
MOST_ENVIRONMENTS = 50


SECRETS, VARIABLES = "secrets", "variables"
# How the places of a repository are called; an environment is "environment NAME".
ITS_OWN, ORGANISATION, DEPENDABOT, CODESPACES = "the repository", "the organisation", "Dependabot", "Codespaces"


def called(environment: str) -> str:
    """How an environment of a repository is called."""
    return f"environment {environment}"


@dataclass(frozen=True, slots=True)
class Held:
    """A place that holds at least one of the names, by the word for it (below)."""

    place: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holders:
    """The places that hold a secret of a name, those that hold a variable, and those that were not listed, with why."""

    held: tuple[Held, ...]
    unlisted: tuple[str, ...]
    variables: tuple[Held, ...] = ()


class Places:
    """Asks through a client's own connection. Each list needs a permission of its own to read."""

    def __init__(self, ask: Callable[..., Reply]) -> None:
        self._ask = ask

    def holding(self, repository: str, names: Collection[str]) -> Holders:
        """Every place that the token can list and that has a secret or a variable of one of these names.

        Raises every error that says nothing of the token: a place that did not answer was not looked at.
        """
        place = Place.of(repository)
        base = f"/repos/{repository}"
        lists = [
            (ITS_OWN, f"{base}/actions/secrets"),
            (ORGANISATION, f"{base}/actions/organization-secrets"),
            (DEPENDABOT, f"{base}/dependabot/secrets"),
            (CODESPACES, f"{base}/codespaces/secrets"),
        ]
        variables = [
            (ITS_OWN, f"{base}/actions/variables"),
            (ORGANISATION, f"{base}/actions/organization-variables"),
        ]
        unlisted: list[str] = []
        try:
            environments = list(self._names(place, f"{base}/environments", "environments"))
        except (Refused, Missing) as error:
            environments = []
            unlisted.append(f"the environments ({error.fault})")
        more = len(environments) - MOST_ENVIRONMENTS
        if more > 0:
            unlisted.append(f"{more} more environments (there are more than {MOST_ENVIRONMENTS})")
        for name in environments[:MOST_ENVIRONMENTS]:
            within = f"{base}/environments/{quote(name, safe='')}"
            lists.append((called(name), f"{within}/secrets"))
            variables.append((called(name), f"{within}/variables"))
        wanted = {name.upper() for name in names}
        held = self._held(place, lists, SECRETS, wanted, unlisted)
        shown = self._held(place, variables, VARIABLES, wanted, unlisted)
        return Holders(held, tuple(unlisted), shown)

    def _held(
        self, place: Place, lists: Iterable[tuple[str, str]], what: str, wanted: set[str], unlisted: list[str]
    ) -> tuple[Held, ...]:
        """Those of the lists, each a place's word and its path, that have a wanted name."""
        held = []
        for word, path in lists:
            try:
                found = wanted & {name.upper() for name in self._names(place, path, what)}
            except (Refused, Missing) as error:
                unlisted.append(f"{word if what == SECRETS else f'variables of {word}'} ({error.fault})")
                continue
            if found:
                held.append(Held(word, tuple(sorted(found))))
        return tuple(held)

    def _names(self, place: Place, path: str, what: str) -> Iterator[str]:
        operation = f"list {what} of {place.label}"
        size = _PAGE_OF_VARIABLES if what == VARIABLES else _PAGE
        seen = 0
        for page in range(1, -(-_MOST // size) + 1):
            reply = self._ask(operation, "GET", f"{path}?per_page={size}&page={page}", place, largest=LIST_BYTES)
            rows = reply.body.get(what) if isinstance(reply.body, dict) else None
            total = reply.body.get("total_count") if isinstance(reply.body, dict) else None
            if not isinstance(rows, list) or not isinstance(total, int):
                raise unclear(operation, reply, f"no {what} in the answer")
            for row in rows:
                name = row.get("name") if isinstance(row, dict) else None
                if not isinstance(name, str):
                    raise unclear(operation, reply, f"one of the {what} has no name")
                yield name
            seen += len(rows)
            if seen >= total:
                return
            if not rows:
                break
        raise unclear(operation, reply, f"the list of {what} does not end")
