"""docs/reference/ is what the code says now, and the code says something of everything."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr

from blocks.catalog import Catalog
from blocks.consumers.github.block import Github
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.person.block import Slack
from blocks.errors import StepError, VendorError
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.ledger.facts import KEYS, Facts
from blocks.ledger.row import Action
from blocks.runtimes.raptor import Raptor
from blocks.settings import ROOT, Settings
from blocks.vaults.infisical.block import Infisical
from deployments.cli.exit_codes import Every, Examined, Standing, Verified, Watched
from deployments.rehearsal.rehearse import RehearsalError
from tests.project.reference import blocks, commands, errors, ledger, members
from tests.project.reference.catalog import rules, tables
from tests.project.reference.fields import aliases_of, default_of, rule_of, type_of
from tests.project.reference.groups import groups
from tests.project.reference.markdown import summary
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
        "[credential.NAME.alpaca]",
        "[credential.NAME.alpaca.check_order]",
        "[credential.NAME.declared]",
        "[credential.NAME.anthropic-key]",
        "[credential.NAME.github-token]",
        "[credential.NAME.stripe-restricted]",
        "[alerts]",
        "[vault]",
        "[operators]",
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


def test_every_error_has_a_name_of_its_own_and_says_what_it_means_and_what_to_do() -> None:
    kinds = errors.kinds()
    assert [kind.__name__ for kind in kinds if "slug" not in vars(kind) or not summary(kind) or not kind.advice] == []
    assert sorted(kind.slug for kind in kinds) == sorted({kind.slug for kind in kinds})
    assert [kind.slug for kind in kinds if not re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)] == []
    assert {VendorError, StepError, RehearsalError} <= set(kinds)


def test_a_name_of_an_error_that_was_given_once_never_disappears() -> None:
    slugs = {kind.slug for kind in errors.kinds()}
    assert sorted(errors.released() - slugs - set(errors.RETIRED)) == [], "say in RETIRED where it is told now"
    assert sorted(slugs & set(errors.RETIRED)) == []


def test_a_name_that_only_the_page_knows_stays_there(tmp_path: Path) -> None:
    (tmp_path / "errors.md").write_text(
        f"## other\n\n- `not-one`\n\n{errors.RELEASED}\n\n- `gone-since`\n- `step`: x\n"
    )
    assert errors.released(tmp_path / "errors.md") == {"gone-since", "step"}
    assert errors.released(tmp_path / "none.md") == set()


@pytest.mark.parametrize("kind", [Action, *commands.CODES], ids=lambda kind: kind.__name__)
def test_every_member_that_is_shown_says_what_it_means(kind: type[Enum]) -> None:
    told = members.told(kind)
    assert list(told) == list(kind.__members__)
    assert [name for name, text in told.items() if not text] == []


def test_every_fact_of_a_row_is_told_once() -> None:
    told = [key for _, keys in ledger.facts() for key in keys]
    assert sorted(told) == sorted({KEYS.get(one.name, one.name) for one in fields(Facts)} - ledger._INNER)


@dataclass
class Grouped:
    """Two paragraphs of names."""

    # Of one thing,
    # told on two lines.
    first: int = 1
    # Of the second alone.
    second: int = 2

    # Of another.
    third: int = 3


def test_a_comment_that_begins_a_paragraph_is_about_all_of_it() -> None:
    assert groups(Grouped) == [("Of one thing, told on two lines.", ["first", "second"]), ("Of another.", ["third"])]


class Told(Enum):
    """Two members, one of which says nothing."""

    ONE = 1
    """A text
    on two lines."""
    TWO = 2


def test_the_text_below_a_member_is_its_own() -> None:
    assert members.told(Told) == {"ONE": "A text on two lines.", "TWO": ""}


def test_every_exit_code_that_is_no_commands_own_means_the_same_everywhere() -> None:
    ends = {kind: {one.value for one in kind} for kind in commands.CODES}
    assert ends == {
        Every: {0, 1, 2},
        Standing: {0, 3, 4, 5},
        Examined: {0, 1, 3, 4},
        Watched: {0, 3, 4},
        Verified: {0, 1, 3},
    }


def test_every_type_of_block_is_found_and_all_its_fields_say_what_they_are_for() -> None:
    kinds = blocks.kinds()
    assert {Alpaca, Infisical, Heroku, Github, Slack, Raptor} <= set(kinds)
    assert [(kind, name) for kind in kinds for name, one in kind.model_fields.items() if not one.description] == []


def test_no_default_of_a_secret_field_is_shown() -> None:
    rows = re.findall(r"^\| `\w+` \| [^|]* \| secret, [^|]* \| ([^|]*) \|", blocks.text(), re.MULTILINE)
    assert len(rows) > 4
    assert set(rows) <= {"needed", "none"}


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
