"""The one list of all kinds: what the catalog may name, by family.

Packages of others add theirs by the entry point group ``rekey.kinds``: each entry is a class that keeps the contract of
a family. They are there once the package is installed, and their names must not be taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from blocks.brakes.heroku.variable import HerokuBrake
from blocks.brakes.interface import Brake
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.consumers.interface import Consumer
from blocks.consumers.person.notice import SlackConsumer
from blocks.errors import CatalogError
from blocks.listed import ISSUERS, RUNTIMES
from blocks.model.kinds import Kinds, name_of

GROUP = "rekey.kinds"
CONSUMERS: tuple[type[Consumer], ...] = (HerokuConsumer, GithubConsumer, SlackConsumer)
BRAKES: tuple[type[Brake], ...] = (HerokuBrake,)


def kinds_with(others: Iterable[EntryPoint]) -> Kinds:
    """All kinds, those of other packages too. Raises CatalogError for one that keeps no contract or takes a name."""
    consumers, brakes = list(CONSUMERS), list(BRAKES)
    runtimes = [(slug, one.takes_orders) for slug, one in RUNTIMES.items()]
    for other in others:
        from blocks.runtimes.interface import Runtime  # noqa: PLC0415  # Prefect takes seconds to load

        kind = other.load()
        if not isinstance(kind, type):
            kind = object
        if issubclass(kind, Consumer):
            consumers.append(kind)
        elif issubclass(kind, Brake):
            brakes.append(kind)
        elif issubclass(kind, Runtime):
            runtimes.append((kind.get_block_type_slug(), kind.takes_orders))
        else:
            raise CatalogError(
                f"The entry point {other.name} of {GROUP} ({other.value}) is no kind of consumer, brake or runtime.",
                "Correct the package that brings it, or take it out.",
            )
    _demand_names_of_their_own("consumer", [name_of(one) for one in consumers])
    _demand_names_of_their_own("brake", [name_of(one) for one in brakes])
    _demand_names_of_their_own("runtime", [slug for slug, _ in runtimes])
    tables = {word: one.load_table() for word, one in ISSUERS.items()}
    return Kinds(tuple(consumers), tuple(brakes), dict(runtimes), tables)


def _demand_names_of_their_own(family: str, names: list[str]) -> None:
    doubled = next((one for one in names if names.count(one) > 1), None)
    if doubled is not None:
        raise CatalogError(
            f"There are two kinds of {family} called {doubled}.", "Take the package out that brings the second one."
        )


KINDS = kinds_with(entry_points(group=GROUP))
