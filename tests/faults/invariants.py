"""What holds whatever fails: each function returns what does not hold, as sentences."""

from __future__ import annotations

import re
from datetime import datetime

from blocks.ledger.ledger import Ledger
from blocks.prefect_api.recording import DONE
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE_RUNTIMES, Estate
from tests.faults import trading

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
    "github": ("GitHub",),
    "issuers": ("Postmark", "Stripe", "OANDA", "Anthropic"),
}
_NO_SENTENCE = re.compile(r"Traceback|<class|<\w+ object|\w+Error\(|\bNone\b|An error that rekey does not know")
_ITEM = re.compile(r"^\d+\. ", re.MULTILINE)
# Propagate puts the consumer before what went wrong with it. That is no name of a vendor that failed.
_CONSUMER = re.compile(r"^(?:heroku|github|slack) [^:]+: ")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`'\"*(])")
# What a remedy tells to do. A sentence after the first one has to say one of these.
_REMEDY = re.compile(
    r"\b(?:cancel|check|choose|clear|click|compare|copy|correct|delete|enter|find out|give|look|mend|paste|put|read|"
    r"release|start|stop|tell|try|wait)\b",
    re.IGNORECASE,
)
_RETURNED = "### The last entry was not accepted"
_HELD = "is held\n\n"


def sentence(vendor: str, text: str) -> list[str]:
    """What does not hold of a text that a person is shown because of that vendor's fault."""
    items = _items(text)
    found = []
    if not any(name in item for item in items for name in _NAMES[vendor]):
        found.append(f"it does not name {vendor}: {text}")
    if _NO_SENTENCE.search(text):
        found.append(f"that is no sentence for people: {text}")
    found += [f"it says no remedy: {item}" for item in items if not _says_a_remedy(item)]
    return found


def reason_in(description: str) -> str:
    """The reason in the text of a held form: what stands below its heading."""
    parts = description.split(_HELD, 1)[-1].split("\n\n")
    return "\n\n".join(parts[: next(number for number, part in enumerate(parts) if _about_brakes(part))])


def problem_in(description: str) -> str:
    """Why the form for the pair came back; empty when it does not say."""
    _, _, told = description.partition(_RETURNED)
    return told.partition("\n\n")[2].partition("\n\n### ")[0]


def while_held(estate: Estate, description: str) -> list[str]:
    """The form says how the brakes are, and that is so."""
    released = trading.on_in(estate)
    if released and NOT_PROVED not in description and OVER not in description:
        return [f"held, and trading is on in {', '.join(released)} without a word"]
    return []


def while_link_is_shown(estate: Estate) -> list[str]:
    """Whoever is told to click Regenerate does so at once: whatever else the form says, trading is stopped."""
    released = trading.on_in(estate)
    return [f"the dashboard link is shown, and trading is on in {', '.join(released)}"] if released else []


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


def afterwards(
    before: proof.Observation, estate: Estate, ledger: Ledger, stopped_at: datetime | None = None
) -> list[str]:
    """The estate is rotated, and no new pair traded before it was verified; since that moment, none at all."""
    found = trading.unverified(estate, ledger, stopped_at)
    try:
        proof.prove_rotated(before, proof.observe(estate, "live"), ledger)
    except proof.NotRotatedError as error:
        return [error.problem, *found]
    return found


def paused_at(ledger: Ledger) -> datetime | None:
    """When trading was said to be stopped first."""
    stopped = (
        row for row in ledger.rows() if row.context.get("step") == "pause" and row.context.get("outcome") == DONE
    )
    return next((row.at for row in stopped), None)


def _items(text: str) -> list[str]:
    """The errors in a text, each alone: the last one without the ending of the error that lists them."""
    _, *items = _ITEM.split(text)
    if not items:
        return [text.strip()]
    *whole, last = items
    return [_CONSUMER.sub("", one.strip()) for one in (*whole, last.partition("\n")[0])]


def _says_a_remedy(text: str) -> bool:
    _, *others = _END_OF_SENTENCE.split(text)
    return text.endswith((".", "!")) and any(_REMEDY.search(one) for one in others)


def _about_brakes(part: str) -> bool:
    return part.startswith(("The brakes are", OVER, "This credential has no brakes"))
