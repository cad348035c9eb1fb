"""HOW one step is done: a file a step, named as in the README's table of steps."""
