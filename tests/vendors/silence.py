"""Whether an error holds a secret anywhere that a log, a pickle or a debugger would show.

Prefect pickles the exception of every failed flow to disk, so the pickle counts.
"""

from __future__ import annotations

import pickle
import traceback

from deployments.sandbox import made_up


def assert_silent(error: BaseException) -> None:
    """No secret made up in this process is in the error's text, attributes, pickle or in what caused it."""
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = [
        str(error),
        repr(error),
        repr(vars(error)),
        repr(pickle.dumps(error)),
        "".join(traceback.format_exception(error)),
    ]
    assert made_up.issued
    found = [place for place, text in enumerate(shown) for secret in made_up.issued if secret in text]
    assert not found
