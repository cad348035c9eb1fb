"""Every deployment of rekey: those of prefect.yaml, and one rotation for each enabled credential of the catalog."""

from __future__ import annotations

from typing import Any

import yaml

from blocks.catalog import Catalog
from blocks.issuer_kinds import called, kind_of
from blocks.model.credential import Credential
from blocks.prefect_api.deployed import ROTATE, entrypoint_of
from blocks.settings import ROOT, WORK_POOL

FILE = ROOT / "deployments" / "prefect.yaml"


def all_of(catalog: Catalog) -> dict[str, Any]:
    """What prefect.yaml says, with the rotations before the others, in the catalog's order."""
    written: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {**written, "deployments": [*map(_rotation, catalog.enabled), *written["deployments"]]}


def _rotation(credential: Credential) -> dict[str, Any]:
    return {
        "name": credential.name,
        "description": _with_brakes(credential) if credential.brakes else _without_brakes(credential),
        "tags": ["rekey", "rotation", credential.realm],
        "entrypoint": entrypoint_of(ROTATE),
        "parameters": {"credential": credential.name},
        "work_pool": {"name": WORK_POOL},
    }


def _without_brakes(credential: Credential) -> str:
    issuer = called(credential)
    return f"""\
Rotates the {issuer} {credential.realm} key. Press **Run**, then **Quick run**; choose the reason and press \
**Run**. The run checks
everything first. Open it (**View run**) and wait until it says **Paused**; then click the three dots in the upper
right corner, and **Resume**. The form that opens says what to click in the {issuer} dashboard: nothing before that.
"""


def _with_brakes(credential: Credential) -> str:
    issuer = kind_of(credential)
    second = ", have the second factor at hand" if issuer.second_factor else ""
    return f"""\
Rotates the {issuer.called} **{credential.realm}** key, which moves real money. Choose a time when the market is \
closed, log in at the {issuer.called}
dashboard{second}. Press **Run**, then **Quick run**; choose the reason and press **Run**.
The run checks everything first and stops nothing. Open it (**View run**) and wait until it says **Paused**; then
click the three dots in the upper right corner, and **Resume**. The first form asks whether you are ready: submit it,
and trading stops. The second form says what to click in the dashboard: nothing before that.
"""
