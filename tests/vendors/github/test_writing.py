"""Secrets are written with a fresh key, and a write is proved by GitHub's own clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.github.client import GithubClient
from blocks.consumers.github.place import Place
from blocks.errors import (
    CatalogError,
    Missing,
    Rejected,
)
from tests.vendors.github.scene import KEY, SECRET, Scene, new_pair
from tests.vendors.silence import assert_silent


@pytest.mark.parametrize("environment", [None, "prod/eu"])
def test_both_secrets_are_written_one_after_the_other_with_one_fresh_key(
    scene: Scene, client: GithubClient, repository: str, environment: str | None
) -> None:
    pair = new_pair()
    client.put_secrets(Place.of(repository, environment), pair)
    for name, value in pair.items():
        assert scene.github.reveal(repository, name, environment) == value.get_secret_value()
    assert scene.requests(repository, 3) == [("GET", "public-key"), ("PUT", KEY), ("PUT", SECRET)]


def test_an_environments_secrets_are_apart_from_the_repositorys(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    client.put_secrets(Place.of(repository, "prod/eu"), new_pair())
    assert scene.github.names(repository) == []


def test_writing_again_replaces_the_values(scene: Scene, client: GithubClient, repository: str) -> None:
    client.put_secrets(Place.of(repository), new_pair())
    again = new_pair()
    client.put_secrets(Place.of(repository), again)
    assert scene.github.reveal(repository, SECRET) == again[SECRET].get_secret_value()


def test_a_write_is_proved_by_githubs_own_clock(client: GithubClient, repository: str) -> None:
    moment = client.put_secrets(Place.of(repository), new_pair()).at
    assert moment.tzinfo is UTC
    assert client.updated_since(Place.of(repository), [KEY, SECRET], moment) is Answer.YES
    assert client.updated_since(Place.of(repository), [KEY, SECRET], moment + timedelta(hours=1)) is Answer.NO


def test_a_moment_with_fractions_counts_from_its_whole_second(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    second = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    scene.github.edit_by_hand(repository, KEY, "typed", updated_at=second.timestamp() + 0.2)
    assert client.secret_updated_at(Place.of(repository), KEY) == second
    assert client.updated_since(Place.of(repository), [KEY], second + timedelta(seconds=0.9)) is Answer.YES
    assert client.updated_since(Place.of(repository), [KEY], second + timedelta(seconds=1)) is Answer.NO


def test_a_write_that_github_acknowledged_and_did_not_make_is_noticed(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    for name in (KEY, SECRET):
        scene.github.edit_by_hand(repository, name, "before", updated_at=time.time() - 60)
    scene.github.knobs.ignore_writes = True
    moment = client.put_secrets(Place.of(repository), new_pair()).at
    assert client.updated_since(Place.of(repository), [KEY, SECRET], moment) is Answer.NO


def test_a_secret_that_was_new_is_told_from_one_that_was_replaced(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.github.edit_by_hand(repository, KEY, "before")
    assert client.put_secrets(Place.of(repository), new_pair()).created == (SECRET,)
    assert client.put_secrets(Place.of(repository), new_pair()).created == ()


def test_one_of_two_secrets_written_is_no_proof(scene: Scene, client: GithubClient, repository: str) -> None:
    moment = datetime.now(UTC)
    scene.github.edit_by_hand(repository, KEY, "after")
    assert client.updated_since(Place.of(repository), [KEY], moment) is Answer.YES
    assert client.updated_since(Place.of(repository), [KEY, SECRET], moment) is Answer.NO


def test_the_moment_of_a_write_is_githubs_date(client: GithubClient, repository: str) -> None:
    moment = client.put_secrets(Place.of(repository), new_pair()).at
    assert moment.microsecond == 0
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_secret_that_does_not_exist_was_never_written(client: GithubClient, repository: str) -> None:
    assert client.secret_updated_at(Place.of(repository), KEY) is None
    assert client.updated_since(Place.of(repository), [KEY], datetime.now(UTC)) is Answer.NO


@pytest.mark.parametrize("environment", [None, "prod/eu"])
def test_a_place_that_cannot_be_seen_is_missing_and_never_an_absent_secret(
    scene: Scene, repository: str, environment: str | None
) -> None:
    token = scene.github.add_token({"secrets": "write", "environments": "write"}, repositories=("raxx/other",))
    with scene.client(token) as client:
        with pytest.raises(Missing, match="catalog"):
            client.secret_updated_at(Place.of(repository, environment), KEY)
        with pytest.raises(Missing, match="catalog") as caught:
            client.updated_since(Place.of(repository, environment), [KEY], datetime.now(UTC))
    assert_silent(caught.value)


def test_a_key_replaced_between_reading_and_writing_is_rejected_and_the_next_batch_succeeds(
    scene: Scene, client: GithubClient, repository: str
) -> None:
    scene.github.knobs.replace_key_after_reading = True
    with pytest.raises(Rejected, match="fresh sealing key") as caught:
        client.put_secrets(Place.of(repository), new_pair())
    # GitHub names no code here, only a text (integrations/terraform-provider-github 2315).
    assert (caught.value.status, caught.value.code) == (422, None)
    assert_silent(caught.value)
    scene.github.knobs.replace_key_after_reading = False
    scene.github.rotate_key(repository)
    client.put_secrets(Place.of(repository), new_pair())


def test_a_value_that_is_too_large_or_a_reserved_name_is_rejected(client: GithubClient, repository: str) -> None:
    with pytest.raises(Rejected, match="48 KB"):
        client.put_secrets(Place.of(repository), {KEY: SecretStr("x" * (48 * 1024 + 1))})
    with pytest.raises(Rejected, match="not GITHUB_"):
        client.put_secrets(Place.of(repository), {"GITHUB_KEY": SecretStr("x")})


def test_a_value_of_any_characters_arrives_unchanged(scene: Scene, client: GithubClient, repository: str) -> None:
    value = 'line\nend "quoted" \u00e9\u20ac \\'
    client.put_secrets(Place.of(repository), {KEY: SecretStr(value)})
    assert scene.github.reveal(repository, KEY) == value


def test_half_a_character_in_a_value_raises_nothing_that_holds_the_value(client: GithubClient, repository: str) -> None:
    client.put_secrets(Place.of(repository), {KEY: SecretStr("\ud800")})


@pytest.mark.parametrize("name", ["", "A-B", "A/B", "1A", "A B", "A\n"])
def test_an_impossible_name_stops_the_batch_before_its_first_write(
    scene: Scene, client: GithubClient, repository: str, name: str
) -> None:
    with pytest.raises(CatalogError):
        client.put_secrets(Place.of(repository), {KEY: SecretStr("x"), name: SecretStr("x")})
    assert scene.github.names(repository) == []
    with pytest.raises(CatalogError):
        client.secret_updated_at(Place.of(repository), name)
