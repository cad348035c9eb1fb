"""What every kind has to keep, played against it and its twin: ``rekey kind check``, and a plugin for pytest."""
