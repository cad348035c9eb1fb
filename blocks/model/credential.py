"""One entry of the catalog: which pair, stored where, used by whom, stopped how, verified how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AliasChoices,
    Field,
    SkipValidation,
    ValidationInfo,
    field_validator,
    model_validator,
)

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer
from blocks.entry import Entry, Name
from blocks.model import applications, containment, kinds, written
from blocks.model.made_on import MadeOn
from blocks.model.own_table import OwnTable, WrongTable, taken_out
from blocks.model.places import VaultPlace

ABSENT = "absent"
# The approvals that every rotation has: whoever is ready. And what proves who gives more of them.
ONE, PROVED = 1, ("passkey", "code")
_SILENT_ABOUT_ALGORITHMS = (
    'say what runs the trading algorithms: algorithms = "name-of-the-heroku-app" (with a consumer and a brake of its '
    f'own), or algorithms = "{ABSENT}" when there is no such app'
)


class Verification(Entry):
    """How the running consumers are asked."""

    matches: int = Field(
        default=3,
        ge=1,
        le=20,
        description="how many right answers in a row the page of a running app must give, "
        "because a router may have several dynos",
    )


class Credential(Entry):
    """One rotating pair, of one account, in one environment."""

    name: Name
    issuer: str = Field(
        validation_alias=AliasChoices("issuer", "vendor"), description="who mints it, such as `alpaca`; also `vendor`"
    )
    realm: str = Field(
        validation_alias=AliasChoices("realm", "environment"),
        description="which host or mode of the issuer's it belongs to: `paper`, or `live` for real money; also "
        "`environment`",
    )
    # Strictly a yes or no: the text "false" would take the guard away.
    guarded: bool = Field(
        default=True,
        strict=True,
        description="whether containment holds for it: by itself for every realm that is not "
        f"{' or '.join(f'`{one}`' for one in written.HARMLESS)}; never `false` for `live`",
    )
    enabled: bool = Field(
        default=True,
        description="`false`: the entry is checked, and not examined, and no rotation of it begins; one that is open "
        "is looked after until it ends",
    )
    role: str = Field(
        min_length=1,
        description="who is asked, such as `ops`: where `proof` is asked for, an operator of that role or a superadmin",
    )
    proof: Literal["none", "code", "passkey"] | None = Field(
        default=None,
        description="what proves who answers a form: a `passkey` on the console; a `code` of six digits, or a passkey; "
        "or `none`: a name is a claim. Without it that is `none` until the first operator was enrolled, and from then "
        "on `passkey` for what is guarded and `code` for the rest",
    )
    approvals: Literal[1, 2, "delayed"] = Field(
        default=1,
        description="whose word is needed before trading stops or anybody clicks: `1`, whoever is ready; `2`, also "
        'another operator, who approves the plan; `"delayed"`, for a team of one, the same operator again after '
        "`cool_off_minutes`. Others than `1` need `proof`",
    )
    cool_off_minutes: int = Field(
        default=15,
        ge=1,
        le=7 * 24 * 60,
        description="`delayed` only: how long after `[alerts]` heard of it the second approval counts",
    )
    cadence_days: int = Field(ge=1, description="how many days after a rotation the next one is due")
    made_on: MadeOn | None = Field(
        default=None,
        description="the day on which the key was made that rekey found, such as `made_on = 2025-03-01`: its age "
        "counts from there until rekey rotates it first; without it that is unknown",
    )
    subject: str | None = Field(
        default=None,
        validation_alias=AliasChoices("subject", "account_number"),
        description="binds the entry to one account of the issuer's; without it the snapshot alone says which one is "
        "right; also `account_number`",
    )
    start_when_due: bool = Field(
        default=False,
        description="`true`: the rotation is started on its due date and waits for a person; it changes nothing before",
    )
    form_timeout_minutes: int = Field(
        default=60,
        ge=1,
        le=7 * 24 * 60,
        description="after how long people are told that nobody filled in the form for the pair; it stays open",
    )
    step_timeout_minutes: int = Field(
        default=5,
        ge=1,
        le=24 * 60,
        description="after how long people are told, once, that a step takes long, without the time in which it waits "
        "for a person",
    )
    lookout_share: float = Field(
        default=0.25,
        gt=0,
        le=1,
        description="how much of its issuer's limit of requests rekey may use to look while a form waits whether its "
        "pair lives; the rest is left to what trades. Without effect where the issuer tells no limit, or "
        "`REKEY_LOOKOUT_INTERVAL_S` asks less often",
    )
    entry: Literal["any", "sealed"] = Field(
        default="any",
        description="how the new pair may be entered: `any` also typed into Prefect's own form, which keeps it in "
        "clear text until the vault has it; `sealed` only by rekey's console or `rekey resume`, which seal it",
    )
    vault: VaultPlace
    consumers: tuple[Annotated[Consumer, kinds.one_of("consumers")], ...] = Field(min_length=1)
    brakes: tuple[Annotated[Brake, kinds.one_of("brakes", kinds.DEFAULT_BRAKE)], ...] = ()
    # It must be said, never assumed.
    algorithms: str | None = Field(
        default=None,
        description="live only, and needed there: the Heroku app that runs the trading algorithms, or `absent`",
    )
    deny: tuple[str, ...] = Field(
        default=(),
        description="live only: patterns of names of apps that never get the pair, on top of rekey's own",
    )
    verification: Verification = Verification()
    own: Annotated[OwnTable, SkipValidation] = Field(
        default=OwnTable(), description="what only its issuer's credentials say, under the issuer's word"
    )

    @model_validator(mode="before")
    @classmethod
    def _contained(cls, data: object, info: ValidationInfo) -> object:
        """A live pair goes only to applications with a brake, and is kept where nothing is named like a test."""
        # On the entry as it is written, so that a consumer of an unknown kind is refused by this rule, too.
        if isinstance(data, Mapping) and written.is_guarded(data):
            written.refuse(written.uncontained(data, kinds.of(info)))
        return data

    @model_validator(mode="before")
    @classmethod
    def _names_of_what_is_minted(cls, data: object, info: ValidationInfo) -> object:
        """Each place names every value that the issuer mints, and no other one."""
        if not isinstance(data, Mapping):
            return data
        own = data.get("own")
        own_fields = own.mints if isinstance(own, OwnTable) else ()
        fields = own_fields or kinds.of(info).fields.get(written.issuer_of(data), ())
        return written.with_names(data, fields)

    @model_validator(mode="before")
    @classmethod
    def _own_table(cls, data: object, info: ValidationInfo) -> object:
        """The issuer's own table is under its word."""
        if not isinstance(data, Mapping) or isinstance(data.get("own"), OwnTable):
            return data
        if "own" in data:
            written.refuse([(("own",), "this field is unknown")])
        word = written.issuer_of(data)
        kind = kinds.of(info).tables.get(word)
        if kind is None:
            return data
        try:
            rest, own = taken_out(data, word, kind)
        except WrongTable as error:
            written.refuse(error.problems)
            raise
        return {**rest, "own": own}

    @model_validator(mode="before")
    @classmethod
    def _guard(cls, data: object) -> object:
        """A credential is guarded unless its realm is harmless or ``guarded = false`` says so; a live one always is."""
        if not isinstance(data, Mapping):
            return data
        guarded = written.is_guarded(data)
        if data.get("guarded") is False and guarded:
            written.refuse([(("guarded",), "a live credential is always guarded: take this line out")])
        return data if "guarded" in data else {**data, "guarded": guarded}

    @field_validator("approvals", mode="before")
    @classmethod
    def _approvals_are_no_yes(cls, approvals: object) -> object:
        """`approvals = true` is refused: it would count as `1`, which asks for no more than whoever is ready."""
        if isinstance(approvals, bool):
            raise ValueError(f'input should be {ONE}, 2 or "delayed"')  # noqa: TRY004  # pydantic tells it
        return approvals

    @field_validator("consumers")
    @classmethod
    def _consumers_differ(cls, consumers: tuple[Consumer, ...]) -> tuple[Consumer, ...]:
        """No consumer is listed twice."""
        applications.refuse_doubled("consumer", consumers)
        return consumers

    @model_validator(mode="after")
    def _brakes_differ(self) -> Self:
        """No brake is listed twice."""
        applications.refuse_doubled("brake", self.brakes)
        return self

    @model_validator(mode="after")
    def _brakes_are_proved_by_their_own_app(self) -> Self:
        """Each app's brakes are proved by a page of its own, whether its consumer names a ``runtime`` or not."""
        applications.refuse_pages_of_others(self.consumers, self.brakes)
        return self

    @model_validator(mode="after")
    def _runtimes_are_known(self, info: ValidationInfo) -> Self:
        """A ``runtime`` with a slash names a kind of block that rekey knows."""
        written.refuse(applications.unknown_runtimes(self.consumers, self.brakes, kinds.of(info).runtimes))
        return self

    @model_validator(mode="after")
    def _algorithms_are_named(self) -> Self:
        """A live credential says what runs the trading algorithms: an app that is one of its consumers, or none."""
        if not self.guarded:
            return self
        if self.algorithms is None:
            raise ValueError(_SILENT_ABOUT_ALGORITHMS)
        apps = {one.application for one in self.consumers if one.application}
        if self.algorithms != ABSENT and self.algorithms not in apps:
            raise ValueError(f"algorithms names {self.algorithms}, which is no consumer: {_SILENT_ABOUT_ALGORITHMS}")
        return self

    @model_validator(mode="after")
    def _own_table_fits(self, info: ValidationInfo) -> Self:
        """The issuer's own rules for its table hold."""
        takes_orders = any(kinds.of(info).takes_orders(one) for one in self.runtimes)
        written.refuse(self.own.problems(guarded=self.guarded, takes_orders=takes_orders))
        return self

    @model_validator(mode="after")
    def _approvals_are_proved(self) -> Self:
        """Whoever approves proves who it is: `approvals` other than `1` needs `proof`."""
        if self.approvals != ONE and self.proof not in PROVED:
            asked = f'ask for proof = "{PROVED[0]}" or "{PROVED[1]}" as well, or leave approvals out'
            written.refuse([(("approvals",), f"a name that is only claimed approves nothing: {asked}")])
        return self

    @property
    def is_approved(self) -> bool:
        """Whether its plan is approved, beyond the word of whoever is ready."""
        return self.approvals != ONE

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The blocks of this credential's running consumers."""
        return tuple(one.runtime for one in self.consumers if one.runtime)

    @property
    def takes_plain(self) -> bool:
        """Whether the pair may be typed into Prefect's own form."""
        return self.entry == "any"

    def refuse_outside(self, consumer: Consumer) -> None:
        """Containment at the moment of writing. Raises StepError."""
        braked = {one.where for one in self.brakes}
        containment.refuse(consumer, braked, self.deny, is_guarded=self.guarded)
