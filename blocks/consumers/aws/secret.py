"""A copy in a secret of AWS Secrets Manager: the names are keys of its JSON object, and change at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, SecretStr

from blocks.answer import Answer
from blocks.aws.rotation import writers_of
from blocks.aws.secrets import Secrets, last
from blocks.consumers.aws.copies import AwsCopy
from blocks.errors import Transient
from blocks.secret import Minted
from blocks.writers import Writers

if TYPE_CHECKING:
    from blocks.aws.session import AwsSession
    from blocks.errors import VendorError


class AwsSecretConsumer(AwsCopy):
    """Keys of a secret."""

    looks_for_writers: ClassVar[bool] = True

    kind: Literal["aws-secret"] = Field(description="keys of a secret of AWS Secrets Manager")
    name: str = Field(pattern=r"^[A-Za-z0-9/_+=.@-]+$", description="its name")

    @property
    def place(self) -> str:
        """The name of the secret."""
        return self.name

    @property
    def what(self) -> str:
        """What it is, for sentences."""
        return "secret"

    def connected(self) -> AwsSession:
        """Secrets Manager. Close it. Raises CatalogError."""
        from blocks.consumers.aws.block import Aws  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
        from blocks.prefect_api import estate  # noqa: PLC0415  # as above

        return estate.loaded(Aws).get_client()

    def can_write(self) -> Answer:
        """Whether the key may write it, found out with a version that holds what is there already.

        Nobody reads another value because of it. Raises Refused without the right, and the vendor's errors.
        """
        with self.connected() as session:
            secrets = Secrets(session)
            before = secrets.current(self.name)
            doubt = secrets.replace(self.name, before.data, before)
            after = secrets.current(self.name)
        if after.data == before.data and after.number > before.number:
            return Answer.YES
        raise doubt or Transient(
            f"{self.label} was changed by somebody else while rekey tried to write it.",
            "Find out who writes there. It is tried again.",
        )

    def copy_in(self, session: AwsSession) -> Minted | None:
        """The pair in the secret; None when a part of it is missing. Raises Missing without the secret."""
        held = Secrets(session).current(self.name).data
        values = {name: SecretStr(one) for name in self.names.values() if isinstance(one := held.get(name), str)}
        return self.minted_of(values) if len(values) == len(self.names) else None

    def write(self, session: AwsSession, pair: Minted) -> VendorError | None:
        """Replace the object by one in which only these values are other ones."""
        secrets = Secrets(session)
        now = secrets.current(self.name)
        values = {name: one.get_secret_value() for name, one in self.named(pair).items()}
        return secrets.replace(self.name, {**now.data, **values}, now)

    def writers(self) -> Writers:
        """AWS itself, where the secret's own rotation is on. Raises CatalogError alone."""
        with self.connected() as session:
            return writers_of(Secrets(session), self.name)

    def called_alike(self, session: AwsSession) -> Iterable[str]:
        """Secrets whose last part is this one's, or one of the names."""
        wanted = {last(self.name), *self.names.values()}
        return {one for one in Secrets(session).names() if last(one) in wanted}
