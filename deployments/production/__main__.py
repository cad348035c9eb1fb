"""``make production``: rekey as a team runs it, with the sandbox as vendors, until Ctrl-C."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from shlex import quote

from blocks.errors import RekeyError
from blocks.settings import ROOT
from deployments.cli.on_this_machine import stop_on_signals
from deployments.local.current import pointing_at
from deployments.local.processes import refuse_busy_port
from deployments.production.here import Here
from deployments.production.production import OPERATOR, WORKERS, Production
from deployments.production.proxy import SHIPPED_PORT
from deployments.sandbox.estate import Estate
from deployments.terminal.telling import say

HOME = ROOT / ".rekey" / "production"
SANDBOX_PORT = 4300
INSTEAD = 'make production ARGS="--{name} NUMBER"'
LOOK_S = 1.0


def main() -> int:
    """Run until Ctrl-C, and say what was started again."""
    chosen = _chosen()
    stop_on_signals()
    try:
        refuse_busy_port(chosen.port, "the proxy", INSTEAD.format(name="port"))
        with Estate(first_port=chosen.sandbox_port) as estate:
            if chosen.home is None:
                # What an earlier one left belongs to a sandbox that is gone.
                shutil.rmtree(HOME, ignore_errors=True)
            _run(chosen.home or HOME, estate, chosen.port)
    except RekeyError as error:
        say(f"{error.problem}\n{error.remedy}")
        return 1
    except KeyboardInterrupt:
        pass
    say("Stopped.")
    return 0


def _chosen() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m deployments.production", description=__doc__)
    reader.add_argument("--home", type=Path, help="an empty folder for its files; .rekey/production is emptied")
    reader.add_argument("--port", type=int, default=SHIPPED_PORT, help="of the proxy, for people")
    reader.add_argument("--sandbox-port", type=int, default=SANDBOX_PORT, help="first of sixteen ports")
    chosen = reader.parse_args()
    if chosen.home is not None and chosen.home.exists() and any(chosen.home.iterdir()):
        reader.error(f"{chosen.home} is not empty: name another folder")
    return chosen


def _run(home: Path, estate: Estate, port: int) -> None:
    estate.heroku.knobs.boot_delay_s = 3
    here = Here.made(home, WORKERS, port)
    with Production(here, estate) as production, pointing_at(production.environment, here.login_file):
        _tell(production)
        seen: dict[str, int] = {}
        try:
            while True:
                time.sleep(LOOK_S)
                now = production.restarts
                for name in (one for one in now if now[one] != seen.get(one, 0)):
                    say(f"{name} ended, and was started again ({now[name]}).")
                seen = now
        except KeyboardInterrupt:
            say("\nStopping everything that this command started ...")


def _tell(production: Production) -> None:
    here = production.here
    own = quote(str(here.home / OPERATOR / "rekey.toml"))
    processes = "\n".join(f"    {one.child.pid:>8}  {one.name}" for one in production.services)
    say(
        f"""
rekey runs on this machine as a team runs it, against a sandbox; every credential is made up.

  rekey's console     {here.console_url}/
  Prefect UI          {here.prefect_url}/v2/deployments
      each asks for the login in {here.login_file}
  Alpaca dashboard    {production.estate.url("dashboard")}/paper/dashboard/overview
                      {production.estate.url("dashboard")}/live/dashboard/overview
  Slack messages      {production.estate.url("slack")}
  Logs                {here.logs}
  Database's files    {production.postgresql.folder}

A browser trusts {here.secrets / "operator" / "authority.pem"}, and imports
{here.secrets / "operator" / "browser.p12"} (its password lies beside it): without that the proxy shows nothing of
Prefect. The first operator gets in by the link that this prints:

  REKEY_CONFIG={own} .venv/bin/rekey operator add NAME --role superadmin

`.venv/bin/rekey status`, `rekey health` and the others find it by themselves.

{processes}

Kill any of them by its number: it is started again after five seconds. Ctrl-C stops everything.
"""
    )


if __name__ == "__main__":
    raise SystemExit(main())
