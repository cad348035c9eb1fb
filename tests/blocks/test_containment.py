"""A live pair goes only to applications whose trading rekey can stop: asked of the catalog, and before each write."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.consumers.interface import Consumer
from blocks.consumers.person.notice import SlackConsumer
from blocks.errors import CatalogError, StepError
from blocks.kinds import KINDS
from blocks.model import containment
from blocks.model.credential import Credential
from blocks.settings import ROOT

SHIPPED = (ROOT / "deployments" / "catalog.toml").read_text()
HEADER = "[[credential.alpaca-live.consumers]]"
FIRST_BRAKE = "# What stops trading"
RULE = "containment: a live pair goes only to applications that its brakes can stop"
NEVER = f"{RULE}, never to staging, GitHub Actions, Slack or a local copy"
NAMES = {"key_id": "ALPACA_LIVE_API_KEY_ID", "secret": "ALPACA_LIVE_API_SECRET_KEY"}
BRAKED = [("heroku", "raxx-api-prod"), ("heroku", "raxx-mq-a")]


def with_consumer(*fields: str) -> tuple[str, int]:
    """The shipped catalog with one more consumer of the live credential, and the line on which that begins."""
    names = [f'{name} = "{value}"' for name, value in NAMES.items()]
    table = "\n".join([HEADER, *fields, *names])
    before, after = SHIPPED.split(FIRST_BRAKE)
    return f"{before}{table}\n\n{FIRST_BRAKE}{after}", before.count("\n") + 1


def with_brake(text: str, app: str) -> str:
    """A live credential with a brake on this app, so that it is not the lack of one that is told."""
    first, rest = text.split("[[credential.alpaca-live.brakes]]\n", 1)
    brake = f'app = "{app}"\nvariable = "TRADING_LIVE_DISABLED"\nruntime = "raptor-prod"\n'
    header = "[[credential.alpaca-live.brakes]]\n"
    return f"{first}{header}{brake}\n{header}{rest}"


def refusal(folder: Path, text: str) -> str:
    """What is said of a catalog with this text."""
    path = folder / "catalog.toml"
    path.write_text(text)
    with pytest.raises(CatalogError) as refused:
        load_catalog(path, as_it_is=True)
    return str(refused.value)


def live() -> Credential:
    """The live credential as it is shipped."""
    return load_catalog(ROOT / "deployments" / "catalog.toml").get("alpaca-live")


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("github", 'repository = "raxx/raxx"'),
        ("slack", 'channel = "D0AJ7K184TV"'),
        ("slack", 'user = "U0AJ7K184TV"'),
        ("file", 'path = "/home/somebody/.env"'),
    ],
    ids=["GitHub", "a channel", "a person", "a kind that does not exist"],
)
def test_what_is_no_heroku_app_gets_no_live_pair(tmp_path: Path, kind: str, place: str) -> None:
    text, line = with_consumer(f'kind = "{kind}"', place)

    told = refusal(tmp_path, text)

    said = f"{NEVER}: take this consumer of the kind '{kind}' out"
    assert f"credential.alpaca-live.consumers.2 (line {line}): {said}" in told
    assert told.count(RULE) == 1


def test_a_consumer_without_a_kind_gets_no_live_pair(tmp_path: Path) -> None:
    text, line = with_consumer('app = "raxx-api-prod"')

    told = refusal(tmp_path, text)

    assert f"credential.alpaca-live.consumers.2 (line {line}): {NEVER}: take this consumer of the kind None out" in told


@pytest.mark.parametrize(
    ("app", "pattern"),
    [
        ("raxx-api-staging", "*staging*"),
        ("Raxx-API-Staging", "*staging*"),
        ("raxx-stage-2", "*stage*"),
        ("raxx-dev", "*dev*"),
        ("raxx-test", "*test*"),
        ("localhost", "*local*"),
        ("raxx-demo", "*demo*"),
        ("raxx-review-7", "*review*"),
        ("raxx-api-pr-12", "*-pr-*"),
        ("raxxdev", "*dev*"),
        ("raxx-apitest", "*test*"),
        ("raxx-latest-test", "*test*"),
        ("raxx-latestdev", "*dev*"),
        ("raxx-devices-stage", "*stage*"),
    ],
)
def test_an_app_that_trades_no_real_money_gets_no_live_pair_even_with_a_brake(
    tmp_path: Path, app: str, pattern: str
) -> None:
    text, line = with_consumer('kind = "heroku"', f'app = "{app}"')

    told = refusal(tmp_path, with_brake(text, app))

    said = f"{NEVER}: the app {app} matches the denied '{pattern}', take it out"
    assert f"credential.alpaca-live.consumers.2 (line {line}): {said}" in told


@pytest.mark.parametrize("app", ["raxx-latest", "contest-api", "raxx-devices-2", "Raxx-Devices", "raxx-locale"])
def test_a_word_that_only_holds_a_denied_one_is_another_word(app: str) -> None:
    """Such an entry did not load, and nothing could be written that says that it is meant."""
    written = {"kind": "heroku", "app": app}
    assert containment.problem_with(HerokuConsumer, written, [("heroku", app)], []) is None
    assert containment.problem_with(HerokuConsumer, written, [("heroku", app)], ["*-*"]) is not None
    assert containment.problem_with_vault("/devops/alpaca") is None
    assert containment.problem_with_vault("/dev/alpaca") is not None


def test_an_app_without_a_brake_of_its_own_gets_no_live_pair(tmp_path: Path) -> None:
    """Once with a third app, and once with one whose brake was taken out."""
    text, line = with_consumer('kind = "heroku"', 'app = "raxx-reports"')

    told = refusal(tmp_path, text)

    said = f"{RULE}: raxx-reports has none, so give it a brake of its own or take it out"
    assert f"credential.alpaca-live.consumers.2 (line {line}): {said}" in told
    head, brake = SHIPPED.rsplit("[[credential.alpaca-live.brakes]]", 1)
    without = head + "# An environment" + brake.split("# An environment")[1]
    line = [number for number, one in enumerate(without.splitlines(), start=1) if one == HEADER][1]
    assert f"credential.alpaca-live.consumers.1 (line {line}): {RULE}: raxx-mq-a has none" in refusal(tmp_path, without)


def test_all_that_break_the_rule_are_told_at_once(tmp_path: Path) -> None:
    text, _ = with_consumer('kind = "slack"', 'channel = "D0AJ7K184TV"')

    told = refusal(tmp_path, text.replace('app = "raxx-mq-a"', 'app = "raxx-mq-a-staging"', 1))

    assert told.count(f"): {NEVER}: ") == 2
    assert told.endswith("Correct these entries; docs/reference/catalog.md shows the fields of each.")


@pytest.mark.parametrize("pattern", ["raxx-mq-*", "RAXX-MQ-A", "*-a"])
def test_the_entrys_own_denied_names_come_on_top(tmp_path: Path, pattern: str) -> None:
    algorithms = 'algorithms = "raxx-mq-a"'

    told = refusal(tmp_path, SHIPPED.replace(algorithms, f'{algorithms}\ndeny = ["{pattern}"]', 1))

    assert f"{NEVER}: the app raxx-mq-a matches the denied '{pattern}', take it out" in told
    assert told.count(RULE) == 1


def test_the_rule_is_asked_again_before_a_write() -> None:
    """Of an entry that came past the catalog's own check, in whatever way."""
    github = GithubConsumer(kind="github", repository="raxx/raxx", names=NAMES)
    outside: list[tuple[Consumer, str, str]] = [
        (github, "github raxx/raxx", "'github'"),
        (SlackConsumer(kind="slack", channel="D0AJ7K184TV", names=NAMES), "slack D0AJ7K184TV", "'slack'"),
        (HerokuConsumer(kind="heroku", app="raxx-api-staging", names=NAMES), "heroku raxx-api-staging", "'*staging*'"),
        (
            HerokuConsumer(kind="heroku", app="raxx-reports", names=NAMES),
            "heroku raxx-reports",
            "raxx-reports has none",
        ),
        (github.model_copy(update={"kind": "file"}), "github raxx/raxx", "'file'"),
    ]
    for consumer, label, why in outside:
        with pytest.raises(StepError) as refused:
            live().refuse_outside(consumer)
        assert refused.value.problem.startswith(f"{label} must not get a live pair ({RULE}")
        assert why in refused.value.problem
        assert refused.value.remedy == "Nothing was written to it. Correct the catalog."
        assert not refused.value.transient


def test_what_the_catalog_allows_may_be_written_to() -> None:
    credential = live()
    for consumer in credential.consumers:
        credential.refuse_outside(consumer)


def test_a_paper_pair_may_go_everywhere() -> None:
    for consumer in load_catalog(ROOT / "deployments" / "catalog.toml").get("alpaca-paper").consumers:
        containment.refuse(consumer, [], [], is_guarded=False)


def test_a_consumer_that_does_not_say_kind_and_app_is_none_that_may_get_it() -> None:
    for written, may in (({"kind": "heroku", "app": "raxx-mq-a"}, True), ({"app": "raxx-mq-a"}, False)):
        assert (containment.problem_with(KINDS.consumer(written), written, BRAKED, []) is None) is may
    assert containment.problem_with(HerokuConsumer, {"kind": "heroku"}, BRAKED, []) is not None


def test_a_brake_at_another_platform_is_none_of_an_app_of_the_same_name() -> None:
    written = {"kind": "heroku", "app": "raxx-mq-a"}
    assert containment.problem_with(HerokuConsumer, written, [("elsewhere", "raxx-mq-a")], []) is not None


@pytest.mark.parametrize(
    ("field", "value", "pattern"),
    [("environment", "staging", "*staging*"), ("environment", "Dev", "*dev*"), ("path", "/MooseQuest/uat", "*uat*")],
)
def test_a_live_pair_is_not_kept_where_staging_reads(tmp_path: Path, field: str, value: str, pattern: str) -> None:
    before, after = SHIPPED.split("[credential.alpaca-live.vault]\n")
    lines = after.splitlines(keepends=True)
    index = next(number for number, one in enumerate(lines) if one.startswith(f"{field} = "))
    lines[index] = f'{field} = "{value}"\n'

    told = refusal(tmp_path, f"{before}[credential.alpaca-live.vault]\n{''.join(lines)}")

    said = "containment: a live pair is kept apart from what trades no real money: "
    said += f"{value} matches the denied '{pattern}', name the environment and the path of real trading"
    assert f"credential.alpaca-live.vault.{field} (line {before.count(chr(10)) + 2 + index}): {said}" in told


@pytest.mark.parametrize(
    ("fields", "cost"), [('limit_price = "5.01"', "5.01"), ('limit_price = "1.00"\nquantity = 6', "6.00")]
)
def test_a_live_check_order_may_cost_next_to_nothing(tmp_path: Path, fields: str, cost: str) -> None:
    before, after = SHIPPED.split(FIRST_BRAKE)
    table = f"[credential.alpaca-live.verification.check_order]\n{fields}\n\n"
    line = before.count("\n") + 2

    told = refusal(tmp_path, f"{before}{table}{FIRST_BRAKE}{after}")

    said = "containment: the check order of a live credential may cost at most 5 USD: "
    said += f"quantity x limit_price is {cost} USD, lower one of them"
    assert f"credential.alpaca-live.verification.check_order.limit_price (line {line}): {said}" in told


def test_no_app_is_called_stopped_by_the_page_of_another_one(tmp_path: Path) -> None:
    """Whether its own consumer names a runtime or not, and whether the other one does."""
    silent = SHIPPED.replace('\nruntime = "mq-a"\n', "\n", 1)
    head, rest = silent.rsplit('runtime = "mq-a"', 1)
    lent = f'{head}runtime = "raptor-prod"{rest}'
    said = "brake TRADING_LIVE_DISABLED on raxx-mq-a is proved by raptor-prod, which is raxx-api-prod"

    assert said in refusal(tmp_path, lent)
    before, live = lent.split("[credential.alpaca-live]")
    live = live.replace('\nruntime = "raptor-prod"\n', "\n", 1)
    assert said in refusal(tmp_path, f"{before}[credential.alpaca-live]{live}")
    (tmp_path / "catalog.toml").write_text(silent)
    assert load_catalog(tmp_path / "catalog.toml").get("alpaca-live").runtimes == ("raptor-prod",)
