"""Anthropic's API keys: any number live beside each other, and a person makes one.

The old one is made inactive, which can be taken back for a day, and archived then: by its Admin API where rekey has an
admin key, else by a person.
That an inactive key is refused by 401, and that the page calls it "Disable", is general knowledge (2026-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import HttpUrl

from blocks.answer import Answer
from blocks.errors import StepError
from blocks.issuers import expiry
from blocks.issuers.anthropic import model
from blocks.issuers.anthropic.admin import ACTIVE, ARCHIVED, CALLED, INACTIVE
from blocks.issuers.anthropic.block import AnthropicBlock
from blocks.issuers.anthropic.table import AnthropicTable
from blocks.issuers.anthropic.words import KEY, LOOK, PAGE, form, reversal, shown, typed_wrong
from blocks.issuers.ending import Ending, Reversal
from blocks.issuers.terms import By, Instructions, MintForm, OldDies, Situation, Traits, Wrong
from blocks.look import Look
from blocks.model.credential import Credential
from blocks.model.rotation import Todo
from blocks.secret import Minted, Shown


class AnthropicKey(AnthropicBlock):
    """Keys of an organization at Anthropic."""

    _block_type_name = "Anthropic"
    _block_type_slug = "anthropic"
    _logo_url = HttpUrl("https://github.com/anthropics.png")
    _documentation_url = HttpUrl("https://platform.claude.com/docs/en/build-with-claude/administration-api")
    _description = "Anthropic's API, the page with an organization's keys, and an admin key that ends old ones."

    word: ClassVar[str] = "anthropic-key"
    thing: ClassVar[str] = "key"
    ends: ClassVar[str] = "disable"
    traits: ClassVar[Traits] = Traits(
        OldDies.AT_REVOKE, By.PERSON, By.PERSON, slots=None, reversible_for=timedelta(days=1)
    )
    fields: ClassVar[tuple[str, ...]] = (KEY,)
    realms: ClassVar[tuple[str, ...]] = ("production",)
    looks: ClassVar[Mapping[str, Look]] = {KEY: LOOK}
    own_table = AnthropicTable

    def demand_a_free_slot(self, realm: str, minted: Minted) -> str:  # noqa: ARG002  # there are as many as anybody likes
        """Which of the listed keys is the current one is known, where the old one is ended by API. Raises StepError."""
        if self.ended_by is By.PERSON:
            return "No admin key is there: a person makes the old key inactive, and its workspace is not compared."
        with self.admin() as admin:
            keys, own = admin.own(minted)
        return f"{CALLED} lists {len(keys)} keys, and which of them is the current one is known: {own.name}."

    def demand_its_scope(self, credential: Credential, minted: Minted) -> str:
        """The current key gets one token of the catalog's model. Raises StepError, and the vendor's errors."""
        wanted = model.of(credential)
        with self.get_client() as http:
            seen = model.tried(http, minted.secret, wanted)
        if seen.lacks:
            raise StepError(f"The current key is no measure: {seen.lacks}.", "Correct model in the catalog.")
        return seen.told

    def misfit(self, credential: Credential, minted: Minted, now: datetime) -> Wrong | None:
        """That it ends too early, or gets no token of the catalog's model. Raises Unproved, the vendor's errors."""
        with self.admin() as admin:
            ends = admin.own(minted)[1].ends if self.ended_by is By.API else None
        told = expiry.too_early(credential, ends, now)
        if told:
            return Wrong(f"The new key {told}", todo=Todo.REGENERATE)
        with self.get_client() as http:
            problem = model.tried(http, minted.secret, model.of(credential)).lacks
        helps = "Grant it, then enter the same key again, or make one in the right workspace"
        return Wrong(f"The key is right, but {problem}. {helps}.", todo=Todo.ENTER_AGAIN) if problem else None

    def revoke(self, realm: str, old: Minted, new: Minted) -> None:
        """Make the old key inactive, if it is active. Raises StepError when nobody knows which it is."""
        with self.admin() as admin:
            row = admin.old(old, new, lambda: self.accepts(realm, old) is Answer.NO)
            if row is not None and row.status == ACTIVE:
                admin.set(row, INACTIVE)

    def end_for_good(self, realm: str, old: Minted, new: Minted) -> None:
        """Archive the old key; one that is archived, or gone, stays so. Raises what ``revoke`` raises."""
        with self.admin() as admin:
            row = admin.old(old, new, lambda: self.accepts(realm, old) is Answer.NO)
            if row is not None and row.status != ARCHIVED:
                admin.set(row, ARCHIVED)

    def reversal(self, realm: str, old: Minted) -> Reversal:  # noqa: ARG002  # one page
        """An inactive key can be made active again; an archived one cannot."""
        return reversal(self.page_url, old)

    def instructions(self, situation: Situation) -> Instructions:
        """What to click for a new key."""
        return PAGE.instructions(situation)

    def ending(self, situation: Ending) -> str:
        """What to click to make the old one inactive."""
        return PAGE.ending(situation)

    @classmethod
    def looks_wrong(cls, minted: Minted) -> Wrong | None:
        """An admin key in the place of an API key is told apart, and never kept."""
        return typed_wrong(minted) or super().looks_wrong(minted)

    @classmethod
    def form(cls, realm: str) -> MintForm:  # noqa: ARG003  # one realm
        """One value."""
        return form()

    @classmethod
    def shown(cls, minted: Minted) -> Shown:
        """How the key ends."""
        return shown(minted)
