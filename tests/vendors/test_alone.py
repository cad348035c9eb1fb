"""What the digest of tests/twins.py leaves out is not asked here: the flows, and a Prefect server."""

from __future__ import annotations

import pytest

from tests.quick import MARKER
from tests.twins import TESTS


def test_no_test_of_the_twins_asks_for_a_prefect_server(request: pytest.FixtureRequest) -> None:
    of_twins = [item for item in request.session.items if item.nodeid.startswith(TESTS)]

    assert request.node in of_twins
    assert [item.nodeid for item in of_twins if item.get_closest_marker(MARKER)] == []
