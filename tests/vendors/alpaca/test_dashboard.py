"""The simulated dashboard, clicked by a robot."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.alpaca.served import DASHBOARD, ServedAlpaca, served_alpaca


@pytest.fixture
def alpaca() -> Iterator[ServedAlpaca]:
    with served_alpaca() as served:
        yield served


@pytest.fixture
def robot(alpaca: ServedAlpaca) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=alpaca.server.url(DASHBOARD), follow_redirects=True) as client:
        yield client


@pytest.fixture
def paper(alpaca: ServedAlpaca) -> SandboxAccount:
    account = alpaca.sandbox.add_account("paper")
    account.regenerate()
    return account


@pytest.fixture
def live(alpaca: ServedAlpaca) -> SandboxAccount:
    account = alpaca.sandbox.add_account("live", name="Live account")
    account.regenerate()
    return account


class Elements(HTMLParser):
    """The text of every element that has an id, and of no other."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self._open: list[str | None] = []
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        key = dict(attrs).get("id")
        if key:
            assert key not in self.texts, f"the id {key} is used twice"
            self.texts[key] = ""
        if tag not in {"meta", "input", "link", "br"}:
            self._open.append(key)

    def handle_endtag(self, _: str) -> None:
        """Close an element."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Add text to every open element that has an id."""
        for key in self._open:
            if key:
                self.texts[key] += data


def elements(page: httpx.Response) -> dict[str, str]:
    return Elements(page).texts


def test_the_root_leads_to_the_paper_dashboard(robot: httpx.Client, paper: SandboxAccount) -> None:
    page = robot.get("/")
    assert page.url.path == "/paper/dashboard/overview"
    seen = elements(page)
    assert "Sandbox" in seen["sandbox"]
    assert seen["environment"] == "Paper Trading"
    assert seen["account-number"] == paper.number
    assert seen["key-id"] == paper.current_key_id
    assert seen["equity"] == "$100,000.00"


def test_the_switcher_says_which_environment_is_shown(
    robot: httpx.Client, paper: SandboxAccount, live: SandboxAccount
) -> None:
    shown = {}
    for environment in ("paper", "live"):
        seen = elements(robot.get(f"/{environment}/dashboard/overview"))
        shown[seen["account-number"]] = seen["switcher"].split("\n")[0]
    assert shown == {paper.number: "Paper Trading", live.number: "Live Trading"}


def test_regenerate_shows_a_working_pair_once(robot: httpx.Client, paper: SandboxAccount) -> None:
    old = paper.current_key_id
    page = robot.post("/paper/dashboard/regenerate", data={"account": paper.id})
    seen = elements(page)
    assert seen["new-key-id"] == paper.current_key_id != old
    assert paper.accepts(seen["new-key-id"], seen["new-secret"])
    assert page.headers["cache-control"] == "no-store"
    again = robot.get(str(page.url))
    assert elements(again)["new-key-id"] == seen["new-key-id"]
    assert "new-secret" not in elements(again)
    assert paper.current_key_id == seen["new-key-id"]


def test_view_never_shows_a_secret(robot: httpx.Client, paper: SandboxAccount, live: SandboxAccount) -> None:
    texts = [robot.get(f"/{side}/dashboard/{page}").text for side in ("paper", "live") for page in ("overview", "keys")]
    assert f">{paper.current_key_id}<" in texts[0]
    assert f">{live.current_key_id}<" in texts[3]
    assert not [secret for secret in made_up.issued if secret in "".join(texts)]


def test_live_asks_for_a_code_before_it_regenerates(robot: httpx.Client, live: SandboxAccount) -> None:
    old = live.current_key_id
    asked = robot.post("/live/dashboard/regenerate", data={"account": live.id})
    assert {"code", "confirm-code"} <= set(elements(asked))
    for wrong in ("12345", "abcdef", ""):
        refused = robot.post("/live/dashboard/regenerate", data={"account": live.id, "code": wrong})
        assert (refused.status_code, "error" in elements(refused)) == (422, True)
    assert live.current_key_id == old
    seen = elements(robot.post("/live/dashboard/regenerate", data={"account": live.id, "code": "123456"}))
    assert live.accepts(seen["new-key-id"], seen["new-secret"])
    assert seen["new-key-id"].startswith("AK")


def test_with_several_paper_accounts_the_robot_must_say_which(
    alpaca: ServedAlpaca, robot: httpx.Client, paper: SandboxAccount
) -> None:
    other = alpaca.sandbox.add_account("paper", name="Paper <2>")
    page = robot.get("/paper/dashboard/overview", params={"account": other.id})
    seen = elements(page)
    assert seen["account-number"] == other.number
    assert paper.number in seen["accounts"]
    assert "Paper <2>" in seen["accounts"]
    assert "key-id" not in seen
    assert robot.post("/paper/dashboard/regenerate").status_code == 404
    made = elements(robot.post("/paper/dashboard/regenerate", data={"account": other.id}))
    assert other.accepts(made["new-key-id"], made["new-secret"])
    assert not paper.accepts(made["new-key-id"], made["new-secret"])


def test_the_only_account_need_not_be_named(robot: httpx.Client, paper: SandboxAccount) -> None:
    made = elements(robot.post("/paper/dashboard/regenerate"))
    assert paper.accepts(made["new-key-id"], made["new-secret"])


def test_an_account_of_the_other_environment_is_not_found(
    robot: httpx.Client, paper: SandboxAccount, live: SandboxAccount
) -> None:
    before = (paper.current_key_id, live.current_key_id)
    assert robot.get("/paper/dashboard/overview", params={"account": live.id}).status_code == 404
    for action in ("regenerate", "reset", "delete"):
        assert robot.post(f"/paper/dashboard/{action}", data={"account": live.id}).status_code == 404
    assert robot.post("/live/dashboard/reset", data={"account": live.id}).status_code == 404
    assert (paper.current_key_id, live.current_key_id) == before


def test_the_trap_buttons_are_there_and_kill_the_keys(
    alpaca: ServedAlpaca, robot: httpx.Client, paper: SandboxAccount
) -> None:
    assert {"reset-account", "delete-account"} <= set(elements(robot.get("/paper/dashboard/overview")))
    key_id, secret = paper.regenerate()
    number = paper.number
    seen = elements(robot.post("/paper/dashboard/reset", data={"account": paper.id}))
    assert seen["account-number"] == paper.number != number
    assert seen["regenerate"] == "Generate New Keys"
    assert not paper.accepts(key_id, secret)
    key_id, secret = paper.regenerate()
    robot.post("/paper/dashboard/delete", data={"account": paper.id})
    assert alpaca.sandbox.accounts("paper") == []
    assert not paper.accepts(key_id, secret)


def test_a_new_paper_account_can_be_opened(alpaca: ServedAlpaca, robot: httpx.Client) -> None:
    assert "regenerate" not in elements(robot.get("/paper/dashboard/overview"))
    robot.post("/paper/dashboard/open")
    seen = elements(robot.post("/paper/dashboard/open"))
    assert [account.name for account in alpaca.sandbox.accounts("paper")] == ["Paper account 1", "Paper account 2"]
    assert "accounts" in seen


def test_a_live_page_has_no_trap_buttons(robot: httpx.Client, live: SandboxAccount) -> None:
    seen = elements(robot.get("/live/dashboard/overview"))
    assert seen["account-number"] == live.number
    assert not {"reset-account", "delete-account", "open-account"} & set(seen)
