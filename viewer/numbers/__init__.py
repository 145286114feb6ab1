"""Large numbers, their course and their targets."""
