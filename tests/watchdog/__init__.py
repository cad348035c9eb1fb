"""Who watches watch."""
