"""Writes the pages."""

from __future__ import annotations

from tests.project.reference.pages import main

if __name__ == "__main__":
    main()
