"""Does this device belong to this rig, and does it do what it says?"""

import numpy as np

from daq.chunk import Chunk
from daq.errors import DeviceError, RigError
from daq.rig import Rig
from daq.wire import Hello

SIMULATED = "sim "
"""A virtual treadmill's board is called this and the name of its rig."""
NAME_CHARS = 16
RATE_TOLERANCE = 0.01
"""Cheap boards time with 0.5 % resonators; more than this is another rate, not another clock."""
REAL_TIME = 0.2
"""A virtual treadmill whose seconds differ from ours by a larger share is in a hurry on purpose."""


def is_virtual(board: str) -> bool:
    """Whether a device is a virtual treadmill.

    Args:
        board: Its name, as its HELLO says.

    Returns:
        True if it says so itself.
    """
    return board.startswith(SIMULATED)


def in_real_time(board: str, pace: float) -> bool:
    """Whether a device lives in our time, so that its clock can be judged by ours.

    Args:
        board: Its name, as its HELLO says.
        pace: Its seconds per second of ours.

    Returns:
        False for a virtual treadmill in a hurry.
    """
    return not is_virtual(board) or abs(pace - 1.0) < REAL_TIME


def check_device(hello: Hello, rig: Rig) -> None:
    """Refuse a device that cannot be this rig's: its forces would be wrong.

    Args:
        hello: What the device says of itself.
        rig: The description.

    Raises:
        DeviceError: It has another converter, number of channels or gain, is the virtual twin of another rig, or says
            that it samples a cell after the next conversion. A RigError says that the rig's calibration is a
            rehearsal, and the device none.
    """
    check_rehearsal(hello.board, rig)
    unlike = _difference(hello, rig)
    if unlike is not None:
        raise DeviceError(
            f"device {hello.board}",
            expected=unlike[0],
            seen=unlike[1],
            next_step="Choose the rig that belongs to this device with --rig (stance rigs list), or correct its file.",
        )
    late_us = max((hello.skew_100ns[cell.channel] / 10 for cell in rig.cells), default=0.0)
    if late_us * 1e-6 * hello.sample_rate_Hz >= 1.0:
        raise DeviceError(
            f"device {hello.board}",
            expected=f"every channel sampled within one conversion, {1e6 / hello.sample_rate_Hz:g} µs",
            seen=f"one {late_us:g} µs after data-ready",
            next_step="Correct the skew that the firmware declares in HELLO.",
        )


def _difference(hello: Hello, rig: Rig) -> tuple[str, str] | None:
    """What was expected and what was seen, at the first difference that matters."""
    if is_virtual(hello.board) and hello.board != f"{SIMULATED}{rig.name}"[:NAME_CHARS]:
        return f"rig {rig.name}", f"the virtual treadmill of rig {hello.board.removeprefix(SIMULATED)}"
    if hello.adc.lower() != rig.adc.name[:NAME_CHARS].lower():
        return f"the {rig.adc.name} of rig {rig.name}", f"a {hello.adc}"
    if hello.channels != rig.adc.channels:
        return f"{rig.adc.channels} channels for rig {rig.name}", str(hello.channels)
    gains = sorted({hello.gains[cell.channel] for cell in rig.cells})
    if gains != [rig.adc.gain]:
        return f"ADC gain {rig.adc.gain} as rig {rig.name} says", f"gain {', '.join(map(str, gains))}"
    return None


def check_rehearsal(board: str, rig: Rig) -> None:
    """Refuse the calibration of a virtual treadmill for any other device.

    Args:
        board: Name of the device, as its HELLO says.
        rig: The rig, with its calibration.

    Raises:
        RigError: The calibration is a rehearsal, and the device is no virtual treadmill.
    """
    if rig.calibration is not None and rig.calibration.rehearsal and not is_virtual(board):
        raise RigError(
            rig.calibration.where,
            expected="a calibration of this machine",
            seen="a rehearsal, not a calibration of a machine: it was made on a virtual treadmill",
            next_step="Move it away and calibrate with `stance calibrate`; or go without: --calibration none",
        )


def check_rate(chunk: Chunk, hello: Hello) -> None:
    """Refuse a device that samples at another rate than it says: impulses would be wrong by the ratio.

    Args:
        chunk: Some consecutive frames of one boot.
        hello: What the device says.

    Raises:
        DeviceError: Its time stamps tell another rate.
    """
    if len(chunk) < 2 or np.ptp(chunk.boot):
        return
    ticks_per_sample = float((chunk.tick[-1] - chunk.tick[0]) / (chunk.seq[-1] - chunk.seq[0]))
    rate_Hz = hello.tick_rate_Hz / ticks_per_sample
    if abs(rate_Hz / hello.sample_rate_Hz - 1.0) > RATE_TOLERANCE:
        raise DeviceError(
            hello.board,
            expected=f"frames at {hello.sample_rate_Hz:g} Hz, as the device says",
            seen=f"frames at {rate_Hz:.1f} Hz by its own clock",
            next_step="Correct the rate or the ADC's clock in the firmware's settings.",
        )
