"""The automations that ``rekey register`` makes: Prefect itself tells people by Slack of a flow of rekey's that fails.

Prefect's server sends these: a flow that cannot even begin tells nobody. Everything else is told by rekey's own flows,
of which the ledger knows that it was sent.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.automations import AutomationCore, EventTrigger
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.types import SecretDict
from pydantic import SecretStr

from blocks.catalog import Catalog
from blocks.consumers.person.block import Slack
from blocks.entry import DOCUMENT
from blocks.errors import CatalogError
from blocks.model.hosts import Hosts

FAILED = "rekey: health failed"
WATCH_FAILED = "rekey: watch failed"
WATCH_SILENT = "rekey: watch is silent"
NAMES = (FAILED, WATCH_FAILED, WATCH_SILENT)
# Watch runs each minute.
SILENT_AFTER = timedelta(minutes=5)
# What an older rekey made, and what this one tells by itself: twice would be once too many.
RETIRED = ("rekey: a rotation waits for a person",)
_ENDED_BADLY = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}


def register_automations(catalog: Catalog) -> list[str]:
    """Make them, or change them to what they should be, and delete what is retired; return one sentence each.

    Raises CatalogError when there is no Slack block, or one with another address than the catalog's.
    """
    if catalog.alerts is None:
        return ["Automations: left out, because the catalog names no [alerts].", *_retired()]
    block = _people(str(catalog.alerts.user or catalog.alerts.channel), catalog.hosts)
    return [*(_registered(one) for one in automations(block)), *_retired()]


def automations(block: SendNotification, silent_after: timedelta = SILENT_AFTER) -> list[AutomationCore]:
    """What they are. ``block`` says through which block, its texts are replaced.

    ``silent_after``: how long no run of watch may end well, at least 10 s.
    """
    state = _shown("flow_run.state.name")
    return [
        _when_it_fails(block, FAILED, "health", f"Health: {state}"),
        _when_it_fails(block, WATCH_FAILED, "watch", f"Watch: {state}, so nobody looks after rotations"),
        _when_it_is_silent(block, silent_after),
    ]


def _when_it_fails(block: SendNotification, name: str, tag: str, subject: str) -> AutomationCore:
    """Tell of a run with this tag that fails: once until a run is ok again, each deployment on its own."""
    told = {
        "subject": subject,
        "body": f"{_shown('flow_run.state.message')} {{{{ flow_run|ui_url }}}}",
    }
    return AutomationCore(
        name=name,
        description=f"A run of {tag} failed, and the one before it was ok: its page says why.",
        trigger=_when(
            tag, _ENDED_BADLY, {"prefect.flow-run.Completed"}, for_each={"related:deployment:prefect.resource.id"}
        ),
        actions=[block.model_copy(update=told)],
    )


def _when_it_is_silent(block: SendNotification, silent_after: timedelta) -> AutomationCore:
    """Tell when no run of watch ended well for so long, also before the first one, and again while it lasts.

    A run that is late, or that no worker takes, does not fail: nothing happens, and that is what is looked for.
    """
    minutes = round(silent_after.total_seconds() / 60)
    told = {
        "subject": "Watch: silent",
        "body": f"no run of it ended well for {minutes} minutes, so nobody looks after rotations. Look whether a "
        "worker runs and why its runs do not end (Prefect UI, Deployments, watch). This is told again while it lasts.",
    }
    trigger = _when("watch", {"prefect.flow-run.Completed"}, set(), for_each=set())
    return AutomationCore(
        name=WATCH_SILENT,
        description=f"No run of watch ended well for {minutes} minutes.",
        trigger=trigger.model_copy(update={"posture": Posture.Proactive, "within": silent_after}),
        actions=[block.model_copy(update=told)],
    )


def _shown(value: str) -> str:
    """A template for it in Slack, where it calls nobody: anybody may rename a run, and vendors' words may be there."""
    return f"{{{{ {value}|replace('&', '&amp;')|replace('<', '&lt;')|replace('>', '&gt;') }}}}"


def _when(tag: str, expect: set[str], after: set[str], for_each: set[str]) -> EventTrigger:
    """A run with this tag does what is expected, at once."""
    return EventTrigger(
        expect=expect,
        after=after,
        for_each=for_each,
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        match_related=ResourceSpecification(
            {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}
        ),
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )


def _people(address: str, hosts: Hosts) -> SendNotification:
    """A block by which Prefect's server posts as rekey's own Slack app does, to the catalog's Slack only."""
    url, token = _slack()
    hosts.refuse_other(Slack.__name__, DOCUMENT, "slack", url)
    block = CustomWebhookNotificationBlock(
        name="people on call",
        url=f"{url.rstrip('/')}/chat.postMessage",
        headers={"Authorization": "Bearer {{token}}"},
        cookies=None,
        json_data={"channel": address, "text": "{{subject}}: {{body}}"},
        secrets=SecretDict({"token": token.get_secret_value()}),
    )
    made = block.save(DOCUMENT, overwrite=True)
    return SendNotification(block_document_id=UUID(str(made)), subject="", body="-")


def _slack() -> tuple[str, SecretStr]:
    """Address and token of rekey's Slack block.

    Not by ``Slack.load``: it emits an event, and a program that stops its server before that event is sent tries for
    two minutes to send it (Prefect 3.8.8).
    """
    missing = False
    try:
        with get_client(sync_client=True) as client:
            slug = Slack.get_block_type_slug()
            data = client.read_block_document_by_name(DOCUMENT, slug, include_secrets=True).data
    except ObjectNotFound:
        missing = True
    if missing:
        raise CatalogError(
            f"There is no Prefect block Slack/{DOCUMENT}.", "Set REKEY_SLACK_TOKEN and run `rekey register` again."
        )
    return str(data["url"]), SecretStr(str(data["token"]))


def _registered(wanted: AutomationCore) -> str:
    with get_client(sync_client=True) as client:
        known = client.read_automations_by_name(wanted.name)
        if not known:
            client.create_automation(wanted)
            return f"Automation '{wanted.name}': made."
        client.update_automation(known[0].id, wanted)
        return f"Automation '{wanted.name}': as it should be."


def _retired() -> list[str]:
    """Delete what an older rekey made; one sentence for each that was there."""
    with get_client(sync_client=True) as client:
        found = [one for name in RETIRED for one in client.read_automations_by_name(name)]
        for one in found:
            client.delete_automation(one.id)
    return [f"Automation '{one.name}': deleted, because rekey tells that itself." for one in found]
