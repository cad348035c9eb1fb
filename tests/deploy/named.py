"""Which variables Prefect and rekey know, and which of them a production sets (docs/how-to/production.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prefect.settings.models.root import Settings as PrefectSettings
from pydantic import AliasChoices, BaseModel

from blocks.settings import Settings

# Read by Prefect's server straight from the environment (prefect/server/utilities/encryption.py, 3.8.8).
BESIDE_PREFECTS = {"PREFECT_SERVER_ENCRYPTION_KEY"}
# Those of prefect-redis: tests/deploy/test_image_steps.py asks it.
OF_REDIS = {"PREFECT_REDIS_MESSAGING_URL", "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL"}
# Those of prefect-kubernetes: tests/pods asks its worker.
OF_KUBERNETES = {
    "PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES",
    "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_NAME",
    "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_KEY",
}
REKEYS = {f"REKEY_{name.upper()}" for name in Settings.model_fields}
# What several servers on one database, whose code is read-only, need beyond one.
SEVERAL: dict[str, str | None] = {
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": None,
    "PREFECT_SERVER_DOCKET_URL": None,
    "PREFECT_SERVER_UI_STATIC_DIRECTORY": None,
    "PREFECT_REDIS_MESSAGING_URL": None,
    "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": None,
    "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
    "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
}
# By whom each setting of the demo, which production.md names, is taken. None for a value that belongs to a place.
_BOTH: dict[str, str | None] = {
    "PREFECT_HOME": None,
    "PREFECT_RESULTS_LOCAL_STORAGE_PATH": None,
    "PREFECT_API_AUTH_STRING": None,
    "PREFECT_UI_URL": None,
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
SERVER: dict[str, str | None] = {
    **_BOTH,
    "PREFECT_SERVER_ENCRYPTION_KEY": None,
    "PREFECT_SERVER_API_AUTH_STRING": None,
    "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": None,
}
CLIENT: dict[str, str | None] = {
    **_BOTH,
    "PREFECT_API_URL": None,
    "PREFECT_CLIENT_MAX_RETRIES": "10",
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500,504",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "REKEY_CONFIG": None,
}


def prefects() -> set[str]:
    """Every variable from which Prefect reads a setting."""
    return {name.upper() for name in _of(PrefectSettings)} | BESIDE_PREFECTS | OF_REDIS | OF_KUBERNETES


def _of(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _of(kind)
            continue
        yield f"{model.model_config.get('env_prefix', '')}{name}"
        alias = field.validation_alias
        yield from (one for one in (alias.choices if isinstance(alias, AliasChoices) else ()) if isinstance(one, str))


def wrong(given: dict[str, str], wanted: dict[str, str | None]) -> dict[str, str]:
    """What of the wanted is missing, or has another value than it must have."""
    return {
        name: given.get(name, "missing")
        for name, value in wanted.items()
        if name not in given or value not in {None, given[name]}
    }
