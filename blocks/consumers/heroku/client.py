"""Heroku: config vars, releases and dynos, through heroku3 and a session of our own.

heroku3 is used by its models (App, ConfigVars) built from the app's name alone, so that each method here is one
request: ``app()`` first would be a second one, and ``authenticate()`` asks for rate limits and says nothing when the
key is bad (heroku3 5.2.1, seen 2026-11-21). Nothing here prints a ConfigVars: its repr is all values in clear text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from heroku3.api import Heroku as Heroku3
from heroku3.models.app import App
from heroku3.models.configvars import ConfigVars
from heroku3.models.release import Release as Heroku3Release
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.heroku.models import SHORT_LIVED, Dyno, Release, dyno_of, release_of, same, values_of
from blocks.consumers.heroku.session import VENDOR, GuardedSession
from blocks.errors import CatalogError, Rejected
from blocks.wire.client import Client
from blocks.wire.exchange import READ_TIMEOUT_S
from blocks.wire.http import checked_base_url

# Heroku's rule for app names; also keeps a catalog entry from reaching another path.
_APP_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
# With a limit heroku3 never fetches further pages, about which it prints to stdout. 1000 is the most it allows.
_ALL = 1000
# How an empty change may be refused by a vendor that has already let the token through.
_EMPTY_CHANGE_CODES = frozenset({"bad_request", "invalid_params"})

_Read = TypeVar("_Read")


class HerokuClient(Client):
    """One connection for one consumer and one thread. Every method but can_write and running is one request.

    All raise the errors of ``blocks.errors``; none holds a request, a body or a value.
    """

    def __init__(self, url: str, token: SecretStr, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """``url`` is https unless its host is loopback."""
        base_url = checked_base_url(VENDOR, url)
        self._session = GuardedSession(token, read_timeout_s=read_timeout_s)
        self._heroku = Heroku3(session=self._session)
        self._heroku._heroku_url = base_url  # noqa: SLF001  heroku3 has no other way to name the host of one instance

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def remaining(self) -> int | None:
        """How many requests Heroku still allows this account, as its newest answer told; None without one."""
        return self._session.remaining

    def account(self) -> str:
        """Whose the token is: the account's address. Raises Heroku's errors."""
        return str(self._ask("read account", lambda: self._heroku.account().email))

    def can_write(self, app: str, before: Release | None = None) -> Answer:
        """YES when the token may change this app's config vars, found out without changing one.

        Reads the app and its config vars, then sends an empty change: it sets and removes nothing. 2xx is a yes, and
        so is "that change is not valid", because a token is judged before a body (inferred, 2026-11-21).
        Raises Refused with what to do for a token that may not, and Unclear when a release appeared meanwhile.
        ``before`` is the newest release of whoever has read that, and the app, a moment ago.
        """
        if before is None:
            before = self.newest_release(app)
            self._ask(f"read app {app}", lambda: self._heroku.app(_checked(app)))
        self.variables(app, ())
        answer = self._answer_to_empty_change(app)
        if self.newest_release(app).version > before.version:
            raise self._session.unclear(
                f"{app} got a new release while the permission to write was probed, which itself changes nothing",
                remedy="Look at the app's Activity page: if somebody deployed or changed a variable, try again; "
                "if nobody did, do not: every preflight would restart the app.",
            )
        return answer

    def is_in_maintenance(self, app: str) -> bool:
        """Whether Heroku's router answers in the place of the app."""

        def asked() -> bool:
            found = self._heroku.app(_checked(app)).maintenance
            if not isinstance(found, bool):
                raise TypeError
            return found

        return self._ask(f"read app {app}", asked)

    def apps(self) -> list[str]:
        """The names of all apps that the token's account may see."""
        return self._ask("list apps", lambda: [str(one.name) for one in self._heroku.apps(limit=_ALL)], shape=list)

    def names_set(self, app: str) -> frozenset[str]:
        """The names of all config vars of the app. Heroku tells no name without its value, which is dropped here."""
        return self._ask(f"read config vars of {app}", lambda: frozenset(values_of(self._app(app).config())))

    def variables(self, app: str, names: Iterable[str]) -> dict[str, SecretStr | None]:
        """The values of these config vars as the app has them now; None for one that is not set."""
        every = self._ask(f"read config vars of {app}", lambda: values_of(self._app(app).config()))
        return {name: every.get(name) for name in names}

    def set_variables(self, app: str, values: Mapping[str, SecretStr]) -> None:
        """Set these config vars in one change: one release, one restart, never half a pair.

        After Unreachable the change may have been made: read the variables and the newest release before repeating.
        """
        change = {name: value.get_secret_value() for name, value in values.items()}
        self._ask(f"set config vars of {app}", lambda: self._change(app, change))

    def newest_release(self, app: str) -> Release:
        """The release with the highest version, whatever its status."""
        read = self._ask(
            f"read newest release of {app}",
            lambda: [release_of(one) for one in self._app(app).releases(order_by="version", limit=1, sort="desc")],
            shape=list,
            may_be_partial=True,
        )
        if not read:
            raise self._session.unclear(f"{app} has no release")
        return max(read, key=lambda release: release.version)

    def release(self, app: str, version: int) -> Release:
        """One release, for waiting until it is no longer pending."""
        path = ("apps", _checked(app), "releases", version)
        return self._ask(f"read release of {app}", lambda: release_of(self._heroku._get_resource(path, Heroku3Release)))  # noqa: SLF001  heroku3 lists releases but reads no single one

    def release_carries(self, app: str, version: int, values: Mapping[str, SecretStr]) -> Answer:
        """Whether that release's own config vars have these values. Later changes cannot disturb the answer."""
        path = ("apps", _checked(app), "releases", version, "config-vars")
        carried = self._ask(
            f"read release's config vars of {app}",
            lambda: values_of(self._heroku._get_resource(path, ConfigVars)),  # noqa: SLF001  heroku3 does not know this path
        )
        equal = [same(carried.get(name), value) for name, value in values.items()]
        return Answer.YES if all(equal) else Answer.NO

    def dynos(self, app: str) -> list[Dyno]:
        """All dynos, one-off ones too."""
        return self._ask(
            f"read dynos of {app}", lambda: [dyno_of(one) for one in self._app(app).dynos(limit=_ALL)], shape=list
        )

    def running(
        self,
        app: str,
        version: int,
        expected: Mapping[str, int] | None = None,
        *,
        seen: Callable[[list[Dyno]], None] = lambda _: None,
    ) -> Answer:
        """Whether every dyno of the formation is up on that release or a later one, or asleep: that runs no process.

        NO when one crashed on it. UNKNOWN while some are starting, missing, surplus or older. An app scaled to
        nothing is YES: nothing has to restart. Says nothing of preboot, under which old dynos serve unseen.
        ``expected`` is the formation as it was read a moment ago: then this is one request, and a second one only while
        the dynos are not that many, because somebody may have scaled the app. ``seen`` gets all dynos of the app.
        """
        quantities = expected or self.quantities(app)
        every = self.dynos(app)
        seen(every)
        if expected and _counted(every, expected) != expected:
            quantities = self.quantities(app)
        dynos = [dyno for dyno in every if dyno.type in quantities]
        if any(dyno.state == "crashed" and dyno.release_version >= version for dyno in dynos):
            return Answer.NO
        # An Eco dyno that sleeps starts with the newest release, at the next request (heroku/legacy-cli#826).
        current = all(
            dyno.state == "idle" or (dyno.state == "up" and dyno.release_version >= version) for dyno in dynos
        )
        return Answer.YES if current and _counted(every, quantities) == quantities else Answer.UNKNOWN

    def quantities(self, app: str) -> dict[str, int]:
        """The formation: how many dynos of each long-running process type the app should have."""
        formation = self._ask(
            f"read formation of {app}",
            lambda: [(str(one.type), int(one.quantity)) for one in self._app(app).process_formation(limit=_ALL)],
            shape=list,
        )
        return {kind: quantity for kind, quantity in formation if kind not in SHORT_LIVED}

    def _answer_to_empty_change(self, app: str) -> Answer:
        try:
            self._ask(f"probe write access to config vars of {app}", lambda: self._change(app, {}))
        except Rejected as no:
            if no.status not in {400, 422} or no.code not in _EMPTY_CHANGE_CODES:
                raise
        return Answer.YES

    def _change(self, app: str, change: Mapping[str, str]) -> None:
        # Not update_config(), which needs the app's id, and not item assignment, which is one restart a variable.
        ConfigVars.new_from_dict({}, h=self._heroku, app=self._app(app)).update(change)

    def _app(self, name: str) -> Any:
        return App.new_from_dict({"name": _checked(name)}, h=self._heroku)

    def _ask(
        self,
        operation: str,
        read: Callable[[], _Read],
        *,
        shape: type[dict[str, Any] | list[Any]] = dict,
        may_be_partial: bool = False,
    ) -> _Read:
        """Do one request through heroku3 and read its answer, or raise a VendorError."""
        self._session.operation = operation
        self._session.shape = shape
        answer: list[_Read] = []
        try:
            answer.append(read())
        except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
            # heroku3 (and what reads its models) stumbles over a field that is missing or of another type.
            answer.clear()
        # Raised outside of the handler: what heroku3 raised can hold the answer's body.
        if not answer:
            raise self._session.unclear("a field is missing or of another type than documented")
        if self._session.partial and not may_be_partial:
            raise self._session.unclear(f"a list of more than {_ALL} entries")
        return answer[0]


def _counted(dynos: Iterable[Dyno], types: Iterable[str]) -> dict[str, int]:
    """How many dynos there are of each of these types."""
    counted = dict.fromkeys(types, 0)
    for dyno in dynos:
        if dyno.type in counted:
            counted[dyno.type] += 1
    return counted


def _checked(app: str) -> str:
    if _APP_NAME.fullmatch(app):
        return app
    raise CatalogError(f"{app!r} is not the name of a Heroku app.", "Correct the consumer's app in the catalog.")
