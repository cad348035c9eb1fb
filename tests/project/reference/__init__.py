"""The pages of docs/reference/, derived from the code: ``python -m tests.project.reference``, or ``make reference``."""
