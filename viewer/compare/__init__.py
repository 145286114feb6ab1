"""Two bouts side by side."""
