"""GitHub: the secrets of a repository or an environment, for its workflows."""
