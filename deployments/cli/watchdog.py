"""``rekey watchdog``: tells people when watch does not work any more; a process of its own, by the ledger alone."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blocks.catalog import Catalog, load_catalog
from blocks.errors import RekeyError, StepError
from blocks.settings import Settings, read_settings
from blocks.wire.ping import ping
from deployments.cli.exit_codes import Watched
from deployments.local.ask_prefect import quiet_sdk
from deployments.terminal.tables import print_text
from deployments.watchdog import people
from deployments.watchdog import seen as memory
from deployments.watchdog.seen import Seen
from deployments.watchdog.trouble import Looked, look

# People are told again while it lasts; and so often it is looked whether they can be told from here.
AGAIN = timedelta(hours=1)
STATE = "watchdog.json"
OVER = "rekey: rotations are looked after again"


def watchdog(chosen: argparse.Namespace) -> int:
    """Look once, or again and again until Ctrl-C; the exit code is of the last look. Raises CatalogError, StepError.

    Between two looks nothing ends it: it goes on with what it remembers, and with the catalog that was read well last
    while that cannot be read: the terminal hears so.
    """
    quiet_sdk()
    settings = read_settings()
    file, catalog = _file(chosen.state, settings), load_catalog(settings.catalog)
    seen, late = memory.read(file), timedelta(minutes=chosen.late)
    while True:
        code, seen = _look(settings, catalog, seen, late)
        if chosen.once:
            memory.write(file, seen)
            return code
        with _told_to_the_terminal():
            memory.write(file, seen)
        # A log that is written to a file would have it only much later.
        sys.stdout.flush()
        time.sleep(chosen.every)
        with _told_to_the_terminal():
            settings = read_settings()
            catalog = load_catalog(settings.catalog, as_it_is=True)


@contextmanager
def _told_to_the_terminal() -> Iterator[None]:
    try:
        yield
    except RekeyError as error:
        print_text(str(error), indent=4)


def _file(chosen: Path | None, settings: Settings) -> Path:
    if chosen is None and settings.kept_folder is None:
        raise StepError(
            "The watchdog has no place to remember what it told.",
            "Name a folder of this machine in REKEY_KEPT_FOLDER, or a file: `rekey watchdog --state FILE`.",
        )
    return chosen or Path(str(settings.kept_folder)) / STATE


def _look(settings: Settings, catalog: Catalog, before: Seen, late: timedelta) -> tuple[Watched, Seen]:
    now = datetime.now(UTC)
    found = look(settings.ledger_url, tuple(catalog.credential.values()), before, late, now)
    print_text(f"{now:%H:%M:%S} UTC {' '.join(one.text for one in found.troubles) or found.told}")
    seen, problems = _able(catalog, found.seen, now)
    told, untold = _told(catalog, found, seen.told, now)
    for problem in (*problems, *untold):
        print_text(f"Nobody was told: {problem}", indent=4)
    seen = seen.model_copy(update={"told": told})
    if problems or untold:
        return Watched.UNTOLD, seen
    if found.troubles:
        return Watched.TROUBLE, seen
    _ping(settings)
    return Watched.WELL, seen


def _told(
    catalog: Catalog, found: Looked, before: Mapping[str, datetime], now: datetime
) -> tuple[dict[str, datetime], list[str]]:
    """Of what people know now, and when they were told; and why they were not told of the rest."""
    if not found.troubles:
        problem = people.tell(catalog, OVER, found.told, people.NEWS) if before else ""
        # Once they know that it is over there is nothing to remember.
        return (dict(before), [problem]) if problem else ({}, [])
    told, untold = {one.name: before[one.name] for one in found.troubles if one.name in before}, list[str]()
    for one in found.troubles:
        if one.name not in told or now - told[one.name] >= AGAIN:
            problem = people.tell(catalog, one.headline, one.text, people.ALARM)
            if problem:
                untold.append(problem)
            else:
                told[one.name] = now
    return told, untold


def _able(catalog: Catalog, seen: Seen, now: datetime) -> tuple[Seen, list[str]]:
    """Look now and then whether people can be told: what that takes is kept on this disk."""
    if seen.can_tell_at and now - seen.can_tell_at < AGAIN:
        return seen, []
    problem = people.why_not(catalog)
    return (seen, [problem]) if problem else (seen.model_copy(update={"can_tell_at": now}), [])


def _ping(settings: Settings) -> None:
    """One that does not answer alarms people by itself."""
    if settings.heartbeat_url is not None:
        with _told_to_the_terminal():
            ping(settings.heartbeat_url)
