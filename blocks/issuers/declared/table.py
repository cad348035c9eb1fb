"""``[credential.NAME.declared]``: a vendor for which nobody wrote code, said in a table of the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, field_validator

from blocks.entry import Name
from blocks.look import Look
from blocks.model.own_table import OwnTable, Place
from blocks.model.words import PAIR

# Where something stands in an answer: names with dots between them, and numbers for places in lists.
DOTTED = r"^[^.]+(\.[^.]+)*$"
PLACEHOLDER = re.compile(r"{(\w+)}")
AT_MINT, BY_A_PERSON = "at mint", "a person deletes it"
Path = Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/?=&%-]*$")]
# Statuses by which a vendor may refuse a key: of the others each means something else for all vendors.
Status = Annotated[int, Field(ge=400, le=403)]
Dotted = Annotated[str, Field(pattern=DOTTED)]
# What an answer says there: `true` is no 1.
Said = StrictBool | StrictInt | StrictStr


class DeclaredTable(OwnTable):
    """What a vendor without code is: where it is asked whose a key is, and what a person clicks there."""

    called: str = Field(min_length=1, description="how people call the vendor")
    host: Name = Field(description="its word in `[hosts.issuers]`, where its address stands")
    values: dict[str, str] = Field(
        min_length=1,
        description="each value that is minted at once, by a word of yours, with its look, such as "
        '`values = { token = "sk-{base62:48}" }`; the last one is the secret that names them. A look is what always '
        "stands there and, in braces, an alphabet (`digits`, `hex`, `upper`, `base62`, `base64url`) with a number of "
        "characters (`{hex:40}`, `{hex:40..64}`), or `{uuid}`",
    )
    headers: dict[str, str] = Field(
        min_length=1,
        description='what is sent with each question, such as `headers = { Authorization = "Bearer {token}" }`: each '
        "word of `values` in braces becomes that value",
    )
    identity: Path = Field(description="the path that is asked (GET) whose the key is; it must change nothing")
    subject: str = Field(
        pattern=DOTTED,
        description="where its JSON answer says whose it is, such as `account.id`, or `accounts.0.id` in a list",
    )
    status: str | None = Field(
        default=None, pattern=DOTTED, description="where it says how that account is, if it does"
    )
    well: str = Field(default="active", min_length=1, description="the status of an account that is well")
    refused: tuple[Status, ...] = Field(
        default=(401,), min_length=1, description="the HTTP statuses by which it refuses a key that nobody was issued"
    )
    refusal: dict[Dotted, tuple[Said, ...]] = Field(
        default={},
        description="for a vendor that refuses a key with an answer that seems to be well (200): where that answer "
        'says so, as in `subject`, and with which values, such as `refusal = { error = ["invalid_auth"] }`. One of '
        "them is enough. Name only what a key that nobody was issued is told",
    )
    page: Path = Field(description="the path of the page on which a person makes a key")
    page_host: Name | None = Field(
        default=None, description="that page's word in `[hosts.issuers]`; without it the page is at `host`"
    )
    clicks: tuple[str, ...] = Field(min_length=1, description="what to click there for a new key, in order")
    never: tuple[str, ...] = Field(default=(), description="what must not be clicked there, such as `Close account`")
    slots: int | None = Field(
        default=None, ge=1, description="how many keys live at once; without it as many as anybody likes"
    )
    old_dies: Literal["at mint", "a person deletes it"] = Field(
        description="what ends the old key: making the new one (`at mint`), or a person afterwards, when everything "
        "runs with the new one (`a person deletes it`)"
    )
    ends: tuple[str, ...] = Field(default=(), description="what to click to delete the old key, where a person does")
    dies_within_s: float = Field(
        default=0.0, ge=0, le=7200, description="how many seconds an ended key may go on being accepted there"
    )

    @field_validator("values")
    @classmethod
    def _looks_can_be_read(cls, values: dict[str, str]) -> dict[str, str]:
        """Each look can be read, and has enough characters that can be others."""
        for look in values.values():
            Look(look)
        return values

    @property
    def issuer_called(self) -> str:
        """How people call the vendor."""
        return self.called

    @property
    def thing(self) -> str:
        """A single value by its own word; several are a pair."""
        return next(iter(self.values)).replace("_", " ") if len(self.values) == 1 else PAIR

    @property
    def mints(self) -> tuple[str, ...]:
        """The values that are minted at once."""
        return tuple(self.values)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it is, and where its page is."""
        return (self.host, *((self.page_host,) if self.page_host else ()))

    @property
    def lacks(self) -> tuple[str, ...]:
        """Which proofs of a rotation a table cannot give."""
        found = ["that the new key may do what the old one may: only whose it is, is asked"]
        if self.status is None:
            found.append("how the account is: the table names no status")
        if self.old_dies == BY_A_PERSON and self.slots is not None:
            found.append(f"that one of its {self.slots} slots is free: the page is looked at by a person")
        if self.old_dies == AT_MINT:
            found.append("that making the new key ended the old one and no other: only the old one's death is seen")
        return tuple(found)

    def problems(self, *, guarded: bool, takes_orders: bool) -> Iterable[tuple[Place, str | None]]:  # noqa: ARG002  # it needs neither
        """Headers send every value and no other; a person who deletes is told how, and has a second slot.

        A refusal says something, and not what an account that is well says.
        """
        sent = {one for text in self.headers.values() for one in PLACEHOLDER.findall(text)}
        if sent != set(self.values):
            yield self.place_of("headers"), f"they must hold {{{'} and {'.join(self.values)}}}, each once, and no other"
        yield from self._problems_of_refusals()
        if self.old_dies == BY_A_PERSON and not self.ends:
            yield self.place_of("old_dies"), "say in ends what a person clicks to delete the old key"
        if self.old_dies == BY_A_PERSON and self.slots == 1:
            yield self.place_of("slots"), 'with one slot the old key goes first: old_dies = "at mint"'
        if self.old_dies == AT_MINT and self.ends:
            yield self.place_of("ends"), "nobody deletes it there: take ends out"

    def _problems_of_refusals(self) -> Iterable[tuple[Place, str | None]]:
        if not all(self.refusal.values()):
            yield self.place_of("refusal"), "say with which values an answer refuses a key"
        if self.status is not None and self.well in self.refusal.get(self.status, ()):
            yield self.place_of("refusal"), f"{self.well} is what the status of an account that is well says, too"
