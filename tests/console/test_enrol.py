"""The page of a one-time link, over HTTP: what it shows, and what it takes from whom."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.operators import enrolment, registry
from blocks.operators.passkeys import Site
from blocks.operators.registry import SUPERADMIN, Operator
from blocks.sealed.keys import bytes_of
from deployments.rehearsal.authenticator import Authenticator
from tests.console.acting import post
from tests.console.conftest import Served

OPTIONS = re.compile(r'data-enrol="(\w+)" (?:data-token="[^"]*" )?data-options="([^"]*)"')


def options_of(page: str) -> tuple[str, Mapping[str, Any]]:
    """What the form of a page is for, and what the browser gets of it."""
    found = OPTIONS.search(page)
    assert found is not None, page
    return found[1], json.loads(html.unescape(found[2]))


def invited(ledger: Ledger, name: str, role: str = SUPERADMIN) -> str:
    """The address of a new link, on its console."""
    return f"/enrol#{enrolment.invite(ledger, name, role, 'claimed by somebody')[0].get_secret_value()}"


def sent(served: Served, link: str, act: str = "", /, **body: object) -> httpx.Response:
    """As the page of this link sends it: the token is in no address."""
    path, _, token = link.partition("#")
    return post(served, f"{path}{act}", {**body, "token": token})


def shown(served: Served, link: str) -> str:
    """What the link leads to now."""
    page: str = sent(served, link).json()["page"]
    return page


def registered(served: Served, link: str, one: Authenticator, called: str = "blue key") -> httpx.Response:
    """Register it as the page does."""
    purpose, options = options_of(shown(served, link))
    assert purpose == "register"
    return sent(served, link, "/register", called=called, response=one.register(bytes_of(options["challenge"])))


def operators(served: Served) -> Mapping[str, Operator]:
    return registry.of(served.ledger).operators


@pytest.fixture
def one(served: Served) -> Authenticator:
    """An authenticator for this console."""
    return Authenticator(Site.of(served.url))


def test_the_first_operator_registers_two_authenticators(served: Served, one: Authenticator) -> None:
    link = invited(served.ledger, "Sam")
    assert "0 of 2 authenticators" in shown(served, link)

    assert registered(served, link, one).status_code == 200
    assert "1 of 2 authenticators" in shown(served, link)
    other = Authenticator(Site.of(served.url))
    _, options = options_of(shown(served, link))
    response = other.register(bytes_of(options["challenge"]))
    challenge = sent(served, link, "/challenge", credential_id=response["id"]).json()["challenge"]
    signed = one.sign(bytes_of(challenge), options["known"].popitem()[1])
    body = {"called": "red key", "response": response, "assertion": asdict(signed)}
    assert sent(served, link, "/register", **body).json() == {"told": "Registered."}

    page = shown(served, link)
    assert "2 of 2 authenticators registered: blue key, red key" in page
    assert "Done: Sam acts with these" in page
    assert [key.called for key in operators(served)["Sam"].passkeys] == ["blue key", "red key"]


def test_a_later_operator_waits_for_a_superadmin(served: Served, one: Authenticator) -> None:
    registered(served, invited(served.ledger, "Sam"), one)
    link = invited(served.ledger, "Robin", "ops")
    purpose, options = options_of(shown(served, link))
    assert purpose == "approve"
    early = sent(served, link, "/register", called="blue key", response={})
    assert (early.status_code, "No superadmin has approved" in early.json()["problem"]) == (403, True)

    (name,) = set(options["known"].values())
    signed = one.sign(bytes_of(options["challenge"]), name)
    assert sent(served, link, "/approve", assertion=asdict(signed)).status_code == 200

    assert registered(served, link, Authenticator(Site.of(served.url))).status_code == 200
    assert operators(served)["Robin"].role == "ops"


def test_one_time_codes_are_approved_on_the_page_of_their_link(served: Served, one: Authenticator) -> None:
    registered(served, invited(served.ledger, "Sam"), one)
    token, _ = enrolment.invite_codes(served.ledger, operators(served)["Sam"], "claimed by somebody")
    link = f"/enrol#{token.get_secret_value()}"
    assert "Sam gets one-time codes (superadmin)" in shown(served, link)
    purpose, options = options_of(shown(served, link))
    assert purpose == "approve"

    answer = sent(served, link, "/approve", assertion=asdict(one.sign(bytes_of(options["challenge"]), "Sam")))

    assert answer.json() == {"told": "Approved: the one-time codes of Sam count from now on."}
    page = shown(served, link)
    assert "Done: the one-time codes of Sam count" in page
    assert "data-enrol" not in page


def test_an_approval_by_a_stranger_is_refused(served: Served, one: Authenticator) -> None:
    registered(served, invited(served.ledger, "Sam"), one)
    link = invited(served.ledger, "Robin")
    _, options = options_of(shown(served, link))
    signed = Authenticator(Site.of(served.url)).sign(bytes_of(options["challenge"]), "Sam")

    answer = sent(served, link, "/approve", assertion=asdict(signed))

    assert (answer.status_code, "not registered for that operator" in answer.json()["problem"]) == (403, True)
    assert options_of(shown(served, link))[0] == "approve"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"called": "blue key"},
        {"called": "blue key", "response": []},
        {"called": 1, "response": {}},
        {"called": "blue key", "response": {}, "assertion": {"operator": "Sam"}},
        {"called": "blue key", "response": {}, "assertion": "x"},
    ],
)
def test_what_the_page_does_not_send_is_refused(served: Served, body: dict[str, object]) -> None:
    link = invited(served.ledger, "Sam")

    answer = sent(served, link, "/register", **body)

    assert answer.status_code == 400
    assert answer.json() == {"problem": "That is nothing that this page sends: reload it."}
    assert operators(served) == {}


@pytest.mark.parametrize("token", ["x" * 43, ""])
def test_an_unknown_link_leads_nowhere_and_takes_nothing(served: Served, token: str) -> None:
    link = f"/enrol#{token}"
    answer = sent(served, link)

    assert answer.status_code == 403
    assert "This link is unknown" in answer.json()["problem"]
    assert sent(served, link, "/register", called="blue key", response={}).status_code == 403


def test_whoever_tries_links_is_slowed_down(served: Served) -> None:
    codes = [sent(served, f"/enrol#{number:043}", "/register").status_code for number in range(30)]

    assert codes == [400] * 30
    assert sent(served, "/enrol#x").status_code == 429


def test_another_site_registers_nothing(served: Served, one: Authenticator) -> None:
    link = invited(served.ledger, "Sam")
    _, options = options_of(shown(served, link))
    token = link.partition("#")[2]
    body = {"called": "blue key", "response": one.register(bytes_of(options["challenge"])), "token": token}

    assert post(served, "/enrol/register", body, Origin="https://attacker.example").status_code == 403
    assert operators(served) == {}


def test_a_name_of_somebody_is_shown_and_never_obeyed(served: Served) -> None:
    page = shown(served, invited(served.ledger, "<script>alert(1)</script>"))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert options_of(page)[1]["operator"] == "<script>alert(1)</script>"


def test_the_token_is_on_no_page_and_in_no_address(served: Served) -> None:
    link = invited(served.ledger, "Sam")
    path, _, token = link.partition("#")

    assert token not in shown(served, link)
    assert token not in served.text(path)
    assert token not in served.text("/")
    assert served.browser.get(f"{path}/{token}").status_code == 404


def test_the_first_link_of_all_leads_to_its_page_at_once(
    alone: None,  # noqa: ARG001  # it sets the environment
    ledger: Ledger,
    serve: Callable[[], Served],
) -> None:
    """Before it the ledger has no row, and the console looks for one only every few seconds."""
    console = serve()
    console.shows("nothing is known of any rotation")

    assert "Sam becomes an operator" in shown(console, invited(ledger, "Sam"))


def test_the_first_page_offers_a_link_where_a_setting_says_so(
    alone: None,  # noqa: ARG001  # it sets the environment
    ledger: Ledger,
    serve: Callable[[], Served],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer = tmp_path / "offer"
    monkeypatch.setenv("REKEY_CONSOLE_OFFER", str(offer))
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    console = serve()
    console.shows("Nothing waits for a person")
    assert "data-enrol" not in console.text()
    link = invited(ledger, "Sam")
    token = link.partition("#")[2]
    offer.write_text(token)

    page = console.text()
    assert ">none</td>" in page
    purpose, options = options_of(page)
    assert (purpose, f'data-token="{token}"' in page) == ("register", True)
    response = Authenticator(Site.of(console.url)).register(bytes_of(options["challenge"]))
    assert sent(console, link, "/register", called="this browser", response=response).status_code == 200

    page = console.text()
    assert "<strong>Sam</strong> is an operator now, with 1 of 2 authenticators" in page
    assert f'href="{link}"' in page
    assert "data-enrol" not in page
    assert 'value="Sam"' in console.text("/login?name=Sam")
    # What proves who answers is another one from now on.
    console.shows(">passkey</td>")
    console.shows(">code</td>")


def test_without_the_setting_nothing_is_offered(served: Served) -> None:
    invited(served.ledger, "Sam")

    assert "data-enrol" not in served.text()
    assert "/enrol" not in served.text()
