"""The scrolling force curve."""
