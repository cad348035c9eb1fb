"""What is looked after beside a run's steps: deaths of pairs, and steps that take too long."""
