"""What stops trading: the contract, and the kinds of it."""
