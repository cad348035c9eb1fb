"""How long the runs of this worker go on asking while Prefect's server or its database is away."""

from __future__ import annotations

from prefect.settings import get_current_settings

from blocks.errors import StepError

# Each pause is twice the one before (prefect 3.8.8): with ten, a run gives up after half an hour, with five after one
# minute.
RETRIES = 10
# Prefect's server answers 500 while its database is away, and a proxy 504; its client takes them for final.
CODES = frozenset({500, 504})


def patience() -> str:
    """A run outlives an outage of Prefect. Raises StepError when this worker's runs would end by it."""
    client = get_current_settings().client
    # Prefect's type says that it may be a text, which its settings never hold.
    repeated = client.retry_extra_codes
    codes = sorted(CODES - (repeated if isinstance(repeated, set) else set()))
    wrong = [f"PREFECT_CLIENT_MAX_RETRIES is {client.max_retries}"] if client.max_retries < RETRIES else []
    wrong += [f"PREFECT_CLIENT_RETRY_EXTRA_CODES lacks {', '.join(map(str, codes))}"] if codes else []
    if wrong:
        raise StepError(
            f"An outage of Prefect's server or its database may end a run of this worker: {'; '.join(wrong)}.",
            f"Start the worker with PREFECT_CLIENT_MAX_RETRIES={RETRIES} and "
            f"PREFECT_CLIENT_RETRY_EXTRA_CODES={','.join(map(str, sorted(CODES)))} (docs/how-to/production.md).",
        )
    return "The runs of this worker outlive an outage of Prefect's server of half an hour."
