"""What to record, from where, to where."""

from dataclasses import dataclass, field

from analysis.protocol import DEFAULT_PROTOCOL
from analysis.setup import Runner

__all__ = ["MOST_REPLUG_S", "RecordOptions"]

MOST_REPLUG_S = 1800.0
"""A board that was never without power goes on counting, and its timer tells no more than half an hour apart."""


@dataclass(frozen=True)
class RecordOptions:
    """What to record, from where, to where."""

    rig: str
    """Name or path of the rig description."""
    port: str
    """Port or URL of the device."""
    out: str | None
    """Session file, or a folder (one that exists, or a name that ends with a separator) in which each recording gets a
    name of its own; None records nothing, only shows."""
    baud: int = 500_000
    """Bits per second."""
    seconds: float | None = None
    """Device time after which a recording ends by itself."""
    protocol: str = DEFAULT_PROTOCOL
    """Analysis protocol of the live step table."""
    subject: Runner = field(default_factory=Runner)
    """Runner and run."""
    autostart: bool = True
    """Record at once; otherwise wait for the command `start`."""
    stays: bool = False
    """After `stop` go back to waiting, ready for the next `start`, until `quit`; otherwise `stop` ends the recorder."""
    tare_s: float | None = None
    """Take the zero from so much of the beginning, with nobody on the belt."""
    kept_tare: bool = True
    """Without `tare_s`: begin with the newest tare kept beside the rig, if it is fresh."""
    replug_s: float = 60.0
    """How long a device that was unplugged is waited for, s, at most MOST_REPLUG_S; 0: not at all."""
    calibration: str | None = None
    """Path of the rig's calibration file; "none" goes without; None takes the one beside the rig file, if any."""
    bout: str = ""
    """Name of the bout with which each recording begins."""
