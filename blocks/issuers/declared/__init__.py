"""A vendor for which nobody wrote code: a table of the catalog says how it is asked and what a person clicks."""
