"""Writes ``.env.example``, every variable that rekey reads: ``python -m deployments.setup.env_example``.

Names and defaults are those of the settings, the words for an address or a token those of the block that it seeds. A
secret has no value there, and every line is a comment: a copy of the file changes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from textwrap import wrap

from prefect.blocks.core import Block
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from blocks.runtimes.raptor import Raptor
from blocks.settings import ROOT, RaptorSeed, Seeds, Settings
from deployments.setup.register import VENDORS

FILE = ROOT / ".env.example"
# How far a line may go.
_WIDTH = 120
_HEAD = (
    "Every variable that rekey reads. Written by `.venv/bin/python -m deployments.setup.env_example`: change the "
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
# What each setting is for, in the words of README's table.
FOR: Mapping[str, str] = {
    "config": "the worker's file; it cannot name itself",
    "root": "the checkout whose code runs; beside a worker's file it must be the one that the file names",
    "catalog": "the catalog; refused beside a worker's file",
    "ledger_url": "the ledger; refused beside a worker's file",
    "prefect_ui_url": "Prefect's pages, for the links in messages",
    "form_poll_s": "how often Prefect is asked whether a form was answered; "
    "half a second is 120 small requests a minute",
    "activation_timeout_s": "how long Alpaca may take to accept a fresh pair",
    "release_timeout_s": "how long Heroku may take until a release succeeded and its dynos run",
    "verify_timeout_s": "how long verify asks the running applications, and waits for the old pair's death",
    "probe_interval_s": "the pause between two of these questions",
    "lookout_interval_s": "how often the current pairs are asked whether they live while a form waits; "
    "Alpaca's 200 requests a minute are shared with the application",
    "patience_s": "the pauses between the tries of a step after the click; then the rotation is held",
    "held_again_s": "after which times a rotation that is held is tried again by itself; the last repeats",
    "lease_s": "how long a run is silent before another one may go on with its rotation",
    "snapshot_folder": "where the snapshot of a live account is kept as a file, too, for its owner only",
}


def text() -> str:
    """The whole file."""
    parts = [_comment(_HEAD), _title(_SEEDS), *_seeds(), _title(_SETTINGS), *_settings()]
    return "\n\n".join(parts) + "\n"


def _seeds() -> Iterator[str]:
    """Each address and token, in the order in which they are read."""
    for name, seed in Seeds.model_fields.items():
        block = next((kind for kind, prefix in VENDORS.items() if name.startswith(prefix)), None)
        if block is None:
            yield _runtimes(name)
        else:
            yield _of_a_block(name, seed, block, block.model_fields[name.removeprefix(VENDORS[block])])


def _of_a_block(name: str, seed: FieldInfo, block: type[Block], field: FieldInfo) -> str:
    told = f"{block.__name__}, {field.title}: {field.description}"
    needed = " Needed for this block." if field.is_required() else ""
    json_too = " A JSON object." if "dict[" in str(seed.annotation) else ""
    # Whether it is a secret is the seed's to say: the values of a dictionary may be some.
    secret = "Secret" in str(seed.annotation)
    default = "" if secret or field.default in {None, PydanticUndefined} else str(field.default)
    return _variable(name, told + json_too + needed, default)


def _runtimes(name: str) -> str:
    """The one variable that holds several blocks, as JSON."""
    inside = ", ".join(
        f"{one} ({Raptor.model_fields[one].description or Raptor.model_fields[one].title})".replace(".)", ")")
        for one in RaptorSeed.model_fields
    )
    shape = json.dumps({"NAME": dict.fromkeys(RaptorSeed.model_fields, "...")})
    told = f"{Raptor.__name__}: JSON, one entry an instance, by the name of its block: {shape}, with {inside}."
    return _variable(name, told, "")


def _settings() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        unit = " Seconds." if name.endswith("_s") else ""
        yield _variable(name, f"{FOR[name][0].upper()}{FOR[name][1:]}.{unit}", _default(field))


def _default(field: FieldInfo) -> str:
    """As it is written into the environment; empty where there is none."""
    value = field.default
    if value is None:
        return ""
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return str(plain).replace(str(ROOT), "CHECKOUT")


def _variable(name: str, told: str, value: str) -> str:
    return f"{_comment(told)}\n# REKEY_{name.upper()}={value}"


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
