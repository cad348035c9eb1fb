"""Tests of the steps of a rotation: what each promises, with bad input and with faults of every vendor."""
