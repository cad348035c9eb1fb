"""A rotation without a human, in the sandbox, and the proof that it was one."""
