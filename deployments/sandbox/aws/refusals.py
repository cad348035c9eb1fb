"""What AWS answers instead of an answer: a type and a message, with status 400."""

from __future__ import annotations


class AwsError(Exception):
    """A refusal."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind)
        self.kind, self.message = kind, message
