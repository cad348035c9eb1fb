"""The one list of all kinds: what the catalog may name, by family.

Packages of others add theirs by the entry point group ``rekey.kinds``: each entry is a class that keeps the contract of
a family. They are there once the package is installed, and their names must not be taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from blocks.brakes.heroku.variable import HerokuBrake
from blocks.brakes.http.switch import HttpBrake
from blocks.brakes.interface import Brake
from blocks.brakes.kubernetes.scale import KubernetesBrake
from blocks.consumers.aws.parameter import AwsParameterConsumer
from blocks.consumers.aws.secret import AwsSecretConsumer
from blocks.consumers.env_file.consumer import EnvFileConsumer
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.github.shared import DependabotConsumer, OrganizationConsumer
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.consumers.interface import Consumer
from blocks.consumers.kubernetes.secret import KubernetesConsumer
from blocks.consumers.person.notice import SlackConsumer
from blocks.consumers.rekey_block.consumer import RekeyBlockConsumer
from blocks.consumers.render.service import RenderConsumer
from blocks.errors import CatalogError
from blocks.listed import ISSUERS, RUNTIMES, VAULTS, Listed
from blocks.model.kinds import Kinds, name_of

GROUP = "rekey.kinds"
CONSUMERS: tuple[type[Consumer], ...] = (
    HerokuConsumer,
    GithubConsumer,
    DependabotConsumer,
    OrganizationConsumer,
    SlackConsumer,
    EnvFileConsumer,
    RekeyBlockConsumer,
    KubernetesConsumer,
    RenderConsumer,
    AwsSecretConsumer,
    AwsParameterConsumer,
)
BRAKES: tuple[type[Brake], ...] = (HerokuBrake, HttpBrake, KubernetesBrake)


def kinds_with(others: Iterable[EntryPoint]) -> Kinds:
    """All kinds, those of other packages too. Raises CatalogError for one that keeps no contract or takes a name.

    Those whose classes are blocks are entered in the lists of blocks/listed.py.
    """
    consumers, brakes = list(CONSUMERS), list(BRAKES)
    for other in others:
        kind = other.load()
        if not isinstance(kind, type):
            kind = object
        if issubclass(kind, Consumer):
            consumers.append(kind)
        elif issubclass(kind, Brake):
            brakes.append(kind)
        else:
            _enter(other, kind)
    _demand_names_of_their_own("consumer", [name_of(one) for one in consumers])
    _demand_names_of_their_own("brake", [name_of(one) for one in brakes])
    runtimes = {slug: one.takes_orders for slug, one in RUNTIMES.items()}
    tables = {word: one.load_table() for word, one in ISSUERS.items()}
    fields = {word: one.fields for word, one in ISSUERS.items()}
    return Kinds(tuple(consumers), tuple(brakes), runtimes, tables, fields)


def _enter(other: EntryPoint, kind: type) -> None:
    """Into the list of its family: an issuer, a vault or a running application of another package."""
    # Prefect takes seconds to load, and only whoever brings such a kind waits for it.
    from blocks.issuers.interface import Issuer  # noqa: PLC0415  # see above
    from blocks.runtimes.interface import Runtime  # noqa: PLC0415  # see above
    from blocks.vaults.interface import Vault  # noqa: PLC0415  # see above

    place = f"{kind.__module__}:{kind.__qualname__}"
    if issubclass(kind, Issuer):
        table = f"{kind.own_table.__module__}:{kind.own_table.__qualname__}"
        family, listed, word = "issuer", ISSUERS, kind.word
        entry = Listed(place, realms=kind.realms, table=table, called=kind.called, fields=kind.fields, thing=kind.thing)
    elif issubclass(kind, Vault):
        family, listed, word, entry = "vault", VAULTS, kind.get_block_type_slug(), Listed(place, atomic=kind.atomic)
    elif issubclass(kind, Runtime):
        word = kind.get_block_type_slug()
        family, listed, entry = "runtime", RUNTIMES, Listed(place, takes_orders=kind.takes_orders)
    else:
        raise CatalogError(
            f"The entry point {other.name} of {GROUP} ({other.value}) is no kind of issuer, vault, consumer, brake or "
            "runtime.",
            "Correct the package that brings it, or take it out.",
        )
    _demand_names_of_their_own(family, [*listed, word])
    listed[word] = entry


def _demand_names_of_their_own(family: str, names: list[str]) -> None:
    doubled = next((one for one in names if names.count(one) > 1), None)
    if doubled is not None:
        raise CatalogError(
            f"There are two kinds of {family} called {doubled}.", "Take the package out that brings the second one."
        )


KINDS = kinds_with(entry_points(group=GROUP))
