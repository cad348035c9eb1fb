"""The twin of Raptor that rekey's client is tested with, as it is at first: it also looks at an order's price."""

from __future__ import annotations

from dataclasses import fields

import pytest

from deployments.sandbox.alpaca.state import AlpacaKnobs
from tests.vendors.raptor import scene as ours
from tests.vendors.raptor.sandbox.scene import Scene


@pytest.fixture
def scene(scene: ours.Scene) -> Scene:
    scene.alpaca.knobs.order_price_check = AlpacaKnobs().order_price_check
    return Scene(**{one.name: getattr(scene, one.name) for one in fields(scene)})
