"""Two processes that run tests beside one another give their estates no port that the other one may have."""

from __future__ import annotations

from itertools import pairwise

from deployments.sandbox.estate import ORDER
from tests import ports


def test_no_two_workers_share_a_port_and_each_has_room_for_an_estate() -> None:
    shares = [ports.share_of(one) for one in ("", *(f"gw{number}" for number in range(ports.SHARES - 1)))]

    assert all(one.stop == other.start for one, other in pairwise(shares))
    assert (shares[0].start, shares[-1].stop) == (ports.PORTS_OF_ESTATES.start, ports.PORTS_OF_ESTATES.stop)
    assert all(len(one) > 5 * len(ORDER) for one in shares)
