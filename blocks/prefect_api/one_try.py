"""A client of Prefect's that sends once and gives up soon: for what has another way, or what comes again by itself."""

from __future__ import annotations

from prefect.context import SettingsContext, get_settings_context

# Seconds. Prefect's own is a minute.
TIMEOUT_S = 10.0


def one_try(timeout_s: float | None = None) -> SettingsContext:
    """Prefect's settings without retries; ``timeout_s`` for each request, or Prefect's own.

    A copy: Prefect's own ``temporary_settings`` reads all sources anew, 60 to 100 ms each time (3.8.8).
    """
    context = get_settings_context()
    settings = context.settings
    changed: dict[str, object] = {"client": settings.client.model_copy(update={"max_retries": 0})}
    if timeout_s is not None:
        changed["api"] = settings.api.model_copy(update={"request_timeout": timeout_s})
    return SettingsContext(profile=context.profile, settings=settings.model_copy(update=changed))
