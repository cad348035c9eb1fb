"""docs/reference/catalog.md: the tables of the catalog, found from its model on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args, get_origin

from pydantic import BaseModel

from blocks.catalog import Catalog
from blocks.kinds import KINDS
from blocks.model.own_table import OwnTable
from tests.project.reference.fields import aliases_of, default_of, rule_of, type_of
from tests.project.reference.markdown import bullets, code, page, summary, table

ABOUT = (
    "The catalog ([`deployments/catalog.toml`](../../deployments/catalog.toml), or the file of `REKEY_CATALOG`) says "
    "which credentials exist, where each is stored, who uses it, and how its rotation is verified. `rekey catalog` "
    "checks it: an entry that is wrong in any way does not load, and the message names the line, the entry and the "
    "field. A field that is needed has no default; nothing that is not listed here may be written."
)
# The key of a table that people name themselves.
NAMED = "NAME"


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of table that may be written: its title in TOML, its model, and whether its own name is its key."""

    title: str
    model: type[BaseModel]
    named: bool
    # What the field says that holds it; empty where the model says it all.
    told: str

    @property
    def heading(self) -> str:
        """The title, and the kind where there are several."""
        kind = self.model.model_fields.get("kind")
        choices = get_args(kind.annotation) if kind is not None else ()
        return f"`{self.title}`" + (f", {choices[0]}" if len(choices) == 1 else "")

    def fields(self) -> Iterator[str]:
        """The names that are written in it, its kind first; no table within it, and no name that is its key."""
        for name, field in sorted(self.model.model_fields.items(), key=lambda one: one[0] != "kind"):
            if not models_in(field.annotation) and not (self.named and name == "name"):
                yield name


def models_in(kind: object) -> list[type[BaseModel]]:
    """The models that are this type, or stand within a list, a table or a choice of it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        # A contract stands for every kind that keeps it.
        is_contract = bool(getattr(kind, "__abstractmethods__", None))
        return [one for one in (*KINDS.consumers, *KINDS.brakes) if issubclass(one, kind)] if is_contract else [kind]
    return [one for inner in get_args(kind) for one in models_in(inner)]


def tables(model: type[BaseModel] = Catalog, path: str = "") -> Iterator[Table]:
    """Every table below this one, each before those within it."""
    for name, field in model.model_fields.items():
        if field.annotation is OwnTable:
            # Many issuers have nothing of their own to say.
            for word, kind in ((word, kind) for word, kind in KINDS.tables.items() if kind is not OwnTable):
                yield Table(f"[{path}{word}]", kind, named=False, told=_also(kind))
                yield from tables(kind, f"{path}{word}.")
            continue
        forms = {get_origin(kind) for kind in (field.annotation, *get_args(field.annotation))}
        own = f"{path}{name}" + (f".{NAMED}" if dict in forms else "")
        title = f"[[{own}]]" if tuple in forms else f"[{own}]"
        for inner in models_in(field.annotation):
            yield Table(title, inner, dict in forms, field.description or "")
            yield from tables(inner, f"{own}.")


def _also(kind: type[OwnTable]) -> str:
    """What it is, and which of its fields may also be written where they were before."""
    names = ", ".join(code(one) for one in kind.also_in_verification)
    return summary(kind) + (f" In `[credential.NAME.verification]` may stand instead: {names}." if names else "")


def rules(model: type[BaseModel]) -> list[str]:
    """What holds across the fields of this table: the docstrings of its model's validators."""
    known = model.__pydantic_decorators__
    names = [*known.field_validators, *known.model_validators]
    if issubclass(model, OwnTable):
        names.append(OwnTable.problems.__name__)
    return [told for name in names if (told := _rule(model, name))]


def _rule(model: type[BaseModel], name: str) -> str:
    return summary(getattr(model, name))


def text() -> str:
    """The page."""
    parts = [part for one in tables() for part in _section(one)]
    return page("Catalog", ABOUT, *parts, "## Across all of them", bullets(rules(Catalog)))


def _section(one: Table) -> Iterator[str]:
    yield f"## {one.heading}"
    yield one.told or summary(one.model)
    if any(one.fields()):
        yield table(["field", "type", "default", "rule", "says"], (_row(one.model, name) for name in one.fields()))
    yield bullets(rules(one.model))


def _row(model: type[BaseModel], name: str) -> list[str]:
    field = model.model_fields[name]
    names = dict.fromkeys([name, *aliases_of(field)])
    return [
        ", ".join(code(one) for one in names),
        type_of(field),
        default_of(field),
        rule_of(field),
        field.description or "",
    ]
