"""A development tool: proposes the table of a declared issuer from a rule of a secret scanner.

``python -m tests.propose NAME``. The rules are data of the package ``kingfisher-secret-scanner`` (PyPI, Apache-2.0),
which rekey itself never needs: version 1.5.0, installed by hand. What a rule says is a proposal; the vendor's own page
decides.
"""
