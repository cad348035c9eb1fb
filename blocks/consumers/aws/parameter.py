"""A copy in a parameter of AWS Parameter Store: the value itself, or all values as one JSON object.

Several parameters are never written together, so a pair is one parameter: readers would get halves otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, model_validator

from blocks.answer import Answer
from blocks.aws.parameters import Parameter, Parameters
from blocks.consumers.aws.copies import AwsCopy
from blocks.errors import StepError
from blocks.secret import Minted
from blocks.wire.strict_json import UnreadableError, read_json

if TYPE_CHECKING:
    from blocks.aws.session import AwsSession
    from blocks.errors import VendorError


class AwsParameterConsumer(AwsCopy):
    """A SecureString parameter."""

    kind: Literal["aws-parameter"] = Field(description="a SecureString parameter of AWS Systems Manager")
    parameter: str = Field(pattern=r"^(/[A-Za-z0-9_.-]+)+$", description="its name, from `/`")
    as_json: bool = Field(
        default=False, description="`true`: it holds a JSON object of all names; needed where there are several"
    )

    @model_validator(mode="after")
    def _is_one_value(self) -> Self:
        """Several values are one JSON object: two parameters are never written together."""
        if len(self.names) > 1 and not self.as_json:
            raise ValueError("two parameters are never written together: set as_json = true, or name an aws-secret")
        return self

    @property
    def place(self) -> str:
        """The name of the parameter."""
        return self.parameter

    @property
    def what(self) -> str:
        """What it is, for sentences."""
        return "parameter"

    def connected(self) -> AwsSession:
        """Parameter Store. Close it. Raises CatalogError."""
        from blocks.consumers.aws.block import Aws  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
        from blocks.prefect_api import estate  # noqa: PLC0415  # as above

        return estate.loaded(Aws).get_parameters()

    def can_write(self) -> Answer:
        """Whether the key may write it, found out with a write that may not overwrite what is there.

        Raises Refused without the right, StepError where there is no parameter to try it on, the vendor's errors.
        """
        with self.connected() as session:
            found = self._current(session)
            if found is None:
                raise StepError(
                    f"{self.label} does not exist, so whether rekey may write it cannot be tried.",
                    f"Create it as a SecureString with {'{}' if self.as_json else 'any text'} in it, or correct its "
                    "name in the catalog.",
                )
            may = Parameters(session).may_put(self.parameter, found.value)
        return Answer.YES if may else Answer.UNKNOWN

    def copy_in(self, session: AwsSession) -> Minted | None:
        """The pair in the parameter; None when there is none. Raises the vendor's errors."""
        found = self._current(session)
        values = {} if found is None else self._values_in(found.value)
        return self.minted_of(values) if len(values) == len(self.names) else None

    def write(self, session: AwsSession, pair: Minted) -> VendorError | None:
        """Write all of it in one request."""
        from blocks.consumers.aws.block import Aws  # noqa: PLC0415  # as above
        from blocks.prefect_api import estate  # noqa: PLC0415  # as above

        values = {name: one.get_secret_value() for name, one in self.named(pair).items()}
        if self.as_json:
            found = self._current(session)
            others = {} if found is None else self._object_in(found.value)
            text = json.dumps({**others, **values}, ensure_ascii=False)
        else:
            (text,) = values.values()
        return Parameters(session).put(self.parameter, SecretStr(text), estate.loaded(Aws).kms_key_id)

    def called_alike(self, session: AwsSession) -> Iterable[str]:
        """Parameters whose last part is this one's, or one of the names."""
        last = {self.parameter.rpartition("/")[2], *self.names.values()}
        every = {name for one in sorted(last) for name in Parameters(session).names(one)}
        return {name for name in every if name.rpartition("/")[2] in last}

    def _current(self, session: AwsSession) -> Parameter | None:
        return Parameters(session).current(self.parameter)

    def _values_in(self, value: SecretStr) -> dict[str, SecretStr]:
        if not self.as_json:
            return dict.fromkeys(self.names.values(), value)
        held = self._object_in(value)
        return {name: SecretStr(one) for name, one in held.items() if name in self.names.values() and type(one) is str}

    def _object_in(self, value: SecretStr) -> dict[str, object]:
        found: object = None
        with suppress(UnreadableError, UnicodeError):
            found = read_json(value.get_secret_value().encode())
        if isinstance(found, dict):
            return found
        raise StepError(
            f"{self.label} holds no JSON object.",
            "Put one there, such as {} for an empty one, or take as_json out of the catalog where it is one value.",
        )
