"""docs/reference/settings.md."""

from __future__ import annotations

from collections.abc import Iterator

from blocks.settings import Settings
from deployments.setup.env_example import seeds
from tests.project.reference.fields import default_of, rule_of, type_of
from tests.project.reference.markdown import code, page, table

ABOUT = (
    "Variables of the environment, or keys of the worker's file (`REKEY_CONFIG`): in TOML `REKEY_LEASE_S` is called "
    "`lease_s`, and in the environment a list is written as JSON. What the file names counts. CHECKOUT is where the "
    "code lies. Addresses and tokens are not among them: [`rekey register`](#addresses-and-tokens) writes those into "
    "Prefect's blocks. [`.env.example`](../../.env.example) has all of these variables as lines to fill in."
)
SEEDS = (
    "For `rekey register` alone: in its environment, or in a file (`--env-file FILE`) that only you can read. It seeds "
    "Prefect's [blocks](blocks.md) with them, and afterwards the blocks count. What is not set is not seeded, and its "
    "block stays as it is."
)


def text() -> str:
    """The page."""
    return page(
        "Settings",
        ABOUT,
        table(["variable", "unit", "default", "rule", "for"], _settings()),
        "## Addresses and tokens",
        SEEDS,
        table(["variable", "default", "for"], ([code(one.name), _default(one.value), one.told] for one in seeds())),
    )


def _settings() -> Iterator[list[str]]:
    for name, field in Settings.model_fields.items():
        unit = "seconds" if name.endswith("_s") else type_of(field)
        default = default_of(field, str)
        yield [code(f"REKEY_{name.upper()}"), unit, default, rule_of(field), field.description or ""]


def _default(value: str) -> str:
    return code(value) if value else ""
