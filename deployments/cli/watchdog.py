"""``rekey watchdog``: tells people when watch does not work any more; a process of its own, by the ledger alone."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
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
from deployments.watchdog.trouble import Trouble, look

# People are told again while it lasts; and so often it is looked whether they can be told from here.
AGAIN = timedelta(hours=1)
STATE = "watchdog.json"


def watchdog(chosen: argparse.Namespace) -> int:
    """Look once, or again and again until Ctrl-C; the exit code is of the last look. Raises CatalogError, StepError."""
    quiet_sdk()
    file = _file(chosen.state, read_settings())
    while True:
        settings = read_settings()
        code = _look(settings, load_catalog(settings.catalog), file, timedelta(minutes=chosen.late))
        if chosen.once:
            return code
        time.sleep(chosen.every)


def _file(chosen: Path | None, settings: Settings) -> Path:
    if chosen is None and settings.kept_folder is None:
        raise StepError(
            "The watchdog has no place to remember what it told.",
            "Name a folder of this machine in REKEY_KEPT_FOLDER, or a file: `rekey watchdog --state FILE`.",
        )
    return chosen or Path(str(settings.kept_folder)) / STATE


def _look(settings: Settings, catalog: Catalog, file: Path, late: timedelta) -> Watched:
    now, before = datetime.now(UTC), memory.read(file)
    found = look(settings.ledger_url, catalog.enabled, before, late, now)
    print_text(f"{now:%H:%M:%S} UTC {' '.join(one.text for one in found.troubles) or found.told}")
    seen, problems = _able(catalog, found.seen, now)
    names = {one.name for one in found.troubles}
    over = [name for name in before.told if name not in names]
    due = [one for one in found.troubles if _is_due(before, one, now)]
    told = {one.name: people.tell(catalog, one.headline, one.text, people.ALARM) for one in due}
    if over and not names:
        told["over"] = people.tell(catalog, "rekey: rotations are looked after again", found.told, people.NEWS)
    problems += [problem for problem in told.values() if problem]
    # First what was told: a look that ends here must not tell it again.
    memory.write(file, seen.after([name for name, problem in told.items() if not problem], [*over, "over"], now))
    for problem in problems:
        print_text(f"Nobody was told: {problem}", indent=4)
    if problems:
        return Watched.UNTOLD
    if not names:
        _ping(settings)
    return Watched.TROUBLE if names else Watched.WELL


def _is_due(before: Seen, trouble: Trouble, now: datetime) -> bool:
    at = before.told.get(trouble.name)
    return at is None or now - datetime.fromisoformat(at) >= AGAIN


def _able(catalog: Catalog, seen: Seen, now: datetime) -> tuple[Seen, list[str]]:
    """Look now and then whether people can be told, while nothing is wrong: what that takes is kept on this disk."""
    if seen.can_tell_at and now - datetime.fromisoformat(seen.can_tell_at) < AGAIN:
        return seen, []
    problem = people.why_not(catalog)
    return (seen, [problem]) if problem else (replace(seen, can_tell_at=now.isoformat()), [])


def _ping(settings: Settings) -> None:
    """One that does not answer alarms people by itself."""
    if settings.heartbeat_url is None:
        return
    try:
        ping(settings.heartbeat_url)
    except RekeyError as error:
        print_text(str(error), indent=4)
