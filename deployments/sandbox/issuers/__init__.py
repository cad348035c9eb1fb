"""The vendors that issue single keys, each small: their APIs and the pages on which a person makes a key."""
