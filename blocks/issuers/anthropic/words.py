"""What people are told of Anthropic's keys: what is clicked, what is entered, and how an end is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blocks.issuers.clicks import Page
from blocks.issuers.ending import Reversal
from blocks.issuers.terms import FormField, MintForm, Wrong
from blocks.look import Look
from blocks.model.rotation import Todo
from blocks.secret import Minted, Shown

KEY, ADMIN = "key", "sk-ant-admin"
LOOK = Look("sk-ant-api03-{base64url:93}AA")
PAGE = Page(
    "Anthropic",
    clicks=(
        "In **API keys** press **Create key**, in the same workspace as the old one.",
        "Copy it: it is shown **only once**.",
    ),
    never=("disable, archive or delete a key now",),
    ends=(
        "In **API keys**, in the old one's menu, press **Disable**: it is inactive then, and can be made active again. "
        "Do not delete it.",
    ),
    owner="organization",
    never_then=("disable, archive or delete the new one",),
    at_stake="A new key ends nothing: the old one lives until it is made inactive at the end.",
)


def form() -> MintForm:
    """One value."""
    demand: Mapping[str, Any] = {"type": "string", "minLength": 1}
    return MintForm(
        {KEY: FormField("New API key", "The new one; it begins with sk-ant-api03-.", demand, "the new key")}
    )


def shown(minted: Minted) -> Shown:
    """How the key ends: the page shows that, too."""
    return Shown(KEY, "key", minted.secret.get_secret_value()[-4:])


def typed_wrong(minted: Minted) -> Wrong | None:
    """An admin key in the place of an API key: it may end every key of the organization."""
    if ADMIN not in minted.secret.get_secret_value():
        return None
    told = f"That is an admin key ({ADMIN}…), which may end every key: rekey does not keep it. Enter the API key"
    return Wrong(f"{told}, which begins with sk-ant-api.", todo=Todo.COPY, worth_keeping=False)


def reversal(page: str, old: Minted) -> Reversal:
    """What a person does about the one with this end."""
    which = f"the key that ends with {shown(old).end}"
    return Reversal(
        back=f"make {which} active again at {page}",
        again=f"make {which} inactive at {page}",
        for_good=f"archive {which} at {page}, which some pages call deleting it",
    )
