"""README, command line, Makefile and flow say the same."""

from __future__ import annotations

import argparse
import ast
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from blocks.catalog import Catalog, LedgerRules
from blocks.consumers.github.client import WRITE_CHECK
from blocks.model.credential import CheckOrder, Credential, HerokuBrake, Verification
from blocks.model.hosts import Hosts
from blocks.model.places import GithubConsumer, HerokuConsumer, SlackAddress, SlackConsumer, VaultPlace
from blocks.settings import ROOT, RaptorSeed, Seeds, Settings
from deployments.cli.main import parser
from deployments.local.places import Places
from deployments.local.prefect_environment import server_environment
from deployments.rehearsal.scenarios import SCENARIOS
from tests.project.test_packaging import PROJECT, name_of

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
# For a server on loopback only; production leaves it out.
LOCAL_ONLY = {"PREFECT_API_SSL_CERT_FILE"}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    section = README.split(f"{heading}\n", 1)[1]
    rows: list[list[str]] = []
    for line in section.splitlines():
        if line.lstrip().startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[2:]


def commands() -> dict[str, str]:
    """The commands of the command line with their help."""
    (sub,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    return {choice.dest: str(choice.help) for choice in sub._choices_actions}


def test_the_step_table_is_the_flow() -> None:
    called = [
        node.func.id
        for node in ast.walk(ast.parse((ROOT / "flows" / "rotate.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    steps = [row[0] for row in table("## What happens in a rotation")]
    procedure = (ROOT / "flows" / "rotate.py").read_text()
    assert set(steps) == {name for name in called if list((ROOT / "tasks").rglob(f"{name}.py"))}
    assert steps == sorted(steps, key=lambda step: re.search(rf"\b{step}\(", procedure).start())  # type: ignore[union-attr]  # every step is called


def test_the_command_table_is_the_help() -> None:
    assert {row[0].strip("`").removeprefix("rekey "): row[1] for row in table("## Commands")} == commands()


def test_the_scenario_table_is_what_can_be_rehearsed() -> None:
    told = {name: (kind.__doc__ or "").splitlines()[0] for name, kind in SCENARIOS.items()}
    assert {row[0]: row[1] for row in table("SCENARIO=dyno-crash\n```\n")} == told


def shown_commands() -> list[str]:
    """The lines of the README's shell blocks."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_in_the_readme_exists(line: str) -> None:
    program, *words = line.strip().split()
    if program == "make":
        assert re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE)
    else:
        assert parser().parse_args(words).command


def test_every_dependency_has_its_reason() -> None:
    reasons = {row[0]: row[1] for row in table("### Dependencies")}
    assert {name_of(one) for one in reasons} == {name_of(one) for one in PROJECT["dependencies"]}
    assert all(reasons.values())


def test_every_setting_is_in_the_readme() -> None:
    names = {f"REKEY_{name.upper()}" for kind in (Settings, Seeds) for name in kind.model_fields}
    assert sorted(name for name in names if name not in README) == []
    assert sorted(set(re.findall(r"REKEY_[A-Z_]+", README)) - names - {"REKEY_ROOT", WRITE_CHECK}) == []


def unit_of(name: str, field: FieldInfo) -> str:
    if name.endswith("_s"):
        return "seconds"
    return {"SecretStr": "SQLAlchemy URL", "str": "address"}.get(getattr(field.annotation, "__name__", ""), "path")


def default_setting(field: FieldInfo) -> str:
    """As it is written into the environment; CHECKOUT stands for this checkout."""
    value = field.default
    if value is None:
        return "none"
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"`{str(plain).replace(str(ROOT), 'CHECKOUT')}`"


def bounds_of(field: FieldInfo) -> str:
    """What a value, or each value of a list, must be."""
    inner = [one for kind in get_args(field.annotation) for one in getattr(kind, "__metadata__", ())]
    limits = [one for outer in (*field.metadata, *inner) for one in getattr(outer, "metadata", [outer])]
    words = [
        f"{word} {getattr(one, name)}"
        for one in limits
        for name, word in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most"))
        if getattr(one, name, None) is not None
    ]
    each = "each " if get_args(field.annotation) and words else ""
    least = [", at least one" for one in limits if getattr(one, "min_length", None) == 1]
    return f"{each}{' and '.join(words)}{''.join(least)}" if words else "none"


def test_the_table_of_settings_is_the_class() -> None:
    rows = table("### Settings")
    assert [row[:4] for row in rows] == [
        [f"`REKEY_{name.upper()}`", unit_of(name, field), default_setting(field), bounds_of(field)]
        for name, field in Settings.model_fields.items()
    ]
    assert [row for row in rows if not row[4]] == []


# The models of each table that the catalog may have. A table that holds others of them is not a field.
CATALOG_TABLES: dict[str, tuple[type[BaseModel], ...]] = {
    "[credential.NAME]": (Credential,),
    "[credential.NAME.vault]": (VaultPlace,),
    "[[credential.NAME.consumers]]": (HerokuConsumer, GithubConsumer, SlackConsumer),
    "[[credential.NAME.brakes]]": (HerokuBrake,),
    "[credential.NAME.verification]": (Verification,),
    "[credential.NAME.verification.check_order]": (CheckOrder,),
    "[alerts]": (SlackAddress,),
    "[ledger]": (LedgerRules,),
    "[hosts]": (Hosts,),
}


def default_of(field: FieldInfo) -> str:
    """As the table writes it, in TOML, which writes these values as JSON does."""
    if field.is_required():
        return "needed"
    value = field.default
    if value is None:
        return "none"
    return f"`{json.dumps(value[0] if isinstance(value, tuple) and value else value)}`"


def catalog_fields() -> list[tuple[str, str, str]]:
    """Table, name and default of every field that the catalog may have, but for the name that a table has itself."""
    tables = {title.strip("[]") for title in CATALOG_TABLES}
    found = {
        (title, name, default_of(field))
        for title, models in CATALOG_TABLES.items()
        for model in models
        for name, field in model.model_fields.items()
        if f"{title.strip('[]')}.{name}" not in tables and (title, name) != ("[credential.NAME]", "name")
    }
    return sorted(found)


def test_every_table_of_the_catalog_is_one_of_these() -> None:
    tops = {title.strip("[]").partition(".")[0] for title in CATALOG_TABLES}
    assert tops == set(Catalog.model_fields)
    models = {one for models in CATALOG_TABLES.values() for one in models}
    nested = {one for model in models for one in inside(model)}
    assert nested <= models


def inside(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The models that are the type of a field of this one, also within a list or a choice."""

    def of(kind: object) -> set[type[BaseModel]]:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return {kind}
        return {one for part in get_args(kind) for one in of(part)}

    return {one for field in model.model_fields.values() for one in of(field.annotation)}


def test_the_table_of_catalog_fields_is_the_models() -> None:
    rows = table("### Fields of the catalog")
    told = [(row[0].strip("`"), name, row[2]) for row in rows for name in re.findall(r"`([^`]+)`", row[1])]
    assert sorted(told) == catalog_fields()
    assert [row for row in rows if not row[3]] == []


def test_every_field_of_a_seed_of_a_running_application_is_named() -> None:
    (row,) = (one for one in table("rekey register --env-file rekey.env\n   ```") if one[0] == "`REKEY_RAPTOR`")
    assert {name for name in RaptorSeed.model_fields if f'"{name}"' in row[1]} == set(RaptorSeed.model_fields)


def test_the_procedure_that_was_there_before_is_named_in_words() -> None:
    assert re.search(r"\bSOPs?\b", README) is None
    assert "(standard operating procedure)" in README


def test_the_production_settings_are_those_of_the_demo(tmp_path: Path) -> None:
    used = {
        name
        for name in server_environment(Places.made(tmp_path), 4200)
        if name.startswith(("PREFECT_", "REKEY_", "DO_NOT_TRACK"))
    }
    section = README.split("1. **Prefect.**", 1)[1].split("2. **Blocks.**", 1)[0]
    assert used - LOCAL_ONLY == set(re.findall(r"\b(?:PREFECT|REKEY)_[A-Z_]+|DO_NOT_TRACK", section)) - {
        "PREFECT_HOME_MODE"
    }


def test_the_pictures_exist() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert [one for one in pictures if not (ROOT / one).is_file()] == []


def test_every_link_into_the_repository_leads_somewhere() -> None:
    links = [one for one in re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)", README) if not one.startswith("http")]
    headings = {f"#{one.lower().replace(' ', '-')}" for one in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert [one for one in links if one not in headings and not (ROOT / one).exists()] == []


def test_nobody_is_told_that_an_examination_changes_nothing() -> None:
    """It records what it found, posts to Slack, and a full one writes where no consumer reads."""
    told = "changes no key and no consumer; records what it found and tells people what changed"
    assert told in commands()["health"]
    for path in ("README.md", "flows/health.py", "deployments/prefect.yaml"):
        text = " ".join((ROOT / path).read_text().split())
        assert re.search("changes no key and no consumer", text, re.IGNORECASE), path
        assert "Changes nothing. The run" not in text
