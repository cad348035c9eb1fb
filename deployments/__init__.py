"""WHERE and BY WHOM: catalog, command line, deployments and the sandbox estate."""

import os

# Prefect's SDK reports its first uses to its makers, and says so in the middle of our output. Read when it is imported.
os.environ.setdefault("DO_NOT_TRACK", "1")
