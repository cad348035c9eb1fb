"""What holds whatever fails: each function returns what does not hold, as sentences."""

from __future__ import annotations

import re
from datetime import datetime

from blocks.ledger import Ledger
from blocks.recording import DONE
from deployments import proof
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, Estate
from deployments.sandbox.raptor import KILL_SWITCH

NOT_PROVED = "NOT proved"
OVER = "Trading goes on with the new pair"
# How each vendor may be called in a sentence: by its name, or by what of it is meant.
_NAMES = {
    "infisical": ("Infisical", "vault"),
    "heroku": ("Heroku", "raxx-api-prod", "raxx-mq-a"),
    "alpaca-live": ("Alpaca", "Raptor", "raptor-prod", "mq-a"),
    "alpaca-paper": ("Alpaca",),
    "raptor-prod": ("raptor-prod",),
    "mq-a": ("mq-a",),
    "slack": ("Slack",),
}
_NO_SENTENCE = re.compile(r"Traceback|<class|<\w+ object|\w+Error\(|\bNone\b|An error that rekey does not know")
# A class name in brackets is how a broken connection is told: "connection failed (ReadError)".
_TWO_SENTENCES = re.compile(r"[.:)]\s+\S.*[.!]$", re.DOTALL)


def sentence(vendor: str, text: str) -> list[str]:
    """What a person is told has to name the vendor, and to say what is wrong and what helps."""
    found = []
    if not any(name in text for name in _NAMES[vendor]):
        found.append(f"it does not name {vendor}: {text}")
    if _NO_SENTENCE.search(text):
        found.append(f"that is no sentence for people: {text}")
    if not _TWO_SENTENCES.search(text.strip()):
        found.append(f"it says no remedy: {text}")
    return found


def reason_in(description: str) -> str:
    """The reason in the text of a held form: what stands below its heading."""
    parts = description.split("is held\n\n", 1)[-1].split("\n\n")
    return "\n\n".join(parts[: next(number for number, part in enumerate(parts) if _about_brakes(part))])


def while_held(estate: Estate, description: str) -> list[str]:
    """The form says how the brakes are, and that is so."""
    released = [app for app in LIVE_RUNTIMES.values() if (estate.heroku.serving(app) or {}).get(KILL_SWITCH) != "1"]
    if released and NOT_PROVED not in description and OVER not in description:
        return [f"held, and trading is on in {', '.join(released)} without a word"]
    return []


def when_refused(estate: Estate, ledger: Ledger) -> list[str]:
    """A rotation that refuses to begin changed nothing that trades."""
    found = [
        f"refused, and {app} has a new release"
        for app in LIVE_RUNTIMES.values()
        if len(estate.heroku.apps[app].releases) > 1
    ]
    if any(row.context.get("step") == "pause" for row in ledger.rows()):
        found.append("refused after trading was paused")
    return found


def afterwards(before: proof.Observation, estate: Estate, ledger: Ledger) -> list[str]:
    """The estate is rotated, and no pair ever traded before it was verified."""
    try:
        proof.prove_rotated(before, proof.observe(estate, "live"), ledger)
    except proof.NotRotatedError as error:
        return [error.problem, *traded_unverified(estate, ledger)]
    return traded_unverified(estate, ledger)


def traded_unverified(estate: Estate, ledger: Ledger) -> list[str]:
    """Releases of applications that trade real money with a pair that was not verified before, and trading on."""
    verified = [
        row.at for row in ledger.rows() if row.context.get("step") == "verify" and row.context.get("outcome") == DONE
    ]
    return [found for app in LIVE_RUNTIMES.values() for found in _unverified_releases(estate, app, verified)]


def _unverified_releases(estate: Estate, app: str, verified: list[datetime]) -> list[str]:
    releases = estate.heroku.apps[app].releases
    first = [releases[0].variables.get(name) for name in LIVE]
    return [
        f"release v{one.version} of {app} carries a pair that was not verified, with trading on"
        for one in releases
        if [one.variables.get(name) for name in LIVE] != first
        and one.variables.get(KILL_SWITCH) != "1"
        and not any(at < one.created_at for at in verified)
    ]


def _about_brakes(part: str) -> bool:
    return part.startswith(("The brakes are", OVER, "This credential has no brakes"))
