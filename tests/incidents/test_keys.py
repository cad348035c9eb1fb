"""Which credential is the key to which, in whatever way the catalog says it; two may need each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from blocks import keys
from blocks.catalog import Catalog, load_catalog
from blocks.errors import StepError
from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once
from deployments.cli.main import main
from tasks.run.keys import demand_quiet, open_keys
from tests.incidents.conftest import LIVE, PAPER, Record

HEROKU, VAULT, OANDA = "heroku-rekey", "infisical-rekey", "oanda-practice"
# The vault's own key is also a config var of an app: whoever changes that needs Heroku's key, which lies in the vault.
ALSO_IN_AN_APP = """
[[credential.infisical-rekey.consumers]]
kind = "heroku"
app = "raxx-desk"
names = { client_id = "INFISICAL_CLIENT_ID", client_secret = "INFISICAL_CLIENT_SECRET" }
"""


@pytest.fixture
def catalog(with_issuers: set[str]) -> Catalog:
    """With the credentials of the sandbox alone."""
    assert {HEROKU, VAULT} <= with_issuers
    return load_catalog(read_settings().catalog)


@pytest.fixture
def crossed(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Two that need each other."""
    assert catalog
    path = tmp_path / "crossed.toml"
    text = read_settings().catalog.read_text()
    path.write_text(text.replace("[hosts.issuers]", f"{ALSO_IN_AN_APP}\n[hosts.issuers]"))
    monkeypatch.setenv("REKEY_CATALOG", str(path))
    return load_catalog(path)


@pytest.mark.usefixtures("record")
def test_what_is_kept_in_the_vault_needs_its_key_and_what_is_at_the_platform_needs_that_ones(catalog: Catalog) -> None:
    assert keys.keys_of(catalog, catalog.get(PAPER)) == (HEROKU, VAULT)
    assert keys.keys_of(catalog, catalog.get(HEROKU)) == (VAULT,), "its consumer is a block, and no app"
    assert keys.keys_of(catalog, catalog.get(VAULT)) == ()
    assert keys.keys_of(catalog, catalog.get(OANDA)) == (HEROKU,), "it is kept in another vault"
    assert HEROKU in keys.opened_by(catalog, catalog.get(VAULT))
    assert {PAPER, LIVE} <= set(keys.opened_by(catalog, catalog.get(HEROKU)))


def test_what_needs_each_other_has_an_order_all_the_same() -> None:
    assert keys.in_order(["a", "b", "c"], {"a": ["b"], "b": ["a"], "c": ["a"]}) == ["a", "b", "c"]
    assert keys.in_order(["a", "b", "c"], {"a": ["c"], "b": ["a"]}) == ["c", "a", "b"]


def test_nothing_begins_while_a_key_of_it_is_replaced(record: Record, catalog: Catalog) -> None:
    assert demand_quiet(catalog.get(PAPER), Reason.SCHEDULED) == ""
    rotation = record.begin(HEROKU)

    assert open_keys(catalog.get(PAPER)) == [HEROKU]
    with pytest.raises(
        StepError, match="asks the vendors of alpaca-paper with the key of heroku-rekey, which is being"
    ):
        demand_quiet(catalog.get(PAPER), Reason.COMPROMISE)
    assert demand_quiet(catalog.get(HEROKU), Reason.SCHEDULED) == "", "it is no key of its own"
    record.write_end(HEROKU, rotation)
    assert demand_quiet(catalog.get(PAPER), Reason.SCHEDULED) == ""


def test_a_key_waits_for_what_is_rotated_with_it_unless_it_leaked(record: Record, catalog: Catalog) -> None:
    record.begin(PAPER)

    with pytest.raises(StepError, match="rekey rotates alpaca-paper with the key of heroku-rekey now"):
        demand_quiet(catalog.get(HEROKU), Reason.SCHEDULED)
    assert demand_quiet(catalog.get(HEROKU), Reason.COMPROMISE) == "Goes on beside alpaca-paper, because of its reason."


def test_an_incident_of_two_that_need_each_other_says_which_comes_first(
    record: Record, crossed: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keys.mutual(crossed) == ((HEROKU, VAULT),)

    assert main(["incident", "open", HEROKU, VAULT, "--by", "Robin", "--reason", "a laptop was stolen"]) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert f"{VAULT} and {HEROKU} need each other: {VAULT} comes first, and {HEROKU} waits for it." in told
    assert [one.credential for one in record.incident.suspects] == [VAULT, HEROKU]
    assert record.incident.suspects[1].after == (VAULT,)


def test_two_that_need_each_other_are_told_and_wait_for_each_other(record: Record, crossed: Catalog) -> None:
    assert keys.keys_of(crossed, crossed.get(VAULT)) == (HEROKU,)
    told = demand_quiet(crossed.get(VAULT), Reason.SCHEDULED)
    assert told == "infisical-rekey and heroku-rekey need each other: while one is rotated, the other waits."
    rotation = record.begin(HEROKU)
    with pytest.raises(StepError, match="`rekey status` says how far it is"):
        demand_quiet(crossed.get(VAULT), Reason.COMPROMISE)
    record.write_end(HEROKU, rotation)
    record.begin(VAULT)
    with pytest.raises(StepError, match="with the key of infisical-rekey"):
        demand_quiet(crossed.get(HEROKU), Reason.COMPROMISE)


def asked(catalog: Catalog, name: str, reason: Reason = Reason.SCHEDULED) -> str:
    """What its preflight says; empty words before it for a yes."""
    try:
        return f"goes on. {demand_quiet(catalog.get(name), reason)}"
    except StepError as error:
        return f"refused. {error}"


@pytest.mark.parametrize(
    ("first", "second"), [(HEROKU, VAULT), (VAULT, HEROKU), (PAPER, HEROKU), (HEROKU, PAPER), (PAPER, VAULT)]
)
def test_of_two_that_are_started_before_either_is_asked_the_first_goes_on_and_the_other_says_so(
    record: Record, crossed: Catalog, first: str, second: str
) -> None:
    """Both refused, and nobody rotated anything."""
    rotation = record.begin(first)
    record.begin(second)

    one, other = asked(crossed, first), asked(crossed, second)

    assert one.startswith("goes on. ")
    assert f"{second} was started later, and waits." in one
    assert other.startswith("refused. ")
    assert "now: it was started first, and goes first." in other
    assert first in other
    record.write_end(first, rotation)
    assert asked(crossed, second).startswith("goes on. ")


def test_a_key_that_leaked_does_not_wait_so_what_it_opens_does_also_when_that_was_first(
    record: Record, crossed: Catalog
) -> None:
    record.begin(PAPER)
    record.write(Action.STARTED, HEROKU, "r-leaked", reason=Reason.COMPROMISE.value, flow_run_id="")

    assert asked(crossed, HEROKU, Reason.COMPROMISE).startswith("goes on. ")
    assert asked(crossed, PAPER).startswith("refused. ")


def test_a_key_that_leaked_waits_for_its_own_key_that_was_started_first(record: Record, crossed: Catalog) -> None:
    for name in (VAULT, HEROKU):
        record.write(Action.STARTED, name, f"r-{name}", reason=Reason.COMPROMISE.value, flow_run_id="")

    assert asked(crossed, VAULT, Reason.COMPROMISE).startswith("goes on. ")
    assert asked(crossed, HEROKU, Reason.COMPROMISE).startswith("refused. ")


def test_of_two_that_begin_at_once_one_alone_goes_on(record: Record, crossed: Catalog) -> None:
    """Whichever row comes first, and whenever each is asked."""
    together = Barrier(2)

    def begun(name: str) -> str:
        together.wait()
        record.begin(name)
        return asked(crossed, name)

    for _ in range(10):
        told = all_at_once([partial(begun, name) for name in (HEROKU, VAULT)])
        starts = {name: record.ledger.open_start(name) for name in (HEROKU, VAULT)}
        first = min(starts, key=lambda name: starts[name].sequence)  # type: ignore[union-attr]  # both were begun
        assert [one.startswith("goes on. ") for one in told] == [first == HEROKU, first == VAULT]
        for name, start in starts.items():
            assert start is not None
            record.write_end(name, start.rotation)
