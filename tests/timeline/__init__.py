"""The moving picture of a rotation, docs/rotation.svg: recorded of a real run, drawn from what was recorded."""
