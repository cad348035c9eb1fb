"""What the gateway of docs/how-to/production.md for operators' browsers keeps from them."""

from __future__ import annotations

import re

from blocks.settings import ROOT
from tests.door import gateway
from tests.operator import Operator

TYPED = "typed by somebody"


def test_the_page_names_the_routes_that_are_tested() -> None:
    text = (ROOT / "docs" / "how-to" / "production.md").read_text()
    (said,) = re.findall(r"A gateway for operators' browsers\n\n   - (lets through .*?);\n   - ", text, re.DOTALL)
    reading, posting = " ".join(said.split()).split("`POST` of ")

    for part, named in ((reading, gateway.READ + gateway.NOT_READ), (posting, gateway.POSTED + gateway.NOT_POSTED)):
        assert sorted(re.findall(r"`(/[^`]+)`", part)) == sorted(named)


def test_whoever_reaches_prefect_reads_what_another_person_typed_and_not_through_the_gateway(
    operator: Operator,
) -> None:
    flow = operator.made("/flows/", {"name": "somebody's"})
    run = f"/flow_runs/{operator.made('/flow_runs/', {'flow_id': flow['id']})['id']}"
    for key in ("schema", "description", "response"):
        sent = {"key": f"paused-1-{key}", "value": TYPED if key == "response" else "shown"}
        operator.api.post(f"{run}/input", json=sent).raise_for_status()

    response = operator.api.get(f"{run}/input/paused-1-response")
    filtered = operator.api.post(f"{run}/input/filter", json={"prefix": "paused", "limit": 10})
    operator.delete(run)

    assert (response.text, TYPED in filtered.text) == (TYPED, True)
    for method, path in (("GET", f"{run}/input/paused-1-response"), ("POST", f"{run}/input/filter")):
        assert not gateway.lets_through(method, f"/api{path}")
    for key in ("schema", "description"):
        assert gateway.lets_through("GET", f"/api{run}/input/paused-1-{key}")
    assert gateway.lets_through("POST", f"/api{run}/resume")
    assert not gateway.lets_through("DELETE", f"/api{run}")
