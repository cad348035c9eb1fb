"""A Heroku app that has the pair among its config vars: both are set in one update, and its dynos restart with them.

A brake of the credential on that app is set by the same update: no release carries the new pair without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.heroku import condition, neighbours, release
from blocks.consumers.heroku.models import Aside, Dyno, Release, same
from blocks.consumers.interface import EQUAL, Change, Consumer, Elsewhere, Given, Handover, Held, Lingering
from blocks.errors import StepError, Unproved
from blocks.key_end import UNKNOWN, KeyEnd
from blocks.proofs import Record
from blocks.secret import Minted

if TYPE_CHECKING:
    from blocks.consumers.heroku.client import HerokuClient

# Heroku's rule for names of apps.
AppName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$")]
PLATFORM = "heroku"


class HerokuConsumer(Consumer):
    """An app's config vars."""

    block: ClassVar[str] = "blocks.consumers.heroku.block:Heroku"
    application_field: ClassVar[str] = "app"
    platform: ClassVar[str] = PLATFORM
    looks_elsewhere: ClassVar[bool] = True
    looks_long: ClassVar[bool] = True
    whose_token: ClassVar[str] = "Heroku"  # noqa: S105  # no token, but the vendor of one

    kind: Literal["heroku"] = Field(description="config vars of an app at Heroku")
    app: AppName = Field(description="the app")

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"heroku {self.app}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """One config var of an app holds one thing: half of one pair, or one brake."""
        return tuple((self.app, name) for name in self.names.values())

    def can_write(self) -> Answer:
        """Whether the token may change the app's config vars. Raises Heroku's errors."""
        with connected() as heroku:
            before = self._newest_release(heroku)
            self._is_in_maintenance(heroku)
            return heroku.can_write(self.app, before)

    def has(self, pair: Minted) -> Answer:
        """Whether the app's config vars are this pair now. Raises Heroku's errors."""
        with connected() as client:
            return Answer.YES if release.has(client, self.app, self.named(pair)) else Answer.NO

    def give(self, handover: Handover, record: Record) -> None:
        """Set the variables unless they are set already; then wait for the release and its dynos.

        Raises StepError for a failed release or a crashed dyno, Transient when the proof does not come in time.
        """
        mark = handover.pair.fingerprint
        with connected() as client:
            if handover.also:
                handover.look(client.variables(self.app, tuple(handover.also)))
            values = {**self.named(handover.pair), **handover.also}
            applied = release.apply(client, self.app, values, "the new pair")
        if not applied.changed:
            record.prove(f"{self.app}: both variables hold {mark} already.")
        record.note(release=applied.version)
        braked = f" with {' and '.join(handover.also)} engaged" if handover.also else ""
        record.prove(
            f"{self.app}: release v{applied.version} carries {mark}{braked}; every dyno of it is up."
            if not applied.aside.asleep
            else f"{self.app}: release v{applied.version} carries {mark}{braked}."
        )
        for told in release.told_of(self.app, applied.aside, "the new pair"):
            record.prove(told)

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """Compared by value. Raises StepError for another one, Unproved when requests run short, Heroku's errors."""
        del given, depth
        names, pair = tuple(self.names.values()), held.pair
        with connected() as heroku:
            there = heroku.variables(self.app, names)
            if heroku.remaining is not None and heroku.remaining < neighbours.RESERVE:
                # This one was answered; who asks next finds out the same at the price of one request.
                raise Unproved(
                    f"Heroku's allowance of requests is nearly used up ({heroku.remaining} left).",
                    "Find out who uses it: health asks no more, so that a rotation still can.",
                )
            set_there = {name: value for name, value in there.items() if value is not None}
            absent = [name for name in names if name not in set_there]
            if absent:
                raise StepError(
                    f"{self.app} has no {' and '.join(absent)}.",
                    "Compare the names in the catalog; a rotation sets them again.",
                )
            copy = self.minted_of(set_there)
            if copy.same_as(pair):
                return Seen(EQUAL, f"{self.app} has the vault's pair {pair.fingerprint}.")
            newest = heroku.newest_release(self.app)
        what = (
            f"has secret {copy.fingerprint}"
            if not same(copy.secret, pair.secret)
            else "has the right secret with another key ID"
        )
        raise StepError(
            f"{self.app} {what}, the vault has {pair.fingerprint}. Its newest release: v{newest.version} "
            f"'{newest.description}' of {newest.created_at:%Y-%m-%d %H:%M} UTC by "
            f"{newest.user_email or 'nobody named'}.",
            f"Find out who changed it. If the vault is right, set both variables of {self.app} from the vault in one "
            "change, or rotate.",
        )

    def lingering(self) -> Lingering:
        """Dynos that no release of the app restarts: they keep the variables that they were started with."""
        with connected() as heroku:
            aside = Aside.of(self._dynos(heroku))
        told = " ".join(release.told_of(self.app, aside, "what is set later"))
        if not aside.apart:
            return Lingering(told)
        problem = (
            f"No brake reaches {', '.join(aside.apart)} of {self.app}: a dyno that was started by hand or by a "
            "schedule keeps the variables that it was started with, and would trade on."
        )
        helps = f"Wait until it ends, or end it with `heroku ps:stop {' '.join(aside.apart)} -a {self.app}`."
        return Lingering(told, (problem, helps))

    def unwell(self) -> Sequence[StepError]:
        """A failed release, crashed dynos, and maintenance mode where its page is asked. Raises Heroku's errors."""
        with connected() as heroku:
            # Its dynos run all the same, so that matters only to whoever asks its page.
            is_hidden = self.runtime is not None and self._is_in_maintenance(heroku)
            return condition.troubles(self.app, self._newest_release(heroku), self._dynos(heroku), is_hidden=is_hidden)

    def _is_in_maintenance(self, heroku: HerokuClient) -> bool:
        return self._once("app", partial(heroku.is_in_maintenance, self.app))

    def _newest_release(self, heroku: HerokuClient) -> Release:
        return self._once("newest release", partial(heroku.newest_release, self.app))

    def _dynos(self, heroku: HerokuClient) -> list[Dyno]:
        return self._once("dynos", partial(heroku.dynos, self.app))

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """The account's other apps with config vars of these names. Raises Unproved when requests run short."""
        named = {one.app for one in entries if isinstance(one, HerokuConsumer)} | {self.app}
        return neighbours.elsewhere(_neighbours(), named, self.names.values())

    def token_end(self) -> KeyEnd:
        """Heroku tells an authorization's end to tokens of scope global alone. Raises Heroku's errors."""
        with connected() as heroku:
            heroku.newest_release(self.app)
        return UNKNOWN

    def newest_change(self) -> Change:
        """The newest release of the app. Raises Heroku's errors."""
        return newest_change_of(self.app)


def connected() -> HerokuClient:
    """A client with the token of the block. Close it, or use it as a context manager. Raises CatalogError."""
    from blocks.consumers.heroku.block import Heroku  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
    from blocks.prefect_api import estate  # noqa: PLC0415  # as above

    return estate.loaded(Heroku).get_client()


def _neighbours() -> neighbours.Neighbours:
    """All apps of the account, as the block has seen them. Raises Unproved, and Heroku's errors."""
    from blocks.consumers.heroku.block import Heroku  # noqa: PLC0415  # as above
    from blocks.prefect_api import estate  # noqa: PLC0415  # as above

    return estate.loaded(Heroku).neighbours()


def newest_change_of(app: str) -> Change:
    """The newest release of an app. Raises Heroku's errors."""
    with connected() as heroku:
        newest = heroku.newest_release(app)
    return Change(
        newest.version, f"release v{newest.version} '{newest.description}'", newest.user_email or "nobody named"
    )
