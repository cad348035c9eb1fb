"""What a catalog entry says: the credential, its places, what contains it, and the hosts that are pinned."""
