"""HOW one step is done: a file a step, named as in the table of docs/explanation/rotation.md."""
