"""Preflight tells everything that is wrong, together and with what to do, before any form, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from pydantic import SecretStr

from blocks.consumers.github.block import Github
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.person.block import Slack
from blocks.errors import StepError
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.ledger.row import Action
from blocks.runtimes.raptor import Raptor
from blocks.vaults.infisical.block import Infisical
from deployments.local.processes import free_port
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER
from deployments.sandbox.faults import Fault, FaultKind
from tasks.run.current import current_pair
from tests.operator import Operator, Outcome
from tests.steps.live import kill_switches
from tests.steps.support import seen, shipped, use_catalog


def refused(operator: Operator, outcome: Outcome, *sentences: str) -> str:
    """The run failed before any form with all of these sentences, and the ledger says that the rotation is over."""
    assert outcome.state.is_failed()
    assert outcome.descriptions == []
    assert [one for one in sentences if one not in outcome.message] == [], outcome.message
    assert operator.actions() == [Action.STARTED, Action.ABORTED]
    return outcome.message


def wrong(length: int = 40) -> SecretStr:
    """A token that nobody issued."""
    return SecretStr(made_up.token("", length))


def remove_all_blocks() -> None:
    """Delete every block of rekey, as somebody may in the Prefect UI."""
    with get_client(sync_client=True) as client:
        for document in client.read_block_documents():
            client.delete_block_document(document.id)


def test_an_unknown_credential_is_refused_before_anything_is_recorded_or_asked(operator: Operator) -> None:
    outcome = operator.rotate(credential="alpaca-papre")

    assert outcome.state.is_failed()
    assert (
        "There is no credential 'alpaca-papre' in the catalog. These can be rotated: alpaca-paper, alpaca-live."
        in outcome.message
    )
    assert operator.ledger.rows() == []
    assert operator.estate.server.journal.entries == []


def test_wrong_tokens_of_all_vendors_are_told_together(operator: Operator) -> None:
    before = seen(operator.estate)
    operator.change_block(Infisical, client_secret=wrong(64))
    operator.change_block(Heroku, token=wrong())
    operator.change_block(Github, token=wrong())
    operator.change_block(Slack, token=wrong())
    operator.estate.raptors["raptor-staging"].knobs.token = made_up.token("")

    message = refused(
        operator,
        operator.rotate(),
        "Infisical: log in failed: identity not accepted",
        "a valid client secret (universal auth) into the Infisical block",
        "Heroku: read newest release of raxx-api-prod failed: not accepted",
        "Put a token that may read and change the app's config vars into the Heroku block",
        "GitHub: read the public key of raxx/raxx failed",
        "Slack: ask who the token is failed",
        "Raptor raptor-staging: read paper account failed: not accepted",
        "Put the bearer token that this instance asks for into its Raptor block",
    )

    # Infisical, Heroku, GitHub, Slack, one Raptor. Two apps at Heroku and two addresses at Slack have one token.
    assert "Preflight found 5 problems" in message
    assert [message.count(f". {vendor}: ") for vendor in ("Heroku", "Slack")] == [1, 1]
    assert seen(operator.estate) == before


def test_tokens_that_may_only_read_are_told_together(operator: Operator) -> None:
    estate, before = operator.estate, seen(operator.estate)
    estate.infisical.set_permissions(estate.identity[0], estate.project_id, {"read"})
    operator.change_block(Heroku, token=SecretStr(estate.heroku.add_token("read-protected")))
    operator.change_block(Github, token=SecretStr(estate.github.add_token({"secrets": "read"})))
    estate.slack.scopes -= {"chat:write"}

    message = refused(
        operator,
        operator.rotate(),
        "Give rekey's machine identity the right to create secrets",
        "it has to read (with their values), create, edit and delete secrets there",
        "Heroku: probe write access to config vars of raxx-api-prod failed",
        "--scope write-protected",
        "GitHub: write REKEY_WRITE_CHECK of raxx/raxx failed",
        "chat:write is not among them",
    )

    assert "Preflight found 5 problems" in message
    assert seen(estate) == before


def test_missing_blocks_are_told_together_with_the_command_that_makes_them(operator: Operator) -> None:
    before = seen(operator.estate)
    remove_all_blocks()

    names = (
        "Infisical/rekey",
        "Heroku/rekey",
        "Github/rekey",
        "Slack/rekey",
        "Raptor/raptor-prod",
        "Raptor/raptor-staging",
    )
    message = refused(operator, operator.rotate(), *names, "Alpaca/rekey", "Run `rekey register`, or create the block")

    assert seen(operator.estate) == before
    assert operator.estate.server.journal.entries == []
    assert "Traceback" not in message


@pytest.mark.long
def test_vendors_that_do_not_answer_are_told_together_and_tried_again_by_themselves(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may pass by itself, so the rotation is not over: a later start goes on with it."""
    before, nowhere = seen(operator.estate), f"http://127.0.0.1:{free_port()}"
    silent = ("heroku", "github", "slack", "raptor-prod", "alpaca-live")
    use_catalog(tmp_path, monkeypatch, *((f'"{operator.estate.url(one)}"', f'"{nowhere}"') for one in silent))
    for kind in (Heroku, Github, Slack):
        operator.change_block(kind, url=nowhere)
    operator.change_block(Raptor, "raptor-prod", url=nowhere)
    operator.change_block(Alpaca, live_url=nowhere)

    outcome = operator.rotate()

    assert outcome.state.is_failed()
    assert outcome.descriptions == []
    for vendor, count in {"Heroku": 1, "GitHub": 1, "Slack": 1, "Raptor raptor-prod": 1}.items():
        assert outcome.message.count(f". {vendor}: ") == count
    assert outcome.message.count("connection failed (Connect") == 4
    assert "Compare the address in this instance's Raptor block" in outcome.message
    assert "Alpaca's live host gives no clear answer about a made-up pair. Compare the live address" in outcome.message
    assert operator.actions() == [Action.STARTED]
    assert len(operator.steps("preflight")) == 5
    assert seen(operator.estate) == before


def test_a_host_that_accepts_what_nobody_was_issued_proves_nothing(operator: Operator) -> None:
    operator.estate.alpaca.knobs.accepts_garbage = True

    refused(
        operator,
        operator.rotate(),
        "Alpaca's paper host accepts a pair that nobody was issued, so its answers prove nothing.",
        "Alpaca's live host accepts a pair that nobody was issued, so its answers prove nothing.",
    )


def test_a_vault_folder_that_does_not_exist_is_named(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_catalog(tmp_path, monkeypatch, ("/MooseQuest/alpaca", "/MooseQuest/elsewhere"))

    refused(
        operator,
        operator.rotate(),
        "there is no folder /MooseQuest/elsewhere of environment prod",
        "in Infisical's console, or correct environment and path in the catalog.",
    )


@pytest.mark.parametrize("kept", [PAPER[:1], PAPER[1:], ()], ids=["key ID only", "secret only", "nothing"])
def test_a_vault_that_holds_half_a_pair_is_told_with_the_names_that_are_missing(
    operator: Operator, kept: tuple[str, ...]
) -> None:
    estate, values = operator.estate, operator.estate.vault_values()
    place = shipped().vault.model_copy(update={"path": "/MooseQuest/half"})
    estate.infisical.add_folder(estate.project_id, place.environment, place.path)
    estate.infisical.put(estate.project_id, place.environment, place.path, {name: values[name] for name in kept})

    with pytest.raises(StepError) as refusal:
        current_pair(shipped(vault=place))

    missing = " and ".join(name for name in PAPER if name not in kept)
    assert f"Infisical: {missing} is not in /MooseQuest/half of environment prod." in str(refusal.value)
    assert "Put the current pair there, or correct the vault names" in str(refusal.value)


@pytest.mark.usefixtures("_few_tries")
@pytest.mark.parametrize("path", ["/v2/orders", "/v2/positions"])
def test_what_snapshot_could_not_read_is_told_before_trading_is_stopped(operator: Operator, path: str) -> None:
    operator.estate.server.plan.add(Fault("alpaca-live", FaultKind.ANSWER, "GET", path, 500, times=None))
    operator.estate.slack.scopes -= {"chat:write"}

    outcome = operator.rotate(credential="alpaca-live")

    called = {"/v2/orders": "list open orders", "/v2/positions": "list positions"}[path]
    refused(operator, outcome, "Preflight found 2 problems", f". Alpaca: {called} failed: the vendor is in trouble")
    assert set(kill_switches(operator.estate).values()) == {"0"}


def test_a_wrong_project_of_the_vault_says_to_compare_the_project(operator: Operator) -> None:
    """The vault answers 404 to the list, and 403 to the question for the folders: no right is missing."""
    operator.change_block(Infisical, project_id="no-such-project")

    message = refused(operator, operator.rotate(), "Compare 'Project ID' no-such-project of the Infisical block")

    assert "the right to" not in message


@pytest.mark.parametrize("body", [{"alpaca_status": "ACTIVE"}, {"status": "ACTIVE", "account_number": ""}])
def test_an_application_that_names_no_account_is_told_before_the_click(
    operator: Operator, body: dict[str, str]
) -> None:
    """Verify could never prove that it uses the new pair; and the expected number is nothing that it said."""
    operator.estate.raptors["raptor-staging"].knobs.account_answer = (200, body)

    message = refused(
        operator,
        operator.rotate(),
        "raptor-staging does not say which account it trades in: its account page has no account_number for paper",
        "take runtime out of this consumer in the catalog",
    )

    assert operator.estate.paper.number not in message
