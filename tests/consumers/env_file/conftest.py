"""A local file that holds a pair, and the consumer that writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.consumers.env_file.consumer import EnvFileConsumer
from tests.consumers.env_file.written import NAMES, OLD


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the secret on purpose; so it lies where no secret is looked for."""
    path = tmp_path_factory.mktemp("app") / ".env"
    path.write_text(OLD)
    path.chmod(0o600)
    return path


@pytest.fixture
def consumer(path: Path) -> EnvFileConsumer:
    return EnvFileConsumer(kind="env-file", path=path, names=NAMES)
