"""A Kubernetes secret that holds the pair, and the deployment whose pods read it.

Both values are written at once. A pod reads them when it starts, so the deployment is rolled out then: its pods are
annotated with the version of the secret that they have to have. That says also after a kill whether they have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.interface import EQUAL, Change, Consumer, Elsewhere, Given, Handover, Held
from blocks.consumers.kubernetes import neighbours, rollout, writers
from blocks.errors import Missing, StepError, Transient
from blocks.key_end import KeyEnd
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.writers import Writers

if TYPE_CHECKING:
    from blocks.consumers.kubernetes.client import KubernetesClient
    from blocks.consumers.kubernetes.models import Deployment, Secret

PLATFORM = "kubernetes"
# What the pods carry: which version of the secret they were started for.
MARK = "rekey/secret-version"
# RFC 1123: a label for the namespace, a subdomain for the rest.
_LABEL = "[a-z0-9][a-z0-9-]{0,62}"
_NAME = "[a-z0-9][a-z0-9.-]{0,252}"
DeploymentName = Annotated[str, Field(pattern=f"^{_LABEL}/{_NAME}$")]
DataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]


class KubernetesConsumer(Consumer):
    """Values of a secret, and the deployment that is rolled out with them."""

    block: ClassVar[str] = "blocks.consumers.kubernetes.block:Kubernetes"
    application_field: ClassVar[str] = "deployment"
    platform: ClassVar[str] = PLATFORM
    looks_elsewhere: ClassVar[bool] = True
    looks_for_writers: ClassVar[bool] = True
    whose_token: ClassVar[str] = "Kubernetes"  # noqa: S105  # no token, but the vendor of one

    kind: Literal["kubernetes"] = Field(description="a secret in a Kubernetes cluster, and a deployment that reads it")
    deployment: DeploymentName = Field(
        description="`namespace/name` of the deployment that is rolled out; each one that reads the secret is a "
        "consumer of its own"
    )
    secret_name: str = Field(pattern=f"^{_NAME}$", description="the name of the secret, in the same namespace")
    names: dict[str, DataKey] = Field(
        min_length=1, description="under which key of the secret each value is, by the issuer's word for it"
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"kubernetes {self.deployment}"

    @property
    def namespace(self) -> str:
        """Of both."""
        return self.deployment.partition("/")[0]

    @property
    def called(self) -> str:
        """The deployment within its namespace."""
        return self.deployment.partition("/")[2]

    @property
    def place(self) -> str:
        """How the secret is called in sentences."""
        return f"secret {self.namespace}/{self.secret_name}"

    def can_write(self) -> Answer:
        """Whether the API server takes both writes, tried with ``dryRun``: it keeps nothing of them."""
        with connected() as client:
            seen = self._secret(client)
            present = {name: seen.values[name] for name in self.names.values() if name in seen.values}
            client.write_secret(self.namespace, self.secret_name, present, over=seen, dry_run=True)
            client.mark_pods(self.namespace, self.called, {MARK: seen.version}, dry_run=True)
        return Answer.NO if seen.is_immutable else Answer.YES

    def has(self, pair: Minted) -> Answer:
        """Whether the secret has this very pair now. Raises Kubernetes' errors."""
        with connected() as client:
            return Answer.YES if self._is(client.secret(self.namespace, self.secret_name), pair) else Answer.NO

    def give(self, handover: Handover, record: Record) -> None:
        """Write the values unless they are there, and roll the deployment out unless its pods were started for them.

        Raises StepError for a rollout that is stuck, Transient, and Kubernetes' errors.
        """
        pair, mark = handover.pair, handover.pair.fingerprint
        with connected() as client:
            before = client.secret(self.namespace, self.secret_name)
            absent = [name for name in self.names.values() if name not in before.values]
            written = rollout.changed(lambda: self._written(client, pair), self.place)
            if not self._is(client.secret(self.namespace, self.secret_name), pair):
                raise Transient(
                    f"{self.place} does not hold pair {mark} after it was written.",
                    "Find out who else writes it (an operator, a chart). It is tried again.",
                )
            record.note(secret_version=written.version)
            found = client.deployment(self.namespace, self.called)
            if found.pod_marks.get(MARK) != written.version:
                client.mark_pods(self.namespace, self.called, {MARK: written.version})
            found = rollout.wait(client, self.namespace, self.called, f"pair {mark}")
        record.prove(self._proof(written, found, mark, is_new=written.version != before.version))
        if absent:
            record.prove(
                f"{self.place} had no {' and '.join(absent)} before, so nobody read it there: look which secret "
                f"{self.deployment} reads, and name that in the catalog."
            )

    def _written(self, client: KubernetesClient, pair: Minted) -> Secret:
        seen = client.secret(self.namespace, self.secret_name)
        if self._is(seen, pair):
            return seen
        return client.write_secret(self.namespace, self.secret_name, self.named(pair), over=seen)

    def _proof(self, written: Secret, found: Deployment, mark: str, *, is_new: bool) -> str:
        has = "holds" if is_new else "holds already"
        if not found.replicas:
            return f"{self.place} {has} {mark}, read back. {self.deployment} has no pod; each reads it when it starts."
        pods = f"all {found.replicas} pods were" if found.replicas > 1 else "its pod was"
        return (
            f"{self.place} {has} {mark}, read back; of {self.deployment} {pods} started for version {written.version}."
        )

    def _is(self, seen: Secret, pair: Minted) -> bool:
        there = {name: seen.values[name] for name in self.names.values() if name in seen.values}
        return there.keys() == set(self.names.values()) and self.minted_of(there).same_as(pair)

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """Compared by value. Raises StepError for another one and a missing one, and Kubernetes' errors."""
        del given, depth
        with connected() as client:
            seen = client.secret(self.namespace, self.secret_name)
        absent = [name for name in self.names.values() if name not in seen.values]
        if absent:
            raise StepError(
                f"{self.place} has no {' and '.join(absent)}.",
                "Compare the names in the catalog; a rotation writes them again.",
            )
        if self._is(seen, held.pair):
            return Seen(EQUAL, f"{self.place} has the vault's pair {held.pair.fingerprint}.")
        copy = self.minted_of({name: seen.values[name] for name in self.names.values()})
        raise StepError(
            f"{self.place} has another pair than the vault's {held.pair.fingerprint} (its secret is "
            f"{copy.fingerprint}).",
            "Find out who changed it. If the vault is right, write the secret from the vault and restart "
            f"{self.deployment}, or rotate.",
        )

    def writers(self) -> Writers:
        """Who else writes the secret, as far as it shows. Raises Kubernetes' errors."""
        with connected() as client:
            return writers.of_secret(self._secret(client).head, self.names.values())

    def _secret(self, client: KubernetesClient) -> Secret:
        return self._once("secret", partial(client.secret, self.namespace, self.secret_name))

    def unwell(self) -> Sequence[StepError]:
        """A rollout that is stuck, or paused: the next one would be, too. Raises Kubernetes' errors."""
        with connected() as client:
            found = client.deployment(self.namespace, self.called)
        return rollout.troubles(found, self.namespace, self.called)

    def token_end(self) -> KeyEnd:
        """When the service account's token ends, as it says itself. Raises Kubernetes' errors."""
        with connected() as client:
            # That it is not there is an answer, too.
            with suppress(Missing):
                client.secret(self.namespace, self.secret_name)
            return client.token_end

    def newest_change(self) -> Change:
        """The newest template of its pods. Raises Kubernetes' errors."""
        with connected() as client:
            found = client.deployment(self.namespace, self.called)
        return Change(found.revision, f"revision {found.revision}", found.by or "nobody named")

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """Other secrets of the namespace with these keys, and what else reads this one. Raises VendorError."""
        with connected() as client:
            return neighbours.found(
                client,
                self.namespace,
                self.secret_name,
                set(self.names.values()),
                [one for one in entries if isinstance(one, KubernetesConsumer) and one.namespace == self.namespace],
            )


def connected() -> KubernetesClient:
    """A client with the token of the block. Close it, or use it as a context manager. Raises CatalogError."""
    from blocks.consumers.kubernetes.block import Kubernetes  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
    from blocks.prefect_api import estate  # noqa: PLC0415  # as above

    return estate.loaded(Kubernetes).get_client()
