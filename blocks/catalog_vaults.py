"""Which vault keeps what, in a catalog that may name several: that of ``[vault]``, or a place's own ``kind``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from blocks.catalog_file import VaultKind, any_of
from blocks.listed import VAULTS
from blocks.model.credential import Credential
from blocks.model.places import VaultPlace
from blocks.model.written import Problem, refuse


def unknown(entries: Mapping[str, object], operators: object) -> list[Problem]:
    """Every place, in a catalog as it is written, whose vault is of a kind that nobody knows."""
    places: list[tuple[tuple[str, ...], object]] = [(("operators",), operators)]
    places += [(("credential", name, "vault"), _table(one).get("vault")) for name, one in entries.items()]
    return [
        ((*place, "kind"), f"input should be {any_of(VAULTS)}")
        for place, one in places
        if isinstance(kind := _table(one).get("kind"), str) and kind.partition("/")[0] not in VAULTS
    ]


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def refuse_halves(credentials: Iterable[Credential], default: VaultKind) -> None:
    """Raise ValidationError for a pair in a vault that writes one name after the other: readers would get halves."""
    refuse(
        (
            ("credential", one.name, "vault"),
            f"the vault {kind} writes one name after the other, and {one.name} has {len(one.vault.names)}: whoever "
            "reads in between would get parts of two pairs. Name another kind here, or in [vault]",
        )
        for one in credentials
        if len(one.vault.names) > 1 and not VAULTS[(kind := named(one.vault, default)).partition("/")[0]].atomic
    )


def named(place: VaultPlace, default: VaultKind) -> str:
    """The vault of a place, by ``kind`` or ``kind/document``."""
    return place.kind or default.kind


def doubled(credentials: Iterable[Credential], default: VaultKind) -> str:
    """Which two credentials are kept under the same name in the same folder of one vault; empty when none are."""
    seen: dict[tuple[str, str, str, str], str] = {}
    for credential in credentials:
        vault = credential.vault
        for variable in vault.names.values():
            path = re.sub("/+", "/", vault.path).rstrip("/")
            place = (named(vault, default), vault.environment, path, variable)
            if place in seen:
                return f"{seen[place]} and {credential.name} are both stored as {variable} in {vault.path}"
            seen[place] = credential.name
    return ""
