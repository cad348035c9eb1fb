"""What a vendor may answer instead of an answer: nothing of it is a yes, and nothing of it is a no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deployments.kit.rules import broken
from deployments.kit.stands import Stand
from deployments.sandbox.faults import FaultKind

# A kind in a stand waits a second or two for an answer; so long nobody has to.
SILENT_S = 15.0
# More requests than any kind needs for one pair.
MOST_REQUESTS = 60
EMPTY = "an empty object"

# By how they are called in a sentence: what the twin does instead.
UNCLEAR: dict[str, dict[str, Any]] = {
    "429": {"kind": FaultKind.RATE_LIMIT},
    "500": {"kind": FaultKind.ANSWER, "status": 500},
    "503": {"kind": FaultKind.ANSWER, "status": 503},
    "an HTML page with 200": {"kind": FaultKind.HTML, "status": 200},
    "an HTML page with 403": {"kind": FaultKind.HTML, "status": 403},
    "a redirect": {"kind": FaultKind.ANSWER, "status": 302},
    "a text instead of an object": {"kind": FaultKind.ANSWER, "status": 200, "body": "a text"},
    EMPTY: {"kind": FaultKind.ANSWER, "status": 200, "body": {}},
    "a dropped connection": {"kind": FaultKind.DROP_BEFORE},
    "silence": {"kind": FaultKind.HANG, "seconds": SILENT_S},
}
REFUSALS: dict[str, dict[str, Any]] = {
    "401": {"kind": FaultKind.ANSWER, "status": 401},
    "403": {"kind": FaultKind.ANSWER, "status": 403},
    "404": {"kind": FaultKind.ANSWER, "status": 404},
}


def each(stand: Stand, answers: dict[str, dict[str, Any]], method: str = "*", path: str = ".*") -> Iterator[str]:
    """While the loop's body runs, the twin answers so to what matches; what it is called in a sentence.

    Nothing for a kind that asks nobody over a network.
    """
    if stand.server is None:
        return
    for called, fault in answers.items():
        stand.goes_wrong(method=method, path=path, **fault)
        yield called
        stand.mend()


def cut_off(stand: Stand) -> Iterator[int]:
    """In each turn nothing comes through from one request on, at first from the first, until the loop's body mends it.

    That is what a killed process has of the world: at first the request is applied and its answer lost, then not even
    applied. Yields the number of the request. Nothing for a kind that asks nobody over a network.
    """
    if stand.server is None:
        return
    for kind in (FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE):
        for at in range(MOST_REQUESTS):
            cut = stand.goes_wrong(kind, times=1, skip=at)
            stand.goes_wrong(FaultKind.DROP_BEFORE, skip=at)
            yield at + 1
            if cut.times:
                # It ended before that request.
                break
        else:
            broken(f"It made more than {MOST_REQUESTS} requests for one pair.")
