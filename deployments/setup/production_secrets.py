"""Every secret of a production, made up once: ``python -m deployments.setup.production_secrets FOLDER``.

A folder for each kind of process, so that none can read what only another one needs: PostgreSQL, Redis, Prefect's
servers, rekey's workers and console, the proxy, and what the first operator's browser takes. What is there already
stays as it is: whatever was encrypted with a key that is made anew would be lost.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from deployments.setup.production_certificates import Issued, issue

OWNER_ONLY = 0o077
# Written last, into a folder that is kept as the others are: all that comes before it is there.
MARK = "operator/made"


@dataclass(frozen=True, slots=True)
class Site:
    """Where people and processes find each other; the defaults are those of deploy/compose.yaml."""

    prefect: str = "prefect.localhost"
    console: str = "rekey.localhost"
    port: int = 8443
    postgres: str = "postgres:5432"
    redis: str = "redis:6379"
    redis_folder: str = "/data"
    catalog: str = "/sandbox/sandbox.toml"
    kept: str = "/var/lib/rekey/kept"
    # Beside the proxy, and asked by it alone.
    console_listens: str = "127.0.0.1:4280"


def files(site: Site) -> dict[str, str | bytes]:
    """Each file with what it holds. Values are made of letters, digits, "-", "_" and "=", which nobody has to quote."""
    login, key = f"rekey:{_made_up()}", urlsafe_b64encode(secrets.token_bytes(32)).decode()
    root, prefect, ledger, redis, browser = (_made_up() for _ in range(5))
    issued = issue((site.prefect, site.console), browser)
    return {
        "postgres/password": f"{root}\n",
        "postgres/init.sql": _sql(prefect, ledger),
        "redis/redis.conf": f"requirepass {redis}\nappendonly yes\ndir {site.redis_folder}\n",
        "prefect/environment": _lines(
            PREFECT_SERVER_ENCRYPTION_KEY=key,
            PREFECT_SERVER_API_AUTH_STRING=login,
            PREFECT_API_AUTH_STRING=login,
            PREFECT_SERVER_DATABASE_CONNECTION_URL=f"postgresql+asyncpg://prefect:{prefect}@{site.postgres}/prefect",
            # Three parts of Prefect ask Redis, each by an address of its own (prefect-redis 0.3.0).
            **dict.fromkeys(
                (
                    "PREFECT_SERVER_DOCKET_URL",
                    "PREFECT_REDIS_MESSAGING_URL",
                    "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL",
                ),
                f"redis://default:{redis}@{site.redis}/0",
            ),
        ),
        "rekey/environment": _lines(PREFECT_API_AUTH_STRING=login),
        "rekey/rekey.toml": worker_file(site, f"postgresql+psycopg://rekey:{ledger}@{site.postgres}/ledger"),
        **_certificates(issued),
        "operator/browser.password": f"{browser}\n",
        "operator/prefect.login": f"{login}\n",
    }


def make(folder: Path, site: Site) -> bool:
    """Put them there, for the owner alone; False when they are there already.

    Whoever was interrupted before the mark was written starts again with new ones: nothing has used the old ones yet.
    """
    done = folder / MARK
    if done.exists():
        return False
    os.umask(OWNER_ONLY)
    for name, held in files(site).items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(held if isinstance(held, bytes) else held.encode())
    done.touch()
    return True


def _made_up() -> str:
    return secrets.token_urlsafe(32)


def _lines(**named: str) -> str:
    """As a shell reads them (deploy/start.sh), and systemd."""
    return "".join(f"{name}='{value}'\n" for name, value in named.items())


def _sql(prefect: str, ledger: str) -> str:
    """Two databases of two owners: who has the login of one at the server has nothing of the other."""
    return (
        f"CREATE ROLE prefect LOGIN PASSWORD '{prefect}';\nCREATE DATABASE prefect OWNER prefect;\n"
        f"CREATE ROLE rekey LOGIN PASSWORD '{ledger}';\nCREATE DATABASE ledger OWNER rekey;\n"
        "REVOKE ALL ON DATABASE prefect FROM PUBLIC;\nREVOKE ALL ON DATABASE ledger FROM PUBLIC;\n"
        "\\connect prefect\n-- Prefect searches by it.\nCREATE EXTENSION IF NOT EXISTS pg_trgm;\n"
    )


def worker_file(site: Site, ledger_url: str) -> str:
    """The worker's file (``REKEY_CONFIG``) of a machine at this site. ``ledger_url`` has the password in it."""
    named: dict[str, object] = {
        "catalog": site.catalog,
        "ledger_url": ledger_url,
        "prefect_ui_url": f"https://{site.prefect}:{site.port}/v2",
        "console_url": f"https://{site.console}:{site.port}",
        "console_listen": site.console_listens,
        "console_proxies": ["127.0.0.1"],
        "kept_folder": site.kept,
    }
    # A basic string of TOML is written as one of JSON.
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in named.items())


def _certificates(issued: Issued) -> dict[str, str | bytes]:
    return {
        "proxy/authority.pem": issued.authority,
        "proxy/server.pem": issued.server,
        "proxy/server-key.pem": issued.server_key,
        "operator/authority.pem": issued.authority,
        "operator/browser.p12": issued.browser,
    }


def main() -> int:
    """Make them in the folder that is named, and say so."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("folder", type=Path, help="where they are put; what it has already stays")
    folder: Path = reader.parse_args().folder
    told = "made" if make(folder, Site()) else "are there already, and stay as they are"
    sys.stdout.write(f"The secrets in {folder} {told}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
