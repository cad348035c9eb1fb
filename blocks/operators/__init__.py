"""Who acts: enrolled operators, and what proves that it was one of them."""
