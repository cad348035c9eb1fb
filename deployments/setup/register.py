"""``rekey register``: seeds the Prefect blocks from the settings, and deploys every deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from prefect.settings import get_current_settings
from prefect.types import SecretDict

from blocks.catalog import load_catalog
from blocks.consumers.github.client import Github
from blocks.consumers.heroku.client import Heroku
from blocks.consumers.person.slack import Slack
from blocks.errors import RekeyError
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.model.hosts import Hosts
from blocks.prefect_api.estate import DOCUMENT, refuse_other_hosts
from blocks.prefect_api.work_pool import set_template
from blocks.runtimes.http_json import HttpJson
from blocks.runtimes.raptor import Raptor
from blocks.settings import ROOT, Seeds, read_settings
from blocks.vaults.infisical.block import Infisical
from blocks.vendor_block import VendorBlock
from deployments.setup.deployments import all_of

# Seconds on a quiet machine, minutes on a busy one.
DEPLOY_TIMEOUT_S = 900.0
VENDORS: dict[type[VendorBlock], str] = {
    Alpaca: "alpaca_",
    Infisical: "infisical_",
    Heroku: "heroku_",
    Github: "github_",
    Slack: "slack_",
}


class RegisterError(RekeyError):
    """Blocks or deployments cannot be registered."""

    slug = "register"
    advice = "Look whether `PREFECT_API_URL` is the server that the workers use, then run `rekey register` again."


def seed_blocks(seeds: Seeds, hosts: Hosts) -> list[str]:
    """Save each block whose required fields are known; return one sentence a block.

    A block whose required fields are not all set is left as it is, and the sentence names what is missing. Raises
    CatalogError for an address that is not the catalog's: its block would be refused.
    """
    if not get_current_settings().api.url:
        raise RegisterError(
            "PREFECT_API_URL is not set, so the blocks would go to a database of their own in your home.",
            "Set it to the server that the worker uses, for example http://127.0.0.1:4200/api.",
        )
    told = []
    for label, document, block in blocks_of(seeds):
        if isinstance(block, VendorBlock):
            refuse_other_hosts(block, document, hosts)
            block.save(document, overwrite=True)
            told.append(f"{label}: saved.")
        else:
            told.append(f"{label}: left as it is ({block} not set).")
    return told


def blocks_of(seeds: Seeds) -> Iterator[tuple[str, str, VendorBlock | str]]:
    """Label, document name, and the block that the seeds describe, or the names of the variables that it lacks."""
    for kind, prefix in VENDORS.items():
        yield _block(kind, DOCUMENT, _given(seeds, prefix), prefix)
    for name, one in sorted(seeds.raptor.items()):
        yield _block(Raptor, name, one.model_dump(exclude_none=True), "raptor ")
    for name, page in sorted(seeds.http_json.items()):
        yield _block(HttpJson, name, page.model_dump(exclude_none=True), "http_json ")


def deploy(environment: Mapping[str, str]) -> None:
    """Make the work pool as it must be, and deploy every deployment to it. Raises RegisterError, and CatalogError."""
    set_template()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(yaml.safe_dump(all_of(load_catalog(read_settings().catalog))), encoding="utf-8")
        _deploy(file, environment)


def _deploy(file: Path, environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, arguments of our own
            command,
            cwd=ROOT,
            env={**_without_seeds(), **environment},
            capture_output=True,
            text=True,
            timeout=DEPLOY_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None:
        raise RegisterError(
            f"prefect deploy has not ended after {DEPLOY_TIMEOUT_S:.0f} s.", "Check PREFECT_API_URL, then try again."
        )
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise RegisterError(
            f"prefect deploy ended with {done.returncode}: {' '.join(last)}",
            "Check PREFECT_API_URL, then run `rekey register` again.",
        )


def _without_seeds() -> dict[str, str]:
    """This process's environment without what may be a token."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REKEY_")}


def _given(seeds: Seeds, prefix: str) -> dict[str, Any]:
    values = {name.removeprefix(prefix): value for name, value in seeds if name.startswith(prefix)}
    return {name: value for name, value in values.items() if value is not None}


def _block(
    kind: type[VendorBlock], document: str, given: dict[str, Any], prefix: str
) -> tuple[str, str, VendorBlock | str]:
    label = f"{kind.__name__}/{document}"
    missing = [name for name, field in kind.model_fields.items() if field.is_required() and name not in given]
    if missing:
        return label, document, ", ".join(f"REKEY_{prefix}{name}".upper() for name in missing)
    if "extra_headers" in given:
        given = {**given, "extra_headers": SecretDict(given["extra_headers"])}
    return label, document, kind(**given)
