"""The health line."""
