"""What ``rekey register`` reads once to seed Prefect's blocks: ``REKEY_<KIND>_<FIELD>``, derived from the blocks.

A vendor has one block; of a running application there is one an instance, so ``REKEY_<KIND>`` holds all of a kind as
JSON. A kind of another package has its variables, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect.types import SecretDict
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from blocks import worker_file
from blocks.block_types import TYPES
from blocks.env_file import lines_of as env_file_lines
from blocks.errors import CatalogError
from blocks.settings import Settings, from_environment, wrong_settings, wrong_variables
from blocks.vendor_block import VendorBlock

# By the name of a variable in lower case and without REKEY_; what is not set is not there.
Seeds = Mapping[str, Any]
# How long to wait for an answer is no matter of where a vendor is: it is edited in Prefect's pages alone.
_NOT_SEEDED = frozenset({"read_timeout_s"})


def _prefix_of(kind: type[VendorBlock]) -> str:
    """The kind's word in variables."""
    return kind.get_block_type_slug().removeprefix("rekey-").replace("-", "_")


def seeded(kind: type[VendorBlock]) -> dict[str, FieldInfo]:
    """The fields of a block that are seeded, by name."""
    return {name: field for name, field in kind.model_fields.items() if name not in _NOT_SEEDED}


def _type_of(field: FieldInfo) -> Any:
    return dict[str, SecretStr] if field.annotation is SecretDict else field.annotation


class _Instance(BaseModel):
    """What describes one running application."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _instance_of(kind: type[VendorBlock]) -> type[_Instance]:
    fields: dict[str, Any] = {
        name: (_type_of(field), ...) if field.is_required() else (_type_of(field) | None, None)
        for name, field in seeded(kind).items()
    }
    return create_model(f"{kind.__name__}Seed", __base__=_Instance, **fields)


# Each block of which there is one, with the prefix of its variables; and the running applications by their variable,
# each with what describes one instance.
VENDORS: dict[type[VendorBlock], str] = {kind: f"{_prefix_of(kind)}_" for kind in TYPES if not kind.has_instances}
INSTANCES: dict[str, tuple[type[VendorBlock], type[BaseModel]]] = {
    _prefix_of(kind): (kind, _instance_of(kind)) for kind in TYPES if kind.has_instances
}


class _FromEnvironment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="REKEY_", extra="ignore", hide_input_in_errors=True)


def _model() -> type[_FromEnvironment]:
    """All variables as one model. Raises CatalogError when one would mean two things."""
    fields: list[tuple[str, Any]] = [
        (f"{prefix}{name}", (_type_of(field) | None, None))
        for kind, prefix in VENDORS.items()
        for name, field in seeded(kind).items()
    ]
    fields += [(name, (dict[str, seed], {})) for name, (_, seed) in INSTANCES.items()]  # type: ignore[valid-type]  # made above
    names = [*(name for name, _ in fields), *Settings.model_fields]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise CatalogError(
            f"REKEY_{doubled.upper()} would seed two kinds of block.", "Take the package out that brings one of them."
        )
    return create_model("Seeds", __base__=_FromEnvironment, **dict(fields))


VARIABLES: type[BaseSettings] = _model()


def read_seeds(env_file: Path | None) -> Seeds:
    """Seeds from the environment and, under it, from a file of NAME=value lines. Raises CatalogError."""
    if env_file is None:
        return _plain(from_environment(VARIABLES))
    if not env_file.is_file():
        raise CatalogError(
            f"{env_file} does not exist.", "Give a file of REKEY_NAME=value lines, or leave the option out."
        )
    known = {f"rekey_{name}" for name in (*VARIABLES.model_fields, *Settings.model_fields)}
    lines = env_file_lines(env_file, known)
    try:
        return _plain(VARIABLES(_env_file=env_file))
    except ValidationError as error:
        names = {str(entry["loc"][0]) for entry in error.errors(include_input=False)}
        # What the environment says counts, and the file's line with it for nothing.
        in_file = names - {name.lower().removeprefix("rekey_") for name in os.environ}
    except SettingsError as error:
        names = set(worker_file.fields_of(error))
        in_file = names if "DotEnv" in str(error) else set()
    raise _wrong_seeds(env_file, lines, in_file, names - in_file)


def _plain(read: BaseSettings) -> Seeds:
    return {name: value for name, value in read.model_dump(exclude_none=True).items() if value != {}}


def _wrong_seeds(file: Path, lines: dict[str, int], in_file: set[str], in_environment: set[str]) -> CatalogError:
    """What cannot be read, each where it is written."""
    of_environment = ", ".join(worker_file.variable_of(name) for name in sorted(in_environment))
    told = [
        f"{file}, line {lines[f'rekey_{name}']}: {worker_file.variable_of(name)} cannot be read." for name in in_file
    ]
    return wrong_settings(sorted(told) + ([wrong_variables(of_environment).problem] if of_environment else []))
