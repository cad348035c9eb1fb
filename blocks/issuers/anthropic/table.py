"""``[credential.NAME.anthropic-key]``: which model a new key has to be able to use."""

from __future__ import annotations

from pydantic import Field

from blocks.model.own_table import OwnTable


class AnthropicTable(OwnTable):
    """What a key of this credential has to be allowed. It may be missing."""

    model: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$",
        description="a model that a new key has to be able to use: it is asked for one token (POST /v1/messages), and "
        "so is the current key before anybody mints. An organization without credit gets none: then it is asked "
        "whether the model is listed for the key",
    )

    @property
    def lacks(self) -> tuple[str, ...]:
        """That nobody says what the key may do."""
        return () if self.model else ("that a new key may send a message: write model",)
