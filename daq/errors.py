"""Errors of acquisition: rig, link, protocol, device and session. See `analysis.errors.StanceError`."""

from analysis.errors import StanceError

__all__ = ["DeviceError", "FormatError", "LinkError", "ProtocolError", "RigError", "SessionError", "StanceError"]


class RigError(StanceError):
    """Raised when a rig file cannot be found, read or understood."""


class LinkError(StanceError):
    """Raised when a port is missing, busy, forbidden, or goes away while in use."""


class ProtocolError(StanceError):
    """Raised when a device answers, but not in this software's protocol or version."""


class DeviceError(StanceError):
    """Raised when a device refuses a command or does not fit the rig description."""


class SessionError(StanceError):
    """Raised when a session file cannot be created, written, read or recovered."""


class FormatError(StanceError):
    """Raised when a file of another format (CSV, ...) does not hold what it should."""
