"""What every client of every vendor promises, whatever goes wrong: one named error, which holds no secret."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.consumers.github.place import Place
from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, Unreachable, VendorError
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox import made_up
from deployments.sandbox.estate import CHANNEL, PAPER, REPOSITORY
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.hostile import IMPATIENT_S, PATIENT_S, QUESTIONS, Vendors
from tests.vendors.silence import assert_silent

APP, USER = "raxx-api-prod", "U0OPERATOR"
NAMES = {
    "alpaca-paper": "Alpaca",
    "infisical": "Infisical",
    "heroku": "Heroku",
    "github": "GitHub",
    "slack": "Slack",
    "kubernetes": "Kubernetes",
    "flags": "HTTP switch",
    "raptor-prod": "Raptor",
}


def halves(pair: Pair) -> dict[str, SecretStr]:
    """Both under the names of the shipped catalog."""
    return {PAPER[0]: SecretStr(pair.key_id), PAPER[1]: pair.secret}


# Of those that say how long a window of their limit is, where they do not say how long to wait.
WAITS = {"infisical": 60, "github": 60}

# By name: the sandbox's vendor, the block, the request.
OPERATIONS: dict[str, tuple[str, str, Callable[[Any, Pair], object]]] = {
    **QUESTIONS,
    "heroku can write": ("heroku", "Heroku/rekey", lambda client, _: client.can_write(APP)),
    "heroku write": ("heroku", "Heroku/rekey", lambda client, pair: client.set_variables(APP, halves(pair))),
    "github token": ("github", "Github/rekey", lambda client, _: client.token_ends_at()),
    "github write": (
        "github",
        "Github/rekey",
        lambda client, pair: client.put_secrets(Place.of(REPOSITORY), halves(pair)),
    ),
    "slack can post": ("slack", "Slack/rekey", lambda client, _: client.can_post(user=USER)),
    "slack direct": ("slack", "Slack/rekey", lambda client, _: client.direct_channel(USER)),
    "slack find": ("slack", "Slack/rekey", lambda client, _: client.find_by_metadata(CHANNEL, "notice", "id", "r-1")),
    "raptor cancel": (
        "raptor-prod",
        "Raptor/raptor-prod",
        lambda client, _: client.cancel_order(made_up.identifier(), "paper"),
    ),
}

# What goes wrong, the error that it must become, and whether trying again may help.
FAULTS: dict[str, tuple[dict[str, Any], type[VendorError], bool]] = {
    "400": ({"kind": FaultKind.ANSWER, "status": 400}, Rejected, False),
    "401": ({"kind": FaultKind.ANSWER, "status": 401}, Refused, False),
    "403": ({"kind": FaultKind.ANSWER, "status": 403}, Refused, False),
    "404": ({"kind": FaultKind.ANSWER, "status": 404}, Missing, False),
    "409": ({"kind": FaultKind.ANSWER, "status": 409}, Rejected, False),
    "413": ({"kind": FaultKind.ANSWER, "status": 413}, Rejected, False),
    "422": ({"kind": FaultKind.ANSWER, "status": 422}, Rejected, False),
    "429": ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True),
    "429 with a wait": ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True),
    "redirect": ({"kind": FaultKind.ANSWER, "status": 302}, Unclear, False),
    "304": ({"kind": FaultKind.ANSWER, "status": 304}, Unclear, False),
    "a text": ({"kind": FaultKind.ANSWER, "status": 200, "body": "a text"}, Unclear, False),
    "500": ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True),
    "503": ({"kind": FaultKind.ANSWER, "status": 503}, Unclear, True),
    "504": ({"kind": FaultKind.ANSWER, "status": 504}, Unclear, True),
    "HTML": ({"kind": FaultKind.HTML, "status": 200}, Unclear, True),
    "HTML 403": ({"kind": FaultKind.HTML, "status": 403}, Unclear, False),
    "HTML 404": ({"kind": FaultKind.HTML, "status": 404}, Unclear, False),
    "HTML 502": ({"kind": FaultKind.HTML, "status": 502}, Unclear, True),
    "silence": ({"kind": FaultKind.HANG, "seconds": 2 * IMPATIENT_S}, Unreachable, True),
    "dropped before": ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True),
    "dropped after": ({"kind": FaultKind.DROP_AFTER}, Unreachable, True),
}


# Whose answer is its status, or a header.
WITHOUT_BODY = {"alpaca cancel", "raptor cancel", "github token"}


@dataclass(slots=True)
class Counted(Fault):
    """A fault that counts the requests that it met."""

    asked: int = 0

    def strike(self) -> None:
        """One more."""
        self.asked += 1


def requests_of(operation: str, fault: str) -> int:
    """How often a client asks: once, but for what it takes for no answer yet, each time on another connection."""
    vendor = OPERATIONS[operation][0]
    if vendor == "alpaca-paper":
        # Its edge refuses good pairs now and then.
        return 5 if fault in {"401", "403"} else 1
    if fault == "401" and operation != "heroku write":
        return 2 if vendor in {"heroku", "github", "infisical", "kubernetes", "flags"} else 1
    # Whether the repository, or the folder, is there at all.
    return 2 if (operation, fault) in {("github updated", "404"), ("vault read", "404")} else 1


def echo(vendors: Vendors) -> dict[str, Any]:
    """An error in a form that each vendor has, which repeats what the vendor was sent."""
    estate, pair = vendors.estate, vendors.pair
    sent = f"{pair.key_id} {pair.secret.get_secret_value()}"
    tokens = f"{estate.heroku.token} {estate.github.token} {estate.slack.token} {estate.identity[1]}"
    return {"ok": False, "id": "invalid_params", "message": sent, "extra": tokens}


@pytest.mark.parametrize(
    ("operation", "fault"),
    [(one, fault) for one in OPERATIONS for fault in FAULTS if not (one in WITHOUT_BODY and fault == "a text")],
)
def test_each_fault_is_one_named_error_that_holds_no_secret_even_when_the_vendor_echoes_it(
    vendors: Vendors, operation: str, fault: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    (vendor, label, ask), (fields, kind, transient) = OPERATIONS[operation], FAULTS[fault]
    caplog.set_level(logging.DEBUG)
    body = {"body": echo(vendors)} if fields["kind"] is FaultKind.ANSWER else {}
    with vendors.client(label, IMPATIENT_S if fault == "silence" else PATIENT_S) as client:
        counted = Counted(vendor, path="(?!.*login).*", times=None, **{**body, **fields})
        vendors.estate.server.plan.add(counted)
        with pytest.raises(VendorError) as caught:
            ask(client, vendors.pair)

    assert counted.asked == requests_of(operation, fault)
    error = caught.value
    assert (type(error), error.transient, error.vendor) == (kind, transient, NAMES[vendor])
    assert error.operation
    assert error.remedy
    if fields["kind"] is FaultKind.RATE_LIMIT:
        assert error.retry_after_s == fields.get("retry_after_s", WAITS.get(vendor))
    assert_silent(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own pickle
    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))
    printed = capfd.readouterr()
    assert printed.out == ""
    written = caplog.text + printed.err + repr(vars(error))
    assert [one for one in (vendors.pair.key_id, *made_up.issued) if one in written] == []
