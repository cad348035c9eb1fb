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
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.types import SecretDict

from blocks.catalog import Catalog, load_catalog
from blocks.entry import DOCUMENT
from blocks.errors import RekeyError
from blocks.model.hosts import Hosts
from blocks.prefect_api.estate import refuse_other_hosts
from blocks.prefect_api.work_pool import set_template
from blocks.settings import ROOT, read_settings
from blocks.vendor_block import VendorBlock
from deployments.setup.deployments import all_of
from deployments.setup.seeds import INSTANCES, VENDORS, Seeds, seeded

# Seconds on a quiet machine, minutes on a busy one.
DEPLOY_TIMEOUT_S = 900.0


class RegisterError(RekeyError):
    """Blocks or deployments cannot be registered."""

    slug = "register"
    advice = "Look whether `PREFECT_API_URL` is the server that the workers use, then run `rekey register` again."


def seed_blocks(seeds: Seeds, hosts: Hosts) -> list[str]:
    """Save each block whose required fields are known; return one sentence a block.

    A block whose required fields are not all set is left as it is, and the sentence names what is missing; so is one
    that is there already and of which nothing is set: it may have been edited since. Raises CatalogError for an address
    that is not the catalog's: its block would be refused.
    """
    if not get_current_settings().api.url:
        raise RegisterError(
            "PREFECT_API_URL is not set, so the blocks would go to a database of their own in your home.",
            "Set it to the server that the worker uses, for example http://127.0.0.1:4200/api.",
        )
    told = []
    for label, document, block in blocks_of(seeds):
        if isinstance(block, VendorBlock) and not block.model_fields_set and _is_there(block, document):
            told.append(f"{label}: left as it is (none of its variables is set).")
        elif isinstance(block, VendorBlock):
            refuse_other_hosts(block, document, hosts)
            block.save(document, overwrite=True)
            told.append(f"{label}: saved.")
        else:
            told.append(f"{label}: left as it is ({block} not set).")
    return told


def _is_there(block: VendorBlock, document: str) -> bool:
    with get_client(sync_client=True) as client:
        try:
            client.read_block_document_by_name(document, block.get_block_type_slug(), include_secrets=False)
        except ObjectNotFound:
            return False
    return True


def blocks_of(seeds: Seeds) -> Iterator[tuple[str, str, VendorBlock | str]]:
    """Label, document name, and the block that the seeds describe, or the names of the variables that it lacks."""
    for kind, prefix in VENDORS.items():
        given = {name: seeds[f"{prefix}{name}"] for name in seeded(kind) if f"{prefix}{name}" in seeds}
        yield _block(kind, DOCUMENT, given, prefix)
    for variable, (runtime, _) in INSTANCES.items():
        for document, given in sorted(seeds.get(variable, {}).items()):
            yield _block(runtime, document, given, f"{variable} ")


def deploy(environment: Mapping[str, str] | None = None, catalog: Catalog | None = None) -> None:
    """Make the work pool as it must be, and deploy every deployment to it. Raises RegisterError, and CatalogError.

    ``environment``: where Prefect is, when this process's own does not say it. ``catalog``: None for that of the
    settings.
    """
    set_template()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(yaml.safe_dump(all_of(catalog or load_catalog(read_settings().catalog))), encoding="utf-8")
        _deploy(file, environment or {})


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


def _block(
    kind: type[VendorBlock], document: str, given: dict[str, Any], prefix: str
) -> tuple[str, str, VendorBlock | str]:
    label = f"{kind.__name__}/{document}"
    missing = [name for name, field in kind.model_fields.items() if field.is_required() and name not in given]
    if missing:
        return label, document, ", ".join(f"REKEY_{prefix}{name}".upper() for name in missing)
    hidden = {name for name in given if kind.model_fields[name].annotation is SecretDict}
    return label, document, kind(**{**given, **{name: SecretDict(given[name]) for name in hidden}})
