"""The commands that start something here: ``rekey demo``, ``rehearse`` and ``sandbox``; and ``register``."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from typing import TYPE_CHECKING

from blocks.errors import StepError

if TYPE_CHECKING:
    from blocks.settings import Settings

# Ctrl-C, a request to end, a closed terminal.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop_once(*_: object) -> None:
    """End as by Ctrl-C; a second one does not cut the stopping short, which would leave children behind."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def stop_on_signals() -> None:
    """Every way to end a command stops its children, also when a shell started it in the background (SIGINT is off)."""
    for number in STOPPING:
        signal.signal(number, _stop_once)


def demo(chosen: argparse.Namespace) -> int:
    """The whole of rekey, until Ctrl-C."""
    from deployments.terminal.telling import waiting  # noqa: PLC0415  # only this command needs it

    stop_on_signals()
    with waiting("Loading Prefect"):
        from deployments.local import demo as shown  # noqa: PLC0415  # Prefect takes seconds to import; --help should not wait

    shown.demo(
        chosen.home,
        prefect_port=chosen.prefect_port,
        console_port=chosen.console_port,
        sandbox_port=chosen.sandbox_port,
    )
    return 0


def rehearse(chosen: argparse.Namespace) -> int:
    """One whole rotation by a robot operator. Raises StepError for a scenario that there is not."""
    from blocks.catalog import load_catalog  # noqa: PLC0415  # only this command needs it
    from blocks.settings import read_settings  # noqa: PLC0415  # the same
    from deployments.terminal.telling import waiting  # noqa: PLC0415  # the same

    load_catalog(read_settings().catalog, as_it_is=True).get(chosen.credential)
    with waiting("Loading Prefect"):
        from deployments.local.places import Places  # noqa: PLC0415  # Prefect takes seconds to import
        from deployments.rehearsal import rehearse as played  # noqa: PLC0415  # the same
        from deployments.rehearsal.scenarios import SCENARIOS  # noqa: PLC0415  # the same

    if chosen.scenario == "list":
        for name, kind in SCENARIOS.items():
            print(f"{name:<28}{(kind.__doc__ or '').splitlines()[0]}")
        return 0
    if chosen.scenario not in SCENARIOS:
        raise StepError(
            f"There is no scenario {chosen.scenario!r}.",
            f"Give one of these: {', '.join(SCENARIOS)}; `--scenario list` says what happens in each.",
        )
    stop_on_signals()
    places = Places.fresh(f"rehearsal-{os.getpid()}")
    played.rehearse(chosen.credential, chosen.scenario, places, chosen.proof, chosen.entry, chosen.approvals)
    return 0


def sandbox(chosen: argparse.Namespace) -> int:
    """The simulated vendors alone, until Ctrl-C."""
    from blocks.settings import ROOT, read_settings  # noqa: PLC0415  # only this command needs it
    from deployments.sandbox.estate import ORDER, Estate  # noqa: PLC0415  # the same

    env_file = chosen.env_file or ROOT / ".rekey" / "sandbox.env"
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Estate(first_port=chosen.port, profile=chosen.profile) as estate:
        estate.write_env_file(env_file)
        catalog = env_file.with_suffix(".toml")
        catalog.write_text(estate.catalog(read_settings().catalog.read_text()))
        print("The sandbox runs; nothing leaves this machine, and every credential is made up.\n")
        for name in ORDER:
            print(f"  {name:<16}{estate.url(name)}")
        print(
            f"\nAddresses and tokens: {env_file}\nCatalog with these hosts: {catalog}\nCtrl-C stops it.",
            flush=True,
        )
        over.wait()
    return 0


def _note(settings: Settings) -> str:
    """Note what the workers share. Only a ledger that somebody named: the default of a laptop is no worker's."""
    from blocks.ledger.ledger import Ledger  # noqa: PLC0415  # Prefect takes seconds to import
    from blocks.prefect_api import registered  # noqa: PLC0415  # the same
    from deployments.cli.account import by_account  # noqa: PLC0415  # the same

    is_named = settings.config is not None or "ledger_url" in settings.model_fields_set
    ledger = Ledger(settings.ledger_url) if is_named else None
    registered.note(ledger, settings.catalog, by_account())
    if ledger is None:
        return (
            "Noted for the workers: catalog and version. The ledger was not, because neither REKEY_CONFIG nor "
            "REKEY_LEDGER_URL names it here: a worker that reads another one is not found. Register with the workers' "
            "file."
        )
    return "Noted for the workers: ledger, catalog and version. A worker with another one begins no rotation."


def register(chosen: argparse.Namespace) -> int:
    """Seed the blocks, deploy the flows, make the automations."""
    from blocks.catalog import load_catalog  # noqa: PLC0415  # Prefect takes seconds to import
    from blocks.settings import read_settings  # noqa: PLC0415  # the same
    from deployments.cli.reach import prefect_answers  # noqa: PLC0415  # the same
    from deployments.setup.automations import register_automations  # noqa: PLC0415  # the same
    from deployments.setup.register import deploy, seed_blocks  # noqa: PLC0415  # the same
    from deployments.setup.seeds import read_seeds  # noqa: PLC0415  # the same

    settings = read_settings()
    catalog, seeds = load_catalog(settings.catalog, as_it_is=True), read_seeds(chosen.env_file)
    with prefect_answers("register"):
        for sentence in seed_blocks(seeds, catalog):
            print(sentence, flush=True)
        if not chosen.blocks_only:
            deploy()
            print("Deployments: deployed.", flush=True)
            for sentence in register_automations(catalog):
                print(sentence, flush=True)
            print(_note(settings), flush=True)
    return 0
