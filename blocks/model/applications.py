"""The applications of one credential: its consumers, its brakes, and the pages by which both are proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer
from blocks.model import kinds


def refuse_doubled(family: str, listed: Sequence[Consumer | Brake]) -> None:
    """Raise ValueError when one of them is listed twice."""
    doubled = [label for label, count in Counter(one.label for one in listed).items() if count > 1]
    if doubled:
        raise ValueError(f"{family} {doubled[0]} is listed twice")


def refuse_pages_of_others(consumers: Iterable[Consumer], brakes: Iterable[Brake]) -> None:
    """Raise ValueError when a brake is proved by the page of another application, which proves nothing of its own."""
    runtimes = {one.application: one.runtime for one in consumers if one.application and one.runtime}
    owners = {runtime: app for app, runtime in runtimes.items()}
    for brake in brakes:
        if runtimes.get(brake.application, brake.runtime) != brake.runtime:
            runs_as = runtimes[brake.application]
            raise ValueError(
                f"brake {brake.label} is proved by {brake.runtime}, but {brake.application} runs as {runs_as}"
            )
        owner = owners.setdefault(brake.runtime, brake.application)
        if owner != brake.application:
            raise ValueError(
                f"brake {brake.label} is proved by {brake.runtime}, which is {owner}: name the Raptor block of "
                f"{brake.application} itself"
            )


def unknown_runtimes(
    consumers: Iterable[Consumer], brakes: Iterable[Brake], known: Collection[str]
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Each ``runtime`` of no kind that is known, with its place in the entry."""
    places: list[tuple[str, int, str | None]] = [("consumers", at, one.runtime) for at, one in enumerate(consumers)]
    places += [("brakes", at, one.runtime) for at, one in enumerate(brakes)]
    for family, at, one in places:
        if one is not None and kinds.slug_of(one) not in known:
            told = f"{one} is of no kind of running application; known: {', '.join(known)}"
            yield (family, at, "runtime"), told
