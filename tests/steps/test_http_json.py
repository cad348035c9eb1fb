"""A running application that is no Raptor, in a whole rotation: what verify proves, and what the catalog refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.runtimes.http_json import HttpJson
from blocks.settings import ROOT
from tests.operator import Operator
from tests.steps.support import use_catalog

SHIPPED = (ROOT / "deployments" / "catalog.toml").read_text()
STAGING = 'runtime = "raptor-staging"'


@pytest.fixture
def reports(operator: Operator) -> Iterator[HttpJson]:
    """Staging, asked by a page of another shape."""
    block = HttpJson(
        url=operator.estate.url("raptor-staging"),
        path="/internal/{realm}.json",
        subject="trading.account.id",
        status="trading.account.state",
        well="fine",
    )
    block.save("raptor-staging", overwrite=True)
    yield block
    HttpJson.delete("raptor-staging")


@pytest.mark.usefixtures("reports")
def test_a_rotation_is_proved_by_the_page_of_an_application_that_is_no_raptor(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_catalog(tmp_path, monkeypatch, (STAGING, 'runtime = "http-json/raptor-staging"'))

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    proofs = [proof for row in operator.steps("verify") for proof in row.context["proofs"]]
    number = operator.estate.paper.number
    assert f"http-json/raptor-staging: fine in account {number}, 3 times in a row." in proofs
    assert f"raptor-prod: ACTIVE in account {number}, 3 times in a row." in proofs


def test_a_slug_may_be_written_for_raptor_too(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(SHIPPED.replace('runtime = "', 'runtime = "raptor/'))

    assert load_catalog(tmp_path / "catalog.toml").get("alpaca-live").runtimes == ("raptor-prod", "mq-a")


def test_a_kind_of_application_that_nobody_knows_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(SHIPPED.replace(STAGING, 'runtime = "grpc/raptor-staging"', 1))

    with pytest.raises(CatalogError) as refused:
        load_catalog(tmp_path / "catalog.toml")

    assert "consumers.1.runtime (line " in str(refused.value)
    assert "grpc/raptor-staging is of no kind of running application; known: raptor, http-json" in str(refused.value)


def test_no_check_order_goes_through_a_page(tmp_path: Path) -> None:
    paper = SHIPPED.split("# The pair that moves real money")[0]
    paper = paper.replace('runtime = "raptor-prod"\n', "").replace(STAGING, 'runtime = "http-json/raptor-staging"')
    (tmp_path / "catalog.toml").write_text(paper)

    with pytest.raises(CatalogError, match="no consumer has a runtime to place the check order through"):
        load_catalog(tmp_path / "catalog.toml")
