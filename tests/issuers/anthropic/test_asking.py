"""What Anthropic's answers mean for an API key, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import RekeyError, StepError, Unclear
from blocks.issuers.anthropic.issuer import AnthropicKey
from blocks.issuers.anthropic.table import AnthropicTable
from blocks.issuers.ending import Ending
from blocks.issuers.terms import By, Situation
from blocks.model.credential import Credential
from blocks.secret import Minted
from deployments.sandbox.issuers.anthropic import MODEL, OTHER_MODEL, WORKSPACE, Anthropic
from deployments.sandbox.issuers.app import IssuersSandbox
from tests.issuers.support import served

REALM, NOW = "production", datetime.now(UTC)


def credential(model: str | None = MODEL) -> Credential:
    """One whose new key has to get a token of this model."""
    own = AnthropicTable(model=model)
    return cast("Credential", SimpleNamespace(own=own, realm=REALM, cadence_days=90))


def key(value: str) -> Minted:
    """A key of this value."""
    return Minted({"key": SecretStr(value)})


@pytest.fixture
def twin() -> Anthropic:
    """One organization."""
    return Anthropic()


@pytest.fixture
def issuer(twin: Anthropic) -> Iterator[AnthropicKey]:
    """The block at the twin's address, with its admin key."""
    with served(IssuersSandbox(anthropic=twin)) as server:
        url = server.url("issuers")
        admin = SecretStr(twin.admin_key)
        yield AnthropicKey(url=url, page_url=f"{url}/anthropic/keys", admin_key=admin)


def without_admin(issuer: AnthropicKey) -> AnthropicKey:
    """A block of Anthropic into which nobody put an admin key."""
    return AnthropicKey(url=issuer.url, page_url=issuer.page_url)


def test_the_key_says_its_organization_and_the_admin_key_its_workspace(issuer: AnthropicKey, twin: Anthropic) -> None:
    mine = key(twin.keys.mint())

    seen = issuer.identify(REALM, mine)
    assert (seen.subject, seen.facts["workspace"], seen.is_well) == (twin.organization, WORKSPACE, True)
    assert seen.told == f"key 1 in {WORKSPACE}, active"
    bare = without_admin(issuer)
    assert (issuer.ended_by, bare.ended_by) == (By.API, By.PERSON)
    seen = bare.identify(REALM, mine)
    assert seen.subject == twin.organization
    assert "not told: the Anthropic block has no admin key" in seen.told
    assert "its workspace is not compared" in bare.demand_a_free_slot(REALM, mine)
    assert "which of them is the current one is known: key 1." in issuer.demand_a_free_slot(REALM, mine)
    twin.keys.all[0].workspace = None
    assert issuer.identify(REALM, mine).facts["workspace"] == "the default workspace"


def test_an_answer_that_names_no_organization_says_neither_yes_nor_no(issuer: AnthropicKey, twin: Anthropic) -> None:
    mine = key(twin.keys.mint())
    twin.knobs.names_organization = False

    assert issuer.accepts(REALM, mine) is Answer.UNKNOWN
    with pytest.raises(Unclear, match="does not say whose the key is"):
        issuer.identify(REALM, mine)


def test_the_key_is_found_on_any_page_of_the_list(issuer: AnthropicKey, twin: Anthropic) -> None:
    keys = [key(twin.keys.mint()) for _ in range(5)]
    twin.knobs.page = 2

    assert [issuer.identify(REALM, one).told.split(" in ")[0] for one in keys] == [f"key {n}" for n in range(1, 6)]
    twin.keys.all += [twin.keys.all[0]] * 200
    with pytest.raises(RekeyError, match="more than 50 pages"):
        issuer.identify(REALM, keys[0])


def test_a_list_in_which_the_key_is_not_or_is_twice_names_nobody(issuer: AnthropicKey, twin: Anthropic) -> None:
    """An admin key of another organization, and two keys with one hint: none of them is ended."""
    old, new = key(twin.keys.mint()), key(twin.keys.mint())
    twin.knobs.lists_nothing = True
    for ask in (lambda: issuer.identify(REALM, old), lambda: issuer.revoke(REALM, old, new)):
        with pytest.raises(StepError, match="one of another organization"):
            ask()
    twin.knobs.lists_nothing = False
    twin.keys.all.append(twin.keys.all[0])
    for ask in (lambda: issuer.identify(REALM, old), lambda: issuer.revoke(REALM, old, new)):
        with pytest.raises(Unclear, match="2 keys have the hint"):
            ask()
    assert {one.status for one in twin.keys.all} == {"active"}


@pytest.mark.parametrize(("may", "status"), [(False, 403), (True, 401)])
def test_an_admin_key_that_may_not_ask_is_told_and_is_no_word_on_the_key(
    issuer: AnthropicKey, twin: Anthropic, may: bool, status: int
) -> None:
    mine = key(twin.keys.mint())
    twin.knobs.admin_may = may
    twin.admin_key = twin.admin_key if status == 403 else "another"

    assert issuer.accepts(REALM, mine) is Answer.YES
    with pytest.raises(StepError, match=rf"does not let the admin key of its block list API keys \({status}\)"):
        issuer.identify(REALM, mine)


def test_an_overload_is_no_refusal(issuer: AnthropicKey, twin: Anthropic) -> None:
    old, new = key(twin.keys.mint()), key(twin.keys.mint())
    twin.keys.delete(old.secret.get_secret_value())
    twin.knobs.overloaded = 100

    assert issuer.accepts(REALM, old) is Answer.UNKNOWN
    assert issuer.is_dead(REALM, old, new).answer is Answer.UNKNOWN


@pytest.mark.parametrize("lists_archived", [True, False])
def test_the_old_key_is_made_inactive_and_archived_and_that_again_changes_nothing(
    issuer: AnthropicKey, twin: Anthropic, lists_archived: bool
) -> None:
    old, new = key(twin.keys.mint()), key(twin.keys.mint())
    twin.knobs.lists_archived = lists_archived

    for end, status in ((issuer.revoke, "inactive"), (issuer.end_for_good, "archived")):
        end(REALM, old, new)
        end(REALM, old, new)
        assert [one.status for one in twin.keys.all] == [status, "active"]
        assert issuer.is_dead(REALM, old, new).answer is Answer.YES
    issuer.revoke(REALM, old, new)
    assert twin.keys.all[0].status == "archived", "it does not come back to life"


def test_an_archived_key_that_is_refused_by_404_is_not_proved_dead(issuer: AnthropicKey, twin: Anthropic) -> None:
    """A path that is not there says the same: unknown is no yes."""
    old, new = key(twin.keys.mint()), key(twin.keys.mint())
    issuer.end_for_good(REALM, old, new)
    twin.knobs.archived_by = 404

    assert issuer.is_dead(REALM, old, new).answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("model", "allowed", "told"),
    [
        (None, {MODEL}, ""),
        (MODEL, {MODEL}, ""),
        (OTHER_MODEL, {MODEL}, f"Anthropic does not let it use {OTHER_MODEL} (403)"),
        ("claude-misspelt", {MODEL}, "Anthropic has no model claude-misspelt, or does not let it use that one (404)"),
    ],
)
def test_a_new_key_has_to_get_a_token_of_the_model(
    issuer: AnthropicKey, twin: Anthropic, model: str | None, allowed: set[str], told: str
) -> None:
    mine = key(twin.keys.mint())
    twin.models = allowed

    wrong = issuer.misfit(credential(model), mine, NOW)

    assert (told in wrong.problem) if wrong else not told
    if told:
        with pytest.raises(StepError, match="The current key is no measure: "):
            issuer.demand_its_scope(credential(model), mine)
    else:
        assert bool(issuer.demand_its_scope(credential(model), mine)) is bool(model)
    assert twin.tokens == (2 if model and not told else 0), "one token each time"
    assert bool(AnthropicTable(model=model).lacks) is (model is None)


def test_a_new_key_that_ends_before_its_next_rotation_will_not_do(issuer: AnthropicKey, twin: Anthropic) -> None:
    mine = key(twin.keys.mint())
    twin.keys.all[0].expires_at = (NOW + timedelta(days=30)).isoformat()

    wrong = issuer.misfit(credential(), mine, NOW)

    assert wrong is not None
    assert "before its next rotation: it is due every 90 days" in wrong.problem


def test_an_admin_key_in_its_place_is_told_apart_and_never_kept(issuer: AnthropicKey, twin: Anthropic) -> None:
    wrong = issuer.looks_wrong(key(twin.admin_key))
    assert wrong is not None
    assert not wrong.worth_keeping
    assert "which may end every key" in wrong.problem
    cut = issuer.looks_wrong(key(twin.keys.mint()[:-1]))
    assert cut is not None
    assert cut.worth_keeping
    assert issuer.looks_wrong(key(twin.keys.mint())) is None
    assert issuer.looks_wrong(issuer.made_up(REALM)) is None


def test_a_person_is_told_to_disable_the_old_one_and_how_that_is_taken_back(
    issuer: AnthropicKey, twin: Anthropic
) -> None:
    old, new = key(twin.keys.mint()), key(twin.keys.mint())
    steps = issuer.instructions(Situation(issuer.page_url, REALM)).steps
    assert "press **Create key**, in the same workspace" in steps
    ending = issuer.ending(Ending(issuer.page_url, old.fingerprint, new.fingerprint, issuer.shown(old)))
    assert "press **Disable**" in ending
    assert "Do not delete it." in ending
    found = issuer.reversal(REALM, old)
    end = old.secret.get_secret_value()[-4:]
    assert found.back == f"make the key that ends with {end} active again at {issuer.page_url}"


def test_the_page_disables_archives_and_makes_active_again(issuer: AnthropicKey, twin: Anthropic) -> None:
    """As a person does it in the demo."""
    mine = key(twin.keys.mint())

    def press(word: str, number: str) -> None:
        assert httpx.post(f"{issuer.page_url}/{word}", data={"key": number}).status_code == 303

    press("delete", next(iter(twin.keys.living)))
    assert issuer.accepts(REALM, mine) is Answer.NO
    assert ">Make active</button>" in httpx.get(issuer.page_url).text
    press("activate", twin.keys.all[0].id)
    assert issuer.accepts(REALM, mine) is Answer.YES
    press("delete", next(iter(twin.keys.living)))
    press("archive", twin.keys.all[0].id)
    assert twin.keys.all[0].status == "archived"
    assert ">Make active</button>" not in httpx.get(issuer.page_url).text
