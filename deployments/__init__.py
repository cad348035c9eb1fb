"""WHERE and BY WHOM: catalog, command line, deployments and the sandbox estate."""
