"""People on call: whom rekey tells what happens to rotations and keys."""
