"""docs/reference/ is what the code says now, and the code says something of everything."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr

from blocks.catalog import Catalog
from blocks.settings import ROOT, Settings
from tests.project.reference.catalog import rules, tables
from tests.project.reference.fields import aliases_of, default_of, rule_of, type_of
from tests.project.reference.pages import FOLDER, PAGES

# Not a rule for people: it gives each credential the name of its table.
UNTOLD = {"_names_from_keys"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says_today(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "write it again: make reference"


def test_every_page_is_written_by_the_code() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_setting_and_every_field_of_the_catalog_says_what_it_is_for() -> None:
    fields: list[tuple[type[BaseModel], str]] = [(Settings, name) for name in Settings.model_fields]
    fields += [(one.model, name) for one in tables() for name in one.fields()]
    assert [(kind.__name__, name) for kind, name in fields if not kind.model_fields[name].description] == []


def test_every_table_of_the_catalog_is_found() -> None:
    assert {one.title for one in tables()} == {
        "[credential.NAME]",
        "[credential.NAME.vault]",
        "[[credential.NAME.consumers]]",
        "[[credential.NAME.brakes]]",
        "[credential.NAME.verification]",
        "[credential.NAME.verification.check_order]",
        "[alerts]",
        "[ledger]",
        "[hosts]",
    }
    assert {one.title.strip("[]").split(".")[0] for one in tables()} == set(Catalog.model_fields)


def test_every_rule_across_fields_is_told() -> None:
    models: set[type[BaseModel]] = {Catalog, *(one.model for one in tables())}
    silent = {
        name
        for model in models
        for known in [model.__pydantic_decorators__]
        for name in (*known.field_validators, *known.model_validators)
        if not getattr(model, name).__doc__
    }
    assert silent == UNTOLD
    assert rules(Catalog)


class Some(BaseModel):
    """Fields of every shape that a page has to tell."""

    needed: str = Field(min_length=1)
    none: str | None = Field(default=None, pattern="^a|b$")
    kind: Literal["one"] = "one"
    choice: Literal["one", "two"] = "two"
    between: int = Field(default=3, ge=1, le=20)
    above: list[Annotated[float, Field(gt=0)]] = Field(default=[1, 2.5], min_length=1)
    one_of_a_list: tuple[str, ...] = ("https://a.example",)
    hidden: SecretStr = SecretStr(f"sqlite:///{ROOT}/x.db")
    renamed: bool = Field(default=True, validation_alias=AliasChoices("renamed", "before"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("needed", ("text", "needed", "not empty")),
        ("none", ("text", "none", "matches `^a|b$`")),
        ("kind", ("text", '`"one"`', '`"one"`')),
        ("choice", ("text", '`"two"`', 'one of `"one"`, `"two"`')),
        ("between", ("number", "`3`", "at least 1 and at most 20")),
        ("above", ("list of number", "`[1, 2.5]`", "at least one, each above 0")),
        ("one_of_a_list", ("list of text", '`"https://a.example"`', "")),
        ("hidden", ("text", '`"sqlite:///CHECKOUT/x.db"`', "")),
    ],
)
def test_a_field_is_told_as_it_is(name: str, told: tuple[str, str, str]) -> None:
    field = Some.model_fields[name]
    assert (type_of(field), default_of(field), rule_of(field)) == told


def test_an_older_name_of_a_field_is_told() -> None:
    assert aliases_of(Some.model_fields["renamed"]) == ["renamed", "before"]
    assert aliases_of(Some.model_fields["needed"]) == []
