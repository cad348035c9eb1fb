"""A field of a block of rekey's own: the tokens with which rekey itself asks its vendors."""
