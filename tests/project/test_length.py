"""A file that passes 250 lines usually holds two rooms: each one that does is named here, with the reason."""

from __future__ import annotations

from blocks.settings import ROOT

BOUND = 250
# Beyond this no reason counts.
LONGEST = 300
PACKAGES = ("flows", "tasks", "blocks", "deployments", "tests")
WHOLE = "one contract or one list, of which each entry comes with its words: read as a whole"
TWIN = "one page of a vendor's documentation, in its order"
LONGER = {
    "blocks/errors.py": WHOLE,
    "blocks/issuers/interface.py": WHOLE,
    "blocks/issuers/terms.py": WHOLE,
    "blocks/model/credential.py": WHOLE,
    "blocks/settings.py": WHOLE,
    "deployments/cli/options.py": WHOLE,
    "deployments/sandbox/estate.py": "all that the shipped catalog names, made once and in order",
    "deployments/sandbox/github/query.py": TWIN,
    "deployments/sandbox/github/schema.py": TWIN,
}


def test_no_file_is_longer_but_those_that_are_named() -> None:
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }

    assert {path: count for path, count in lines.items() if count > BOUND and path not in LONGER} == {}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


def test_every_file_that_is_named_is_there() -> None:
    assert [path for path in LONGER if not (ROOT / path).is_file()] == []
