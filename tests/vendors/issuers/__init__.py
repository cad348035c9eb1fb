"""The twins of vendors that issue single keys, as their own clients would ask them."""
