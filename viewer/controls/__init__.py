"""Buttons, keys, toasts and help."""
