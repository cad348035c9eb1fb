"""What a monitoring system reads of rekey."""
