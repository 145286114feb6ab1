"""Errors of the window. See `analysis.errors.StanceError`."""

from analysis.errors import StanceError

__all__ = ["StanceError", "ViewerError"]


class ViewerError(StanceError):
    """Raised when the window cannot be opened or shown: Qt, a system library, a font or a display is missing."""
