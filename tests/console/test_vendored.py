"""The file of somebody else that the console serves is the one that was published."""

from __future__ import annotations

import hashlib
import re

from blocks.listed import ISSUERS
from deployments.console.app import HERE

HPKE = HERE / "static" / "hpke"


def test_hpke_is_what_was_published() -> None:
    told = (HPKE / "SOURCE.md").read_text(encoding="utf-8")

    assert "version 1.1.7" in told
    assert hashlib.sha256((HPKE / "index.js").read_bytes()).hexdigest() in told.split()
    assert "MIT" in (HPKE / "LICENSE.md").read_text(encoding="utf-8")


def test_nothing_else_of_others_is_served() -> None:
    served = {path.relative_to(HERE / "static").as_posix() for path in (HERE / "static").rglob("*") if path.is_file()}

    assert served == {
        "console.css",
        "console.js",
        "enrol.js",
        "icon.svg",
        "live.js",
        "passkey.js",
        *(f"pictures/alpaca-{realm}.png" for realm in ISSUERS["alpaca"].realms),
        *(f"hpke/{name}" for name in ("index.js", "LICENSE.md", "SOURCE.md")),
    }


def test_no_script_loads_from_elsewhere() -> None:
    for path in (*sorted((HERE / "static").glob("*.js")), HPKE / "index.js"):
        code = path.read_text(encoding="utf-8")
        assert re.findall(r"import\(\s*[\"'](?!/static/)[^\"']+", code) == []
        assert re.findall(r"^import\s.*from\s+[\"'](?!/static/)", code, re.MULTILINE) == []
        assert 'fetch("http' not in code
        assert "innerHTML" not in code


def test_no_form_is_sent_by_a_browser_itself() -> None:
    """It would put what was entered into an address: where a page's script does not run, nothing can be pressed."""
    for path in (HERE / "templates").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert re.findall(r"<form (?!class=\"\w+\" method=\"post\")", page) == [], path
        assert re.findall(r"<button(?!( class=\"act\")? disabled>)", page) == [], path
