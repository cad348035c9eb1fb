"""The names in an entry of the catalog for what an issuer mints, as they are written: in ``names``, or flat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blocks.entry import FLAT


def problem_with(place: object, fields: Sequence[str]) -> str | None:
    """What is wrong with the names of this place; None when nothing is, or another rule says it."""
    written = _written(place)
    if written is None:
        return None
    missing = [one for one in fields if one not in written]
    unknown = [one for one in written if one not in fields]
    if not missing and not unknown:
        return None
    told = [f"{' and '.join(missing)} {_is(missing)} missing"] if missing else []
    told += [f"{' and '.join(map(str, unknown))} {_is(unknown)} not minted"] if unknown else []
    return f"{', '.join(told)}: name {' and '.join(fields)} here"


def in_order(place: object, fields: Sequence[str]) -> object:
    """The place with its names in the issuer's order."""
    written = _written(place)
    if written is None or not isinstance(place, Mapping):
        return place
    rest = {name: value for name, value in place.items() if name not in {*FLAT, "names"}}
    return {**rest, "names": {field: written[field] for field in fields if field in written}}


def _written(place: object) -> Mapping[str, object] | None:
    """The names; None where they are no table, or are written in both ways."""
    if not isinstance(place, Mapping):
        return None
    flat = {name: place[name] for name in FLAT if name in place}
    names = place.get("names", flat)
    return names if isinstance(names, Mapping) and not (flat and "names" in place) else None


def _is(names: Sequence[object]) -> str:
    return "is" if len(names) == 1 else "are"
