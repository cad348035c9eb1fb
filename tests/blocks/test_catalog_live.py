"""What the catalog demands of a credential that moves real money: its name, its algorithms, its order, its brakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.table import check_order_of
from tests.blocks.catalog_text import LIVE, PAPER, changed, line_of, refusal, written


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_paper_entry_that_is_called_live_is_refused_also_while_it_is_disabled(tmp_path: Path, enabled: str) -> None:
    """Each of its consumers by the rule: no brake, staging, GitHub, Slack."""
    told = refusal(tmp_path, changed('environment = "paper"', f'environment = "live"\nenabled = {enabled}'))

    assert told.count("containment: a live pair goes only to applications that its brakes can stop") == 4
    for number, line in enumerate((21, 28, 35, 41)):
        assert f"credential.alpaca-paper.consumers.{number} (line {line}): containment" in told


def test_a_disabled_live_credential_loads(tmp_path: Path) -> None:
    assert load_catalog(written(tmp_path, LIVE)).get("alpaca-live").enabled

    text = changed('environment = "live"', 'environment = "live"\nenabled = false', LIVE)

    assert load_catalog(written(tmp_path, text)).enabled == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([('algorithms = "raxx-mq-a"', "")], "say what runs the trading algorithms: algorithms ="),
        (
            [('algorithms = "raxx-mq-a"', 'algorithms = "raxx-mq-b"')],
            "algorithms names raxx-mq-b, which is no consumer: say what runs the trading algorithms",
        ),
    ],
    ids=["silent", "no consumer"],
)
def test_what_runs_the_algorithms_has_to_be_said(tmp_path: Path, changes: list[tuple[str, str]], said: str) -> None:
    text = LIVE
    for old, new in changes:
        text = changed(old, new, text)

    told = refusal(tmp_path, text)

    assert f"credential.alpaca-live (line 1): {said}" in told
    assert 'algorithms = "absent" when there is no such app' in told


def test_algorithms_may_be_said_to_be_absent(tmp_path: Path) -> None:
    text = changed('algorithms = "raxx-mq-a"', 'algorithms = "absent"', LIVE)

    assert load_catalog(written(tmp_path, text)).get("alpaca-live").algorithms == "absent"


def test_of_a_paper_credential_nothing_has_to_be_said_about_algorithms(tmp_path: Path) -> None:
    assert load_catalog(written(tmp_path, PAPER)).get("alpaca-paper").algorithms is None


def test_a_live_check_order_never_buys_at_the_market(tmp_path: Path) -> None:
    market = '[credential.alpaca-live.verification.check_order]\nkind = "market"\n'

    told = refusal(tmp_path, LIVE + market)

    assert "credential.alpaca-live (line 1): a market order would buy with real money: " in told
    assert 'check_order.kind is "limit" or "none" for live' in told
    paper = market.replace("alpaca-live", "alpaca-paper")
    credential = load_catalog(written(tmp_path, PAPER + paper)).get("alpaca-paper")
    assert check_order_of(credential).kind == "market"


def test_a_brake_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    first = LIVE.split("[[credential.alpaca-live.brakes]]")[1]

    told = refusal(tmp_path, f"{LIVE}[[credential.alpaca-live.brakes]]{first}")

    assert "credential.alpaca-live (line 1): brake TRADING_LIVE_DISABLED on raxx-api-prod is listed twice" in told


def test_a_brake_has_two_different_positions(tmp_path: Path) -> None:
    text = changed('released = "0"', 'released = "1"', LIVE)

    told = refusal(tmp_path, text)

    line = line_of(text, "[[credential.alpaca-live.brakes]]")
    assert f"credential.alpaca-live.brakes.0 (line {line}): engaged and released need two different values" in told


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ('variable = "TRADING', 'variable = "trading', "variable", "should match pattern"),
        ('route = "/health', 'route = "health', "route", "should match pattern"),
        ('engaged = "1"', "engaged = 1", "engaged", "input should be a valid string"),
    ],
    ids=["variable", "route", "position"],
)
def test_a_wrong_field_of_a_brake_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, field: str, said: str
) -> None:
    """The second brake's, so that the tables of a list are counted."""
    head, second = LIVE.rsplit("[[credential.alpaca-live.brakes]]", 1)
    text = f"{head}[[credential.alpaca-live.brakes]]{changed(old, new, second)}"

    told = refusal(tmp_path, text)

    at = line_of(text, "[[credential.alpaca-live.brakes]]", 2)
    line = next(number for number in range(at, at + 9) if text.splitlines()[number - 1].startswith(f"{field} ="))
    assert f"credential.alpaca-live.brakes.1.{field} (line {line}): " in told
    assert said in told


def test_an_unknown_kind_of_brake_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    text = changed("variable", 'kind = "flag"\nvariable', LIVE)

    told = refusal(tmp_path, text)

    line = line_of(text, "[[credential.alpaca-live.brakes]]")
    assert f"credential.alpaca-live.brakes.0 (line {line}): " in told
    assert "'heroku', 'http', 'kubernetes'" in told


OWN = '[credential.alpaca-paper.alpaca.check_order]\nkind = "market"\nquantity = 2\n'
BEFORE = OWN.replace("alpaca-paper.alpaca", "alpaca-paper.verification")


def test_the_check_order_is_in_its_issuers_table_or_where_it_was_before(tmp_path: Path) -> None:
    orders = [check_order_of(load_catalog(written(tmp_path, PAPER + one)).get("alpaca-paper")) for one in (OWN, BEFORE)]

    assert orders[0] == orders[1]
    assert (orders[0].kind, orders[0].quantity) == ("market", 2)


def test_one_that_is_in_both_places_is_refused(tmp_path: Path) -> None:
    text = PAPER + OWN + BEFORE

    told = refusal(tmp_path, text)

    line = text[: text.index("[credential.alpaca-paper.verification.check_order]")].count("\n") + 1
    where = f"credential.alpaca-paper.verification.check_order (line {line})"
    assert f"{where}: it is written twice, here and in alpaca: keep that one" in told


@pytest.mark.parametrize("table", ["alpaca", "verification"])
def test_what_is_wrong_with_it_names_the_place_where_it_is_written(tmp_path: Path, table: str) -> None:
    name = f"credential.alpaca-paper.{table}.check_order"
    text = f'{PAPER}[{name}]\nkind = "limit"\nquantity = 0\ncolour = "red"\n'
    line = text[: text.index(f"[{name}]")].count("\n") + 1

    told = refusal(tmp_path, text)

    assert f"{name}.quantity (line {line + 2}): input should be greater than or equal to 1" in told
    assert f"{name}.colour (line {line + 3}): this field is unknown" in told


@pytest.mark.parametrize(
    ("written_there", "said"),
    [
        (
            "[credential.alpaca-paper.alpaca]\nequity = 1\n",
            "alpaca.equity (line {}): this field",
        ),
        ("[credential.alpaca-paper.stripe]\nequity = 1\n", "stripe (line {}): this field"),
        ("[credential.alpaca-paper.own]\nequity = 1\n", "own (line {}): this field"),
    ],
)
def test_an_unknown_field_or_another_issuers_table_is_refused(tmp_path: Path, written_there: str, said: str) -> None:
    told = refusal(tmp_path, PAPER + written_there)

    line = PAPER.count("\n") + (2 if "alpaca.equity" in said else 1)
    assert f"credential.alpaca-paper.{said.format(line)} is unknown" in told
