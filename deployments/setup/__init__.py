"""What rekey keeps in Prefect: blocks, deployments and automations."""
