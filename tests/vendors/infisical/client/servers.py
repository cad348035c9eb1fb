"""The servers that the client is tested before."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.vaults.infisical.client import API
from deployments.sandbox.infisical.app import Profile

SERVERS: list[tuple[Profile, API]] = [("2024", "v3"), ("current", "v3"), ("current", "v4")]


def clear(values: dict[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in values.items()}
