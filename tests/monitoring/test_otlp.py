"""`rekey metrics --otlp`: a collector of OpenTelemetry gets what Prometheus reads, and its token goes nowhere else."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from blocks import tally
from blocks.ledger import counts
from blocks.ledger.ledger import Ledger
from blocks.settings import ROOT
from deployments.cli import metrics as command
from deployments.cli.main import main
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer

NAME = "collector"
PATH = "/v1/metrics"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass
class Received:
    """What the collector was sent."""

    server: SandboxServer
    requests: list[ExportMetricsServiceRequest] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def newest(self) -> Numbers:
        """Each number of the newest push, by its name and labels; a counter's as Prometheus would store it."""
        found: Numbers = {}
        (resource,) = self.requests[-1].resource_metrics
        assert {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"] == "rekey"
        for metric in resource.scope_metrics[0].metrics:
            is_counter = metric.WhichOneof("data") == "sum"
            assert not is_counter or metric.sum.is_monotonic
            for point in (metric.sum if is_counter else metric.gauge).data_points:
                labels = frozenset((one.key, one.value.string_value) for one in point.attributes)
                found[f"{metric.name}_total" if is_counter else metric.name, labels] = point.as_double
        return found


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """A receiver of OTLP, which the environment names; it moves some senders elsewhere."""

    async def take(request: Request) -> Response:
        if request.url.path.startswith("/moved"):
            return RedirectResponse(f"/elsewhere{PATH}", 307)
        if request.url.path.startswith("/elsewhere"):
            received.elsewhere.append(request.headers.get("authorization", ""))
        received.tokens.append(request.headers.get("authorization", ""))
        received.requests.append(ExportMetricsServiceRequest.FromString(await request.body()))
        return Response(media_type="application/x-protobuf")

    server = SandboxServer({NAME: Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])})
    received = Received(server)
    server.start()
    monkeypatch.setenv(ENDPOINT, server.url(NAME))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
    try:
        yield received
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def _of_this_test(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_CATALOG", str(ROOT / "deployments" / "catalog.toml"))
    for variable in (ENDPOINT, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    tally.take()
    tally.add(tally.REQUESTS, "Alpaca", "api.alpaca.markets", tally.Answered.LIMITED)
    counts.keep(SecretStr(ledger.engine.url.render_as_string(hide_password=False)))


def test_a_collector_gets_every_number_that_prometheus_reads(
    collector: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["metrics"]) == 0
    printed = {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(capsys.readouterr().out)
        for one in family.samples
    }

    assert main(["metrics", "--otlp", "--once"]) == 0

    assert collector.newest() == printed
    assert len(printed) > 10
    labels = frozenset({"vendor": "Alpaca", "host": "api.alpaca.markets", "answer": "limited"}.items())
    assert printed["rekey_vendor_requests_total", labels] == 1


def test_its_token_goes_with_it_and_to_nobody_else(
    collector: Received, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = secrets.token_hex(16)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization={token}")
    assert main(["metrics", "--otlp", "--once"]) == 0
    assert collector.tokens == [token]

    monkeypatch.setenv(ENDPOINT, f"{collector.server.url(NAME)}/moved")
    assert main(["metrics", "--otlp", "--once"]) == 1

    assert collector.elsewhere == []
    assert token not in "".join(capsys.readouterr())


def test_a_collector_that_takes_nothing_is_told_without_what_it_answered(
    collector: Received, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    text = secrets.token_hex(16)
    collector.server.plan.add(Fault(NAME, FaultKind.ANSWER, status=403, body={"message": text}, times=None))

    assert main(["metrics", "--otlp", "--once"]) == 1

    told = capsys.readouterr().err
    assert f"The collector at {collector.server.url(NAME)} took no numbers." in " ".join(told.split())
    assert text not in told + caplog.text


def test_each_minute_it_is_tried_again(
    collector: Received, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.server.plan.add(Fault(NAME, FaultKind.ANSWER, status=400))
    waits: list[None] = []

    def waited() -> None:
        waits.append(None)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "_wait", waited)
    main(["metrics", "--otlp"])

    assert len(waits) == 3
    assert len(collector.requests) == 2
    assert "took no numbers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("address", "problem"),
    [("", "is not set"), ("http://collector.example.com:4318", "is not https"), ("https://a:b@c.example.com", "")],
)
def test_no_address_that_a_token_may_go_to_is_refused(
    address: str, problem: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENDPOINT, address)

    assert main(["metrics", "--otlp", "--once"]) == 1

    told = " ".join(capsys.readouterr().err.split())
    assert f"The address of the collector (OTEL_EXPORTER_OTLP_ENDPOINT) {problem}" in told


def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "deployments.cli.otlp", None)

    assert main(["metrics", "--otlp", "--once"]) == 1

    assert "pip install '.[otlp]'" in capsys.readouterr().err


def test_nothing_is_pushed_unless_it_is_asked_for(collector: Received) -> None:
    assert main(["metrics"]) == 0
    assert collector.requests == []
