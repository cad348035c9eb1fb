"""Writes ``.env.example``, every variable that rekey reads: ``python -m deployments.setup.env_example``.

Names, defaults and words are those of the settings, the words for an address or a token those of the block that it
seeds. A secret has no value there, and every line is a comment: a copy of the file changes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from prefect.blocks.core import Block
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from blocks.settings import ROOT, Settings
from blocks.worker_file import variable_of
from deployments.setup.seeds import INSTANCES, VARIABLES, VENDORS

FILE = ROOT / ".env.example"
# How far a line may go.
_WIDTH = 120
_HEAD = (
    "Every variable that rekey reads. Written by `make reference`: change the "
    'settings, not this file. A line counts without its "# ". CHECKOUT is where the code lies; a value that is '
    "shown is the default."
)
_SEEDS = (
    "Addresses and tokens, for `rekey register` alone: in its environment, or in a file (--env-file FILE) that only "
    "you can read. It seeds Prefect's blocks with them, and afterwards the blocks count. What is not set is not seeded."
)
_SETTINGS = (
    'Settings, for the environment of workers and of `rekey`, or, as lines without the "# ", for the worker\'s file '
    "that REKEY_CONFIG names."
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the environment: what it is for, and its default as it is written there, empty without one."""

    name: str
    told: str
    value: str

    def __str__(self) -> str:
        return f"{_comment(self.told)}\n# {self.name}={self.value}"


def text() -> str:
    """The whole file."""
    parts = [_comment(_HEAD), _title(_SEEDS), *seeds(), _title(_SETTINGS), *_settings()]
    return "\n\n".join(map(str, parts)) + "\n"


def seeds() -> Iterator[Variable]:
    """Each address and token, in the order in which they are read."""
    for name, seed in VARIABLES.model_fields.items():
        block = next((kind for kind, prefix in VENDORS.items() if name.startswith(prefix)), None)
        if block is None:
            yield _runtimes(name)
        else:
            yield _of_a_block(name, seed, block, block.model_fields[name.removeprefix(VENDORS[block])])


def _of_a_block(name: str, seed: FieldInfo, block: type[Block], field: FieldInfo) -> Variable:
    told = f"{block.__name__}, {field.title}: {field.description}"
    needed = " Needed for this block." if field.is_required() else ""
    json_too = " A JSON object." if "dict[" in str(seed.annotation) else ""
    # Whether it is a secret is the seed's to say: the values of a dictionary may be some.
    secret = "Secret" in str(seed.annotation)
    default = "" if secret or field.default in {None, PydanticUndefined} else str(field.default)
    return Variable(variable_of(name), told + json_too + needed, default)


def _runtimes(name: str) -> Variable:
    """The one variable that holds several blocks of a kind, as JSON."""
    block, seed = INSTANCES[name]
    inside = ", ".join(
        f"{one} ({block.model_fields[one].description or block.model_fields[one].title})".replace(".)", ")")
        for one in seed.model_fields
    )
    shape = json.dumps({"NAME": dict.fromkeys(seed.model_fields, "...")})
    told = f"{block.__name__}: JSON, one entry an instance, by the name of its block: {shape}, with {inside}."
    return Variable(variable_of(name), told, "")


def _settings() -> Iterator[Variable]:
    for name, field in Settings.model_fields.items():
        unit = " Seconds." if name.endswith("_s") else ""
        told = field.description or ""
        yield Variable(variable_of(name), f"{told[:1].upper()}{told[1:]}.{unit}", _default(field))


def _default(field: FieldInfo) -> str:
    """As it is written into the environment; empty where there is none."""
    value = field.default
    if value is None:
        return ""
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return str(plain).replace(str(ROOT), "CHECKOUT")


def _title(told: str) -> str:
    return f"#\n{_comment(told)}\n#"


def _comment(told: str) -> str:
    return "\n".join(f"# {line}" for line in wrap(told, _WIDTH - 2, break_on_hyphens=False))


def main() -> int:
    """Write the file."""
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
