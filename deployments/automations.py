"""The automations that ``rekey register`` makes: Prefect itself tells people by Slack what waits for them.

Prefect's server sends these, so they come also while no worker lives. Everything else is told by rekey's own flows.
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
from blocks.errors import CatalogError
from blocks.estate import DOCUMENT
from blocks.hosts import Hosts
from blocks.vendors.slack import Slack

WAITS = "rekey: a rotation waits for a person"
FAILED = "rekey: health failed"


def register_automations(catalog: Catalog) -> list[str]:
    """Make both, or change them to what they should be; return one sentence each.

    Raises CatalogError when there is no Slack block, or one with another address than the catalog's.
    """
    if catalog.alerts is None:
        return ["Automations: left out, because the catalog names no [alerts]."]
    block = _people(str(catalog.alerts.user or catalog.alerts.channel), catalog.hosts)
    return [_registered(one) for one in automations(block)]


def automations(block: SendNotification) -> list[AutomationCore]:
    """What they are. ``block`` says through which block, its texts are replaced."""
    return [
        AutomationCore(
            name=WAITS,
            description="A rotation shows a form: somebody has to open the run and resume it.",
            trigger=_when("rotation", {"prefect.flow-run.Paused"}),
            actions=[
                block.model_copy(
                    update={
                        "subject": f"{_shown('flow_run.name')} waits for a person",
                        "body": "Open the run, click the three dots, then Resume: {{ flow_run|ui_url }}",
                    }
                )
            ],
        ),
        AutomationCore(
            name=FAILED,
            description="A health run is not ok, and the one before it was: its artifacts say what and what to do.",
            # Once until a run is ok again; each deployment on its own.
            trigger=_when(
                "health",
                {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"},
                after={"prefect.flow-run.Completed"},
                for_each={"related:deployment:prefect.resource.id"},
            ),
            actions=[
                block.model_copy(
                    update={
                        "subject": f"Health: {_shown('flow_run.state.name')}",
                        "body": f"{_shown('flow_run.state.message')} {{{{ flow_run|ui_url }}}}",
                    }
                )
            ],
        ),
    ]


def _shown(value: str) -> str:
    """A template for it in Slack, where it calls nobody: anybody may rename a run, and vendors' words may be there."""
    return f"{{{{ {value}|replace('&', '&amp;')|replace('<', '&lt;')|replace('>', '&gt;') }}}}"


def _when(tag: str, expect: set[str], after: set[str] | None = None, for_each: set[str] | None = None) -> EventTrigger:
    """A run with this tag does what is expected, at once."""
    return EventTrigger(
        expect=expect,
        after=after or set(),
        for_each=for_each or set(),
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
