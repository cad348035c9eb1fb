"""An application with a page of its own, and the client that reads it."""
