"""What people look at: the printed report, and the live and replay window."""
