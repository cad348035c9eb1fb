"""The consumers of this repository before their twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prefect.settings import (
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    temporary_settings,
)
from pydantic import SecretStr

from blocks.consumers.env_file.consumer import EnvFileConsumer
from blocks.consumers.github.copies import GithubCopy
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.github.shared import DependabotConsumer, OrganizationConsumer
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.interface import Consumer
from blocks.consumers.person.notice import SlackConsumer
from blocks.consumers.rekey_block.consumer import RekeyBlockConsumer
from blocks.secret import Minted
from deployments.kit.shipped.common import NAMES, TIMEOUT_S, a_pair, all_blocks, block_of, catalog_of, current
from deployments.kit.stands import ConsumerStand
from deployments.sandbox.estate import APPS, CHANNEL, REPOSITORY, Estate
from deployments.sandbox.prefect_blocks import PrefectBlocks
from deployments.sandbox.server import SandboxServer

APP = APPS["raptor-prod"]


def _given(estate: Estate, vendor: str, consumer: Consumer, has: Any, write: tuple[str, str]) -> ConsumerStand:
    return ConsumerStand(
        estate.server, vendor, consumer, current(estate), a_pair(), has, write, blocks=all_blocks(estate)
    )


def _has(consumer: Consumer, pair: Minted, reveal: Callable[[str], str | None]) -> bool:
    return all(reveal(name) == value.get_secret_value() for name, value in consumer.named(pair).items())


@contextmanager
def heroku() -> Iterator[ConsumerStand]:
    """An app at Heroku."""
    with Estate() as estate:
        consumer = HerokuConsumer(kind="heroku", app=APP, names=NAMES)

        def has(pair: Minted) -> bool:
            there = estate.heroku.variables(APP)
            return all(there.get(name) == value.get_secret_value() for name, value in consumer.named(pair).items())

        yield _given(estate, "heroku", consumer, has, ("PATCH", ".*/config-vars"))


def _at_github(estate: Estate, consumer: GithubCopy, has: Callable[[Minted], bool]) -> ConsumerStand:
    return _given(estate, "github", consumer, has, ("PUT", ".*/secrets/.*"))


@contextmanager
def github() -> Iterator[ConsumerStand]:
    """Secrets of a repository."""
    with Estate() as estate:
        consumer = GithubConsumer(kind="github", repository=REPOSITORY, names=NAMES)

        def has(pair: Minted) -> bool:
            return _has(consumer, pair, lambda name: estate.github.reveal(REPOSITORY, name))

        yield _at_github(estate, consumer, has)


@contextmanager
def github_dependabot() -> Iterator[ConsumerStand]:
    """What Dependabot's runs read."""
    with Estate() as estate:
        consumer = DependabotConsumer(kind="github-dependabot", repository=REPOSITORY, names=NAMES)

        def has(pair: Minted) -> bool:
            return _has(consumer, pair, lambda name: estate.github.reveal(REPOSITORY, name, dependabot=True))

        yield _at_github(estate, consumer, has)


@contextmanager
def github_organization() -> Iterator[ConsumerStand]:
    """What an organization shares."""
    with Estate() as estate:
        owner = REPOSITORY.partition("/")[0]
        consumer = OrganizationConsumer(kind="github-organization", organization=owner, names=NAMES)
        for name, value in consumer.named(current(estate)).items():
            estate.github.add_organization_secret(owner, name, value.get_secret_value())

        def has(pair: Minted) -> bool:
            return _has(consumer, pair, lambda name: estate.github.shared(owner, name)[0])

        yield _at_github(estate, consumer, has)


@contextmanager
def slack() -> Iterator[ConsumerStand]:
    """A person with a local copy, who is told."""
    with Estate() as estate:
        consumer = SlackConsumer(kind="slack", channel=CHANNEL, names=NAMES)
        # What the person does then no twin can tell.
        yield _given(estate, "slack", consumer, lambda _: None, ("POST", ".*/chat.postMessage"))


@contextmanager
def rekey_block() -> Iterator[ConsumerStand]:
    """A field of one of rekey's own blocks, in Prefect."""
    with Estate() as estate:
        old, new = (Minted({"token": SecretStr(estate.heroku.add_token())}) for _ in range(2))
        block = block_of(estate, Heroku)
        prefect = PrefectBlocks()
        document = prefect.add("heroku", "rekey", {"url": block.url, "token": old.secret.get_secret_value()})
        server = SandboxServer({"prefect": prefect.app()})
        server.start()
        impatient = {
            PREFECT_API_URL: f"{server.url('prefect')}/api",
            PREFECT_CLIENT_MAX_RETRIES: 0,
            PREFECT_API_REQUEST_TIMEOUT: TIMEOUT_S,
        }
        consumer = RekeyBlockConsumer(kind="rekey-block", document="heroku/rekey", names={"token": "token"})

        def has(pair: Minted) -> bool:
            return bool(prefect.values(document)["token"] == pair.secret.get_secret_value())

        write = ("PATCH", ".*/block_documents/.*")
        with temporary_settings(impatient), catalog_of(estate):
            yield ConsumerStand(server, "prefect", consumer, old, new, has, write, blocks=all_blocks(estate))
        server.stop()


@contextmanager
def env_file() -> Iterator[ConsumerStand]:
    """A local .env file."""
    with TemporaryDirectory() as folder:
        path = Path(folder).resolve() / ".env"
        consumer, old = EnvFileConsumer(kind="env-file", path=path, names=NAMES), a_pair()
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value.get_secret_value()}\n" for name, value in consumer.named(old).items()))

        def has(pair: Minted) -> bool:
            lines = path.read_text().splitlines()
            return all(f"{name}={value.get_secret_value()}" in lines for name, value in consumer.named(pair).items())

        yield ConsumerStand(None, "", consumer, old, a_pair(), has)
