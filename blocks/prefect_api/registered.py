"""What `rekey register` noted in Prefect: the ledger, catalog and version of rekey that every worker must have.

A worker that reads another ledger passes by every lease and leaves no trace where people look; one with another catalog
leaves a consumer out. Each of these facts is public: a hash, a hash and a number.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import VariableCreate, VariableUpdate
from prefect.client.schemas.objects import Variable

from blocks import worker_file
from blocks.catalog_file import digest_of
from blocks.errors import LedgerError, StepError
from blocks.ledger import schema
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action
from blocks.prefect_api.prefect_state import asked
from blocks.settings import read_settings

# Of Prefect; letters, digits and underscores.
VARIABLE = "rekey_registered"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Registered:
    """What the workers share. Empty where it is unknown: then nothing is compared."""

    ledger: str = ""
    catalog: str = ""
    version: str = ""


def noted() -> Registered | None:
    """What was noted; None when nothing was. Raises StepError for what is there and cannot be read, Unreachable."""

    def question() -> Variable | None:
        with get_client(sync_client=True) as client:
            return client.read_variable_by_name(VARIABLE)

    variable = asked("look at what was registered", question, None)
    return None if variable is None else _read(variable.value)


def _read(value: object) -> Registered:
    """What stands there. Whatever else somebody wrote there compares nothing, and may not pass for a comparison."""
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        value = None
    told = value if isinstance(value, dict) else {}
    found = {one.name: told[one.name] for one in fields(Registered) if one.name in told}
    if not found or not all(isinstance(one, str) for one in found.values()):
        raise StepError(f"Prefect's variable {VARIABLE} cannot be read.", "Run `rekey register` again.")
    return Registered(**found)


def note(ledger: Ledger | None, catalog: Path, actor: str) -> None:
    """Note in Prefect what every worker must have: this ledger, this catalog, and the version of rekey that runs here.

    None of a ledger leaves that open. It gets a row of the registration, so that it can be told from every other one.
    Raises LedgerError, CatalogError, Unreachable.
    """
    digest, version = digest_of(catalog), _version()
    if ledger is not None:
        told = f"rekey {version or 'of an unknown version'}, catalog {digest[:_SHOWN]}"
        ledger.append(Action.REGISTERED, rotation="", credential=SHARED, actor=actor, context={"reason": told})
    value = asdict(Registered(ledger.identity() if ledger else "", digest, version))

    def write() -> None:
        with get_client(sync_client=True) as client:
            if client.read_variable_by_name(VARIABLE) is None:
                client.create_variable(VariableCreate(name=VARIABLE, value=value))
            else:
                client.update_variable(VariableUpdate(name=VARIABLE, value=value))

    asked("note what is registered", write, None)


def another_ledger(wanted: Registered | None) -> list[str]:
    """That this machine reads another ledger than was registered, in words. Empty when not, or when nobody can say.

    Raises CatalogError for settings that cannot be read.
    """
    if wanted is None or not wanted.ledger:
        return []
    try:
        found = _ledger_here()
    except LedgerError as error:
        if not error.transient:
            return [error.problem]
        # A ledger that is away is no other one.
        return []
    if found == wanted.ledger:
        return []
    what = f"it is {found[:_SHOWN]}" if found else "it has no row"
    return [
        f"its worker reads another ledger than was registered ({what}, not {wanted.ledger[:_SHOWN]}; "
        f"{worker_file.place_of('ledger_url')} names it)"
    ]


def other_code(wanted: Registered | None) -> list[str]:
    """That this machine has another catalog or version than was registered, in words; empty when not.

    Raises CatalogError for a catalog that cannot be read.
    """
    if wanted is None:
        return []
    found, version = [], _version()
    if wanted.catalog and digest_of(read_settings().catalog) != wanted.catalog:
        found.append(f"its worker's catalog is not the one that was registered ({read_settings().catalog})")
    if wanted.version and version != wanted.version:
        found.append(f"its worker has rekey {version or 'of an unknown version'}, and {wanted.version} was registered")
    return found


def _ledger_here() -> str:
    """Which ledger this machine reads; empty for one that is not there, which asking does not make."""
    address = read_settings().ledger_url
    return Ledger(address).identity() if schema.exists(address) else ""


def _version() -> str:
    """Of the installed package; empty for a checkout that is not installed."""
    try:
        return metadata.version("rekey")
    except metadata.PackageNotFoundError:
        return ""
