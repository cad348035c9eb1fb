"""``rekey register``: seeds the Prefect blocks from the settings, and deploys every deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.types import SecretDict
from pydantic import ValidationError

from blocks.catalog import Catalog, load_catalog
from blocks.consumers.rekey_block.consumer import RekeyBlockConsumer
from blocks.entry import DOCUMENT
from blocks.errors import RekeyError
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


def seed_blocks(seeds: Seeds, catalog: Catalog) -> list[str]:
    """Save each block whose required fields are known; return one sentence a block.

    Of a block that is there already only what is set is changed, and nothing where nothing is: it may have been edited
    since. One whose required fields are neither set nor saved is left as it is, and the sentence names what is missing.
    A key of rekey's own that the catalog rotates stays as it is saved: what is set may be an older one, dead by now.
    Raises CatalogError for an address that is not the catalog's: its block would be refused.
    """
    if not get_current_settings().api.url:
        raise RegisterError(
            "PREFECT_API_URL is not set, so the blocks would go to a database of their own in your home.",
            "Set it to the server that the worker uses, for example http://127.0.0.1:4200/api.",
        )
    told = []
    rotated = _rotated_by(catalog)
    for described in _described(seeds):
        saved = _saved(described)
        kept = sorted(rotated.get(described.block, frozenset()) & described.given.keys() & (saved or {}).keys())
        one = replace(described, given={name: value for name, value in described.given.items() if name not in kept})
        why_left = "the catalog rotates it. To set it by hand, use Prefect's page Blocks"
        by_catalog = f" {', '.join(kept)} is left: {why_left}." if kept else ""
        if saved is not None and not one.given:
            why = by_catalog or " (none of its variables is set)."
            told.append(f"{one.label}: left as it is{':' if by_catalog else ''}{why}")
            continue
        block = _edited(one, saved or {})
        if isinstance(block, VendorBlock):
            refuse_other_hosts(block, one.document, catalog.hosts)
            block.save(one.document, overwrite=True)
            told.append(f"{one.label}: saved.{by_catalog}")
        else:
            told.append(f"{one.label}: left as it is ({block} not set).")
    return told


@dataclass(frozen=True, slots=True)
class _Described:
    """A block as the seeds describe it: what they give of it, and how the variables of its fields begin."""

    kind: type[VendorBlock]
    document: str
    given: Mapping[str, Any] = field(repr=False)
    prefix: str

    @property
    def label(self) -> str:
        return f"{self.kind.__name__}/{self.document}"

    @property
    def block(self) -> str:
        """As a consumer of the catalog names it."""
        return f"{self.kind.get_block_type_slug()}/{self.document}"


def _rotated_by(catalog: Catalog) -> dict[str, set[str]]:
    """The fields of rekey's own blocks that a rotation writes, by block."""
    found = defaultdict[str, set[str]](set)
    for credential in catalog.enabled:
        for one in credential.consumers:
            if isinstance(one, RekeyBlockConsumer):
                found[one.document] |= set(one.names.values())
    return found


def _saved(one: _Described) -> dict[str, Any] | None:
    """The fields of the block that Prefect keeps, with their secrets; None when there is none."""
    with get_client(sync_client=True) as client:
        try:
            found = client.read_block_document_by_name(one.document, one.kind.get_block_type_slug())
        except ObjectNotFound:
            return None
    return {name: value for name, value in found.data.items() if name in one.kind.model_fields}


def _edited(one: _Described, saved: Mapping[str, Any]) -> VendorBlock | str:
    """The block with what is given of it; what an older rekey saved and this one does not take counts for nothing."""
    if saved:
        with suppress(ValidationError):
            return _block(replace(one, given={**saved, **one.given}))
    return _block(one)


def blocks_of(seeds: Seeds) -> Iterator[tuple[str, str, VendorBlock | str]]:
    """Label, document name, and the block that the seeds describe, or the names of the variables that it lacks."""
    for one in _described(seeds):
        yield one.label, one.document, _block(one)


def _described(seeds: Seeds) -> Iterator[_Described]:
    for kind, prefix in VENDORS.items():
        given = {name: seeds[f"{prefix}{name}"] for name in seeded(kind) if f"{prefix}{name}" in seeds}
        yield _Described(kind, DOCUMENT, given, prefix)
    for variable, (runtime, _) in INSTANCES.items():
        for document, given in sorted(seeds.get(variable, {}).items()):
            yield _Described(runtime, document, given, f"{variable} ")


def deploy(environment: Mapping[str, str] | None = None, catalog: Catalog | None = None) -> None:
    """Make the work pool as it must be, and deploy every deployment to it. Raises RegisterError, and CatalogError.

    ``environment``: where Prefect is, when this process's own does not say it. ``catalog``: None for that of the
    settings.
    """
    set_template()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        catalog = catalog or load_catalog(read_settings().catalog, as_it_is=True)
        file.write_text(yaml.safe_dump(all_of(catalog)), encoding="utf-8")
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


def _block(one: _Described) -> VendorBlock | str:
    fields, given = one.kind.model_fields, one.given
    missing = [name for name, one_field in fields.items() if one_field.is_required() and name not in given]
    if missing:
        return ", ".join(f"REKEY_{one.prefix}{name}".upper() for name in missing)
    hidden = {name for name in given if fields[name].annotation is SecretDict}
    return one.kind(**{**given, **{name: SecretDict(given[name]) for name in hidden}})
