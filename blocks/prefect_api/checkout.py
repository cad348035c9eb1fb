"""The pull step of rekey's deployments: a worker goes to its own checkout, wherever that lies on its machine."""

from __future__ import annotations

import os

from blocks.settings import ROOT


def enter() -> dict[str, str]:
    """Let Prefect load the flow from the checkout whose code this is. Whoever registered may have it elsewhere."""
    os.chdir(ROOT)
    return {"directory": str(ROOT)}
