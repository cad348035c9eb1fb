"""What the client says of releases and dynos, and how it is read from heroku3's loosely typed models.

Every reader raises TypeError or AttributeError for a field that is missing or of another type than documented.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

if TYPE_CHECKING:
    from heroku3.models.configvars import ConfigVars


@dataclass(frozen=True, slots=True)
class Release:
    """One release. ``status`` is failed, pending, succeeded or expired; with failed, dynos keep the old config."""

    version: int
    status: str
    description: str
    created_at: datetime
    user_email: str | None


@dataclass(frozen=True, slots=True)
class Dyno:
    """One dyno. ``state`` is crashed, down, idle, starting or up; ``name`` is such as web.1."""

    name: str
    type: str
    state: str
    release_version: int
    created_at: datetime


# Dynos that serve nobody: one-off commands, the scheduler's jobs and the release phase.
SHORT_LIVED = frozenset({"run", "scheduler", "release"})
# Of these, those that no release restarts: they keep the variables that they were started with, for up to a day.
_APART = SHORT_LIVED - {"release"}


@dataclass(frozen=True, slots=True)
class Aside:
    """The names of dynos that a release does not restart. Those ``asleep`` (Eco) run no process at all.

    Those ``apart`` go on with older variables.
    """

    asleep: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @classmethod
    def of(cls, dynos: Iterable[Dyno], version: int | None = None) -> Aside:
        """From all dynos of an app; ``apart`` are those older than the release ``version``, all without one."""
        every = list(dynos)
        return cls(
            tuple(one.name for one in every if one.state == "idle"),
            tuple(
                one.name
                for one in every
                if one.type in _APART
                and one.state in {"up", "starting"}
                and (version is None or one.release_version < version)
            ),
        )


def values_of(config: ConfigVars) -> dict[str, SecretStr]:
    """All config vars, each out of sight at once."""
    values = config.to_dict()
    if not all(isinstance(value, str) for value in values.values()):
        raise TypeError
    return {name: SecretStr(value) for name, value in values.items()}


def same(carried: SecretStr | None, wanted: SecretStr) -> bool:
    """Compared in constant time; a variable that is not set is not the same."""
    if carried is None:
        return False
    return hmac.compare_digest(_bytes(carried), _bytes(wanted))


def release_of(one: Any) -> Release:
    """From heroku3's Release."""
    return Release(
        version=_whole(one.version),
        status=_text(one.status),
        description=_text(one.description),
        created_at=_moment(one.created_at),
        user_email=getattr(one.user, "email", None),
    )


def dyno_of(one: Any) -> Dyno:
    """From heroku3's Dyno."""
    return Dyno(
        name=_text(one.name),
        type=_text(one.type),
        state=_text(one.state),
        release_version=_whole(one.release.version),
        created_at=_moment(one.created_at),
    )


def _bytes(value: SecretStr) -> bytes:
    # JSON may carry half a character (a lone surrogate), over which the encoder would raise with the value in hand.
    return value.get_secret_value().encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError
    return value
