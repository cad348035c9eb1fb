from __future__ import annotations

import itertools
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import (
    CatalogError,
    Missing,
    RateLimited,
    Refused,
    Rejected,
    Unclear,
    Unreachable,
    VendorError,
)
from blocks.vendors.github import WRITE_CHECK, Github, GithubClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.github import GithubSandbox
from deployments.sandbox.github_store import GithubKnobs
from deployments.sandbox.server import SandboxServer
from tests.vendors.silence import assert_silent

KEY, SECRET = "ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"
# For a fault that never answers; everything else may take its time on a busy machine.
SHORT_S, LONG_S = 0.3, 10.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Scene:
    """The simulated GitHub and how to reach it."""

    github: GithubSandbox
    server: SandboxServer

    def client(self, token: str | None = None, prefix: str = "", **fields: Any) -> GithubClient:
        """A client as a step gets it."""
        return Github(
            url=self.server.url("github") + prefix,
            token=SecretStr(token or self.github.token),
            **{"read_timeout_s": LONG_S, **fields},
        ).get_client()

    def client_for(self, fault: dict[str, Any]) -> GithubClient:
        """A client that does not wait long for an answer that never comes."""
        return self.client(read_timeout_s=SHORT_S if fault["kind"] is FaultKind.HANG else LONG_S)

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this GitHub."""
        self.server.plan.add(Fault("github", kind, **fields))

    def requests(self, repository: str, count: int) -> list[tuple[str, str]]:
        """Method and last part of the path of all requests so far; waits for the last, journaled after its answer."""
        deadline = time.monotonic() + 5
        while len(seen := [one for one in self.server.journal.of("github") if f"/{repository}/" in one.path]) < count:
            assert time.monotonic() < deadline, f"only {len(seen)} requests were journaled"
        return [(one.method, one.path.rpartition("/")[2]) for one in seen]


@pytest.fixture(scope="module")
def running_scene() -> Iterator[Scene]:
    github = GithubSandbox()
    server = SandboxServer({"github": github.app()})
    server.start()
    yield Scene(github, server)
    server.stop()


@pytest.fixture
def scene(running_scene: Scene) -> Iterator[Scene]:
    yield running_scene
    running_scene.server.plan.clear()
    for name in GithubKnobs.__dataclass_fields__:
        setattr(running_scene.github.knobs, name, getattr(GithubKnobs(), name))


@pytest.fixture
def repository(scene: Scene) -> str:
    name = f"raxx/raxx-{next(_numbers)}"
    scene.github.add_repository(name)
    scene.github.add_environment(name, "prod/eu")
    return name


@pytest.fixture
def client(scene: Scene) -> Iterator[GithubClient]:
    with scene.client() as made:
        yield made


def new_pair() -> dict[str, SecretStr]:
    return {KEY: SecretStr(made_up.alpaca_key_id("PK")), SECRET: SecretStr(made_up.alpaca_secret())}


@pytest.mark.parametrize("environment", [None, "prod/eu"])
def test_both_secrets_are_written_one_after_the_other_with_one_fresh_key(
    scene: Scene, client: GithubClient, repository: str, environment: str | None
) -> None:
    pair = new_pair()
    client.put_secrets(repository, pair, environment)
    for name, value in pair.items():
        assert scene.github.reveal(repository, name, environment) == value.get_secret_value()
    assert scene.requests(repository, 3) == [("GET", "public-key"), ("PUT", KEY), ("PUT", SECRET)]


def test_an_environments_secrets_are_apart_from_the_repositorys(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    client.put_secrets(repository, new_pair(), "prod/eu")
    assert scene.github.names(repository) == []


def test_writing_again_replaces_the_values(scene: Scene, client: GithubClient, repository: str) -> None:
    client.put_secrets(repository, new_pair())
    again = new_pair()
    client.put_secrets(repository, again)
    assert scene.github.reveal(repository, SECRET) == again[SECRET].get_secret_value()


def test_a_write_is_proved_by_githubs_own_clock(client: GithubClient, repository: str) -> None:
    moment = client.put_secrets(repository, new_pair())
    assert moment.tzinfo is UTC
    assert client.updated_since(repository, [KEY, SECRET], moment) is Answer.YES
    assert client.updated_since(repository, [KEY, SECRET], moment + timedelta(hours=1)) is Answer.NO


def test_a_moment_with_fractions_counts_from_its_whole_second(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    second = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    scene.github.edit_by_hand(repository, KEY, "typed", updated_at=second.timestamp() + 0.2)
    assert client.secret_updated_at(repository, KEY) == second
    assert client.updated_since(repository, [KEY], second + timedelta(seconds=0.9)) is Answer.YES
    assert client.updated_since(repository, [KEY], second + timedelta(seconds=1)) is Answer.NO


def test_a_write_that_github_acknowledged_and_did_not_make_is_noticed(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    for name in (KEY, SECRET):
        scene.github.edit_by_hand(repository, name, "before", updated_at=time.time() - 60)
    scene.github.knobs.ignore_writes = True
    moment = client.put_secrets(repository, new_pair())
    assert client.updated_since(repository, [KEY, SECRET], moment) is Answer.NO


def test_one_of_two_secrets_written_is_no_proof(scene: Scene, client: GithubClient, repository: str) -> None:
    moment = client.server_time()
    scene.github.edit_by_hand(repository, KEY, "after")
    assert client.updated_since(repository, [KEY], moment) is Answer.YES
    assert client.updated_since(repository, [KEY, SECRET], moment) is Answer.NO


def test_server_time_is_githubs_date(client: GithubClient) -> None:
    assert abs(client.server_time() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_secret_that_does_not_exist_was_never_written(client: GithubClient, repository: str) -> None:
    assert client.secret_updated_at(repository, KEY) is None
    assert client.updated_since(repository, [KEY], client.server_time()) is Answer.NO


@pytest.mark.parametrize("environment", [None, "prod/eu"])
def test_a_place_that_cannot_be_seen_is_missing_and_never_an_absent_secret(
    scene: Scene, repository: str, environment: str | None
) -> None:
    token = scene.github.add_token({"secrets": "write", "environments": "write"}, repositories=("raxx/other",))
    with scene.client(token) as client:
        with pytest.raises(Missing, match="catalog"):
            client.secret_updated_at(repository, KEY, environment)
        with pytest.raises(Missing, match="catalog") as caught:
            client.updated_since(repository, [KEY], datetime.now(UTC), environment)
    assert_silent(caught.value)


@pytest.mark.parametrize("environment", [None, "prod/eu"])
def test_write_access_is_proved_and_leaves_nothing_behind(
    scene: Scene, client: GithubClient, repository: str, environment: str | None
) -> None:
    assert client.can_write(repository, environment) is Answer.YES
    assert scene.github.names(repository, environment) == []
    seen = scene.requests(repository, 3)
    assert seen == [("GET", "public-key"), ("PUT", WRITE_CHECK), ("DELETE", WRITE_CHECK)]


def test_a_write_check_that_was_left_over_is_cleaned_up(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.github.edit_by_hand(repository, WRITE_CHECK, "left over")
    assert client.can_write(repository) is Answer.YES
    assert scene.github.names(repository) == []


def test_a_write_check_whose_answer_was_lost_is_deleted_all_the_same(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.fault(FaultKind.DROP_AFTER, method="PUT")
    with pytest.raises(Unreachable) as caught:
        client.can_write(repository)
    assert caught.value.operation.startswith("write ")
    assert scene.github.names(repository) == []


def test_a_write_check_that_cannot_be_deleted_is_no_proof(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.fault(FaultKind.DROP_BEFORE, method="DELETE")
    with pytest.raises(Unreachable):
        client.can_write(repository)
    assert client.can_write(repository) is Answer.YES
    assert scene.github.names(repository) == []


def test_a_check_deleted_by_somebody_else_meanwhile_is_still_a_proof(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.fault(FaultKind.ANSWER, method="DELETE", status=404, body={"message": "Not Found"})
    assert client.can_write(repository) is Answer.YES


def test_a_success_that_is_no_receipt_of_githubs_is_unknown(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.fault(FaultKind.ANSWER, method="PUT", status=200, body={}, times=None)
    assert client.can_write(repository) is Answer.UNKNOWN
    with pytest.raises(Unclear, match="no receipt"):
        client.put_secrets(repository, new_pair())


@pytest.mark.parametrize(
    ("granted", "environment", "named"),
    [
        ({"secrets": "read"}, None, '"Secrets: read and write".*GitHub asks for secrets=write'),
        ({}, None, '"Secrets: read and write".*GitHub asks for secrets=read'),
        ({"secrets": "write"}, "prod/eu", '"Environments: read and write".*GitHub asks for environments=read'),
        ({"environments": "read"}, "prod/eu", '"Environments: read and write".*GitHub asks for environments=write'),
    ],
)
def test_a_token_that_may_not_write_is_refused_with_the_permission_and_the_repository(
    scene: Scene, repository: str, granted: dict[str, str | None], environment: str | None, named: str
) -> None:
    with scene.client(scene.github.add_token(granted)) as client, pytest.raises(Refused, match=named) as caught:
        client.can_write(repository, environment)
    assert caught.value.status == 403
    assert caught.value.request_id
    assert repository in caught.value.remedy
    assert_silent(caught.value)


def test_a_classic_token_needs_the_scope_repo(scene: Scene, repository: str) -> None:
    with scene.client(scene.github.add_token(classic=True)) as client:
        assert client.can_write(repository) is Answer.YES
    with (
        scene.client(scene.github.add_token(classic=True, scopes=("gist",))) as client,
        pytest.raises(Missing, match="scope repo"),
    ):
        client.can_write(repository)
    scene.github.add_repository(public := f"{repository}-public", private=False)
    with (
        scene.client(scene.github.add_token(classic=True, scopes=("gist",))) as client,
        pytest.raises(Refused, match="scope repo"),
    ):
        client.can_write(public)


def test_a_revoked_token_is_refused_and_the_remedy_names_the_block(scene: Scene, repository: str) -> None:
    token = scene.github.add_token({"secrets": "write"})
    scene.github.revoke_token(token)
    with scene.client(token) as client:
        for question in (lambda: client.can_write(repository), client.server_time):
            with pytest.raises(Refused, match="GitHub block") as caught:
                question()
            assert caught.value.status == 401
            assert_silent(caught.value)


def test_an_archived_repository_is_refused_and_the_remedy_says_to_look_there(
    scene: Scene, client: GithubClient
) -> None:
    scene.github.add_repository("raxx/old", archived=True)
    with pytest.raises(Refused, match="archived"):
        client.can_write("raxx/old")


def test_single_sign_on_is_named_without_its_address(scene: Scene, client: GithubClient, repository: str) -> None:
    scene.github.knobs.sso_required = True
    with pytest.raises(Refused, match="single sign-on of raxx") as caught:
        client.can_write(repository)
    assert "authorization_request" not in str(pickle.dumps(caught.value))


def test_an_unknown_repository_or_environment_is_missing(client: GithubClient, repository: str) -> None:
    for place in (("raxx/none", None), (repository, "none")):
        with pytest.raises(Missing, match=r"Compare .* in the catalog"):
            client.can_write(*place)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("knobs", "least", "most"),
    [
        ({"retry_after_s": 7}, 7, 7),
        ({"rate_limit_in_message_only": True}, 60, 60),
        ({}, 1, 3601),
        ({"retry_after_s": 7, "rate_limit_message": "Slow down"}, 7, 7),
        ({"rate_limit_message": "Slow down"}, 1, 3601),
    ],
)
def test_a_rate_limit_is_told_from_a_refusal_and_says_how_long_to_wait(
    scene: Scene,
    client: GithubClient,
    repository: str,
    status: int,
    knobs: dict[str, Any],
    least: int,
    most: int,
) -> None:
    scene.github.knobs.rate_limited, scene.github.knobs.rate_limit_status = True, status
    for name, value in knobs.items():
        setattr(scene.github.knobs, name, value)
    with pytest.raises(RateLimited) as caught:
        client.put_secrets(repository, new_pair())
    assert caught.value.transient
    assert caught.value.retry_after_s is not None
    assert least <= caught.value.retry_after_s <= most
    assert_silent(caught.value)


def test_a_key_replaced_between_reading_and_writing_is_rejected_and_the_next_batch_succeeds(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.github.knobs.replace_key_after_reading = True
    with pytest.raises(Rejected, match="fresh sealing key") as caught:
        client.put_secrets(repository, new_pair())
    assert (caught.value.status, caught.value.code) == (422, "invalid")
    assert_silent(caught.value)
    scene.github.knobs.replace_key_after_reading = False
    scene.github.rotate_key(repository)
    client.put_secrets(repository, new_pair())


def test_a_value_that_is_too_large_or_a_reserved_name_is_rejected(client: GithubClient, repository: str) -> None:
    with pytest.raises(Rejected, match="48 KB"):
        client.put_secrets(repository, {KEY: SecretStr("x" * (48 * 1024 + 1))})
    with pytest.raises(Rejected, match="not GITHUB_"):
        client.put_secrets(repository, {"GITHUB_KEY": SecretStr("x")})


def test_a_value_of_any_characters_arrives_unchanged(scene: Scene, client: GithubClient, repository: str) -> None:
    value = 'line\nend "quoted" \u00e9\u20ac \\'
    client.put_secrets(repository, {KEY: SecretStr(value)})
    assert scene.github.reveal(repository, KEY) == value


def test_half_a_character_in_a_value_raises_nothing_that_holds_the_value(client: GithubClient, repository: str) -> None:
    client.put_secrets(repository, {KEY: SecretStr("\ud800")})


@pytest.mark.parametrize("name", ["", "raxx", "raxx/", "/raxx", "raxx/..", "raxx/a/b", "raxx/a?b", "raxx/a b", "../a"])
def test_a_repository_that_is_none_is_never_asked_for(scene: Scene, client: GithubClient, name: str) -> None:
    before = len(scene.server.journal.entries)
    with pytest.raises(CatalogError):
        client.put_secrets(name, new_pair())
    assert len(scene.server.journal.entries) == before


@pytest.mark.parametrize("name", ["", "A-B", "A/B", "1A", "A B", "A\n"])
def test_an_impossible_name_stops_the_batch_before_its_first_write(
    scene: Scene, client: GithubClient, repository: str, name: str
) -> None:
    with pytest.raises(CatalogError):
        client.put_secrets(repository, {KEY: SecretStr("x"), name: SecretStr("x")})
    assert scene.github.names(repository) == []
    with pytest.raises(CatalogError):
        client.secret_updated_at(repository, name)


@pytest.mark.parametrize("environment", ["", ".", "..", " "])
def test_an_environment_that_is_none_is_never_asked_for(
    client: GithubClient, repository: str, environment: str
) -> None:
    with pytest.raises(CatalogError):
        client.can_write(repository, environment)


def test_an_enterprise_server_is_reached_under_its_prefix_with_its_version(scene: Scene, repository: str) -> None:
    with scene.client(prefix="/api/v3", api_version="2022-11-28") as client:
        assert client.can_write(repository) is Answer.YES
        assert client.updated_since(repository, [KEY], client.put_secrets(repository, new_pair())) is Answer.YES


def test_an_api_version_that_the_server_does_not_know_is_rejected_with_what_to_do(
    scene: Scene, repository: str
) -> None:
    with scene.client(api_version="2031-01-01") as client, pytest.raises(Rejected, match="API version") as caught:
        client.can_write(repository)
    assert caught.value.status == 400


OPERATIONS: dict[str, Callable[[GithubClient, str], object]] = {
    "server_time": lambda client, _: client.server_time(),
    "can_write": lambda client, repository: client.can_write(repository),
    "secret_updated_at": lambda client, repository: client.secret_updated_at(repository, KEY),
    "put_secrets": lambda client, repository: client.put_secrets(repository, new_pair()),
}

FAULTS: list[tuple[dict[str, Any], type[VendorError], bool]] = [
    ({"kind": FaultKind.ANSWER, "status": 401, "body": {"message": "Bad credentials"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 403, "body": {"message": "Resource not accessible"}}, Refused, False),
    ({"kind": FaultKind.ANSWER, "status": 409, "body": {"message": "Conflict"}}, Rejected, False),
    ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True),
    ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True),
    ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 502}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 200}, Unclear, True),
    ({"kind": FaultKind.HTML, "status": 403}, Unclear, False),
    ({"kind": FaultKind.HTML, "status": 404}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 404, "body": "Not Found"}, Unclear, False),
    ({"kind": FaultKind.ANSWER, "status": 302, "body": {}}, Unclear, False),
    ({"kind": FaultKind.HANG}, Unreachable, True),
    ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True),
    ({"kind": FaultKind.DROP_AFTER}, Unreachable, True),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_every_fault_becomes_one_silent_error(
    scene: Scene,
    repository: str,
    operation: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    scene.github.edit_by_hand(repository, KEY, "known")
    scene.fault(**fault)
    with scene.client_for(fault) as client, pytest.raises(VendorError) as caught:
        OPERATIONS[operation](client, repository)
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert caught.value.vendor == "GitHub"
    assert_silent(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  our own pickle


@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_a_fault_of_the_second_write_is_raised_as_what_it_is(
    scene: Scene,
    client: GithubClient,
    repository: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    scene.fault(**fault, method="PUT", path=f".*/{SECRET}")
    pair = new_pair()
    moment = client.server_time()
    with scene.client_for(fault) as hasty, pytest.raises(VendorError) as caught:
        hasty.put_secrets(repository, pair)
    assert type(caught.value) is kind
    assert caught.value.transient is transient
    assert SECRET in caught.value.operation
    assert_silent(caught.value)
    applied = fault["kind"] is FaultKind.DROP_AFTER
    assert client.updated_since(repository, pair, moment) is (Answer.YES if applied else Answer.NO)
    client.put_secrets(repository, pair)
    assert scene.github.reveal(repository, SECRET) == pair[SECRET].get_secret_value()


@pytest.mark.parametrize(("fault", "kind", "transient"), FAULTS)
def test_a_proof_without_a_clear_answer_is_unknown_or_an_error_and_never_yes_or_no(
    scene: Scene,
    client: GithubClient,
    repository: str,
    fault: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
) -> None:
    moment = client.put_secrets(repository, new_pair())
    scene.fault(**fault, path=f".*/{SECRET}")
    with scene.client_for(fault) as hasty:
        if kind in {Unclear, Unreachable}:
            assert hasty.updated_since(repository, [KEY, SECRET], moment) is Answer.UNKNOWN
        else:
            with pytest.raises(kind) as caught:
                hasty.updated_since(repository, [KEY, SECRET], moment)
            assert caught.value.transient is transient
    assert client.updated_since(repository, [KEY, SECRET], moment) is Answer.YES


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"updated_at": None},
        {"updated_at": "yesterday"},
        {"updated_at": "2026-11-21T10:00:00"},
        {"key_id": 1, "key": "AAAA"},
        {"key_id": "1", "key": "AAAA"},
        {"key_id": "1", "key": "\u00e9"},
        {"key_id": "1"},
    ],
)
def test_an_answer_without_the_documented_fields_is_unclear(
    scene: Scene, client: GithubClient, repository: str, body: Any
) -> None:
    scene.fault(FaultKind.ANSWER, status=200, body=body, times=None)
    for operation in ("can_write", "secret_updated_at", "put_secrets"):
        with pytest.raises(Unclear) as caught:
            OPERATIONS[operation](client, repository)
        assert not caught.value.transient
        assert_silent(caught.value)
    assert client.updated_since(repository, [KEY], datetime.now(UTC)) is Answer.UNKNOWN


def test_the_block_shows_no_token(scene: Scene) -> None:
    block = Github(token=SecretStr(scene.github.token))
    assert block.url == "https://api.github.com"
    assert scene.github.token not in repr(block) + str(block.model_dump())
    with block.get_client() as client:
        assert scene.github.token not in repr(vars(client)) + repr(vars(client._http))
