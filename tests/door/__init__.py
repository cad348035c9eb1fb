"""Who gets into Prefect, and who does not."""
