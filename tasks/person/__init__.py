"""A person and a form: what is asked, shown and told."""
