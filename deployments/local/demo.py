"""``rekey demo``: the whole of rekey on this machine, against the sandbox, for people."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shlex import quote

from prefect.settings import temporary_settings
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import claimed_by
from blocks.operators import enrolment, registry
from blocks.prefect_api import registered
from blocks.settings import read_settings
from deployments.local import current
from deployments.local.current import pointing_at
from deployments.local.local_console import LocalConsole, url_of
from deployments.local.places import Places
from deployments.local.prefect_environment import prefect_environment
from deployments.local.prefect_login import client_settings
from deployments.local.processes import LocalPrefect, refuse_busy_port
from deployments.sandbox.estate import ONLY_HERE, Estate
from deployments.setup.automations import register_automations
from deployments.setup.register import deploy, seed_blocks
from deployments.terminal.telling import say, waiting
from deployments.terminal.timeline import Follower, lines_of

POLL_S = 0.3
# Who may be enrolled by whoever sits there, and for how long.
OPERATOR, OFFERED = "demo", timedelta(hours=12)
TO_DO = """
  1. Open rekey's console, and log in with any name and the line above.
  2. Press Start beside alpaca-paper (or alpaca-live).
  3. When it waits for you: take the rotation, and do what its page says. That is, press Regenerate in the Alpaca
     dashboard, paste both values into the page, and submit.
  The same in Prefect's UI: open the deployment, press Run, Quick run, and Run once more; when the run waits, open it,
  click the three dots in the upper right corner, then Resume.

Ctrl-C stops everything. What happens is shown here:
"""


@contextmanager
def running(
    places: Places,
    estate: Estate,
    port: int,
    server_settings: Mapping[str, str] | None = None,
    worker_settings: Mapping[str, str] | None = None,
    catalog_text: str | None = None,
) -> Iterator[LocalPrefect]:
    """Server, blocks, deployments and worker; all stopped at the end. Their catalog names the estate's hosts.

    ``catalog_text`` is a catalog to take instead of the one that the settings name.
    """
    places.catalog.write_text(estate.catalog(catalog_text or read_settings().catalog.read_text()))
    with LocalPrefect(places, port, server_settings) as prefect:
        with waiting("Starting the Prefect server"):
            prefect.start_server()
        with waiting("Starting the worker"):
            prefect.start_worker(worker_settings)
        with temporary_settings(client_settings(prefect.environment)):
            catalog = load_catalog(places.catalog, as_it_is=True)
            with waiting("Saving the blocks"):
                seed_blocks(estate.seeds(), catalog)
            with waiting("Registering the deployments"):
                deploy(prefect.environment, catalog)
            with waiting("Making the automations"):
                register_automations(catalog)
            registered.note(ledger_of(places), places.catalog, claimed_by("whoever started it here"))
        yield prefect


def demo(home: Path | None, *, prefect_port: int, console_port: int, sandbox_port: int) -> None:
    """Run until Ctrl-C, and show what happens. A busy port is found before the files of another demo are removed.

    ``home`` is where its files are, as they are; None empties .rekey/demo.
    """
    if home is None:
        current.refuse_another("demo")
    refuse_busy_port(prefect_port, "the Prefect server")
    refuse_busy_port(console_port, "the console", ".venv/bin/rekey demo --console-port NUMBER")
    with Estate(first_port=sandbox_port) as estate:
        places = Places.made(home) if home else Places.fresh("demo")
        estate.heroku.knobs.boot_delay_s = 3
        _show_addresses(prefect_environment(places, prefect_port), url_of(console_port), estate, places)
        with (
            running(
                places,
                estate,
                prefect_port,
                worker_settings={"REKEY_CONSOLE_URL": url_of(console_port)},
                catalog_text=read_settings().catalog.read_text() + ONLY_HERE.read_text(),
            ) as prefect,
            LocalConsole(places, console_port, prefect.environment) as console,
            pointing_at(prefect.environment, places.login_file),
        ):
            _offer(places)
            with waiting("Starting the console"):
                console.start()
            say(TO_DO)
            follower = Follower(ledger_of(places))
            try:
                while True:
                    for row in follower.new_rows():
                        for line in lines_of(row):
                            say(line)
                    prefect.check()
                    console.check()
                    time.sleep(POLL_S)
            except KeyboardInterrupt:
                say("\nStopping everything that this command started ...")
    say("Stopped. The ledger stays until the next demo:")
    say(f"  REKEY_CONFIG={quote(str(places.worker_file))} .venv/bin/rekey ledger show")


def _offer(places: Places) -> None:
    """Let whoever sits there become an operator by one press on the console's first page."""
    ledger = ledger_of(places)
    if OPERATOR not in registry.of(ledger).operators:
        by = claimed_by("the demo")
        places.write_offer(enrolment.invite(ledger, OPERATOR, registry.SUPERADMIN, by, valid=OFFERED)[0])


def ledger_of(places: Places) -> Ledger:
    """The ledger of a local rekey."""
    return Ledger(SecretStr(f"sqlite:///{places.ledger}"))


def _show_addresses(environment: Mapping[str, str], console: str, estate: Estate, places: Places) -> None:
    # A terminal is seen by the person before it; anything else may be kept.
    login = places.login() if sys.stdout.isatty() else f"what is in {places.login_file}"
    say(
        f"""
rekey runs on this machine against a sandbox; nothing leaves it, and every credential is made up.

  rekey's console     {console}/
      where a rotation is done; to act, it asks for the login: {login}
  Prefect UI          {environment["PREFECT_UI_URL"]}/deployments
      asks for the same login
  Alpaca dashboard    {estate.url("dashboard")}/paper/dashboard/overview
                      {estate.url("dashboard")}/live/dashboard/overview
  Other issuers       {estate.url("issuers")}/oanda/keys
                      {estate.url("issuers")}/oanda/live-keys
                      {estate.url("issuers")}/postmark/keys
                      {estate.url("issuers")}/github/keys
                      {estate.url("issuers")}/stripe/test/apikeys
                      {estate.url("issuers")}/anthropic/keys
  Slack messages      {estate.url("slack")}
  Sandbox levers      {estate.url("control")}

For `rekey status`, `rekey ledger show` and `rekey health` in another terminal:
"""
    )
    for line in _exports(environment, places):
        say(f"  {line}")
    say("\nHalf a minute from here on a quiet machine, minutes on a busy one:")


def _exports(environment: Mapping[str, str], places: Places) -> Iterator[str]:
    """The lines that point a shell at this rekey. The login stays in its file."""
    # The last two: `rekey health` examines the environment in which it runs, as that of a worker.
    patience = ("PREFECT_CLIENT_MAX_RETRIES", "PREFECT_CLIENT_RETRY_EXTRA_CODES")
    for name in ("PREFECT_API_URL", "PREFECT_HOME", "REKEY_CONFIG", *patience):
        yield f"export {name}={quote(environment[name])}"
    yield f'export PREFECT_API_AUTH_STRING="$(cat {quote(str(places.login_file))})"'
