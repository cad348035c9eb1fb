"""What `make production` is made of, without starting it."""
