"""Does this device belong to this rig?"""

from daq.errors import DeviceError
from daq.rig import Rig
from daq.wire import Hello


def check_device(hello: Hello, rig: Rig) -> None:
    """Refuse a device that cannot be this rig's.

    Args:
        hello: What the device says of itself.
        rig: The description.

    Raises:
        DeviceError: It has too few channels, or another gain than the scale of the cells assumes.
    """
    needed = 1 + max(cell.channel for cell in rig.cells)
    if hello.channels < needed:
        raise DeviceError(
            hello.board,
            expected=f"{needed} channels for rig {rig.name}",
            seen=f"{hello.channels}",
            next_step="Choose the rig that belongs to this device: stance rigs",
        )
    gains = {hello.gains[cell.channel] for cell in rig.cells}
    if gains != {rig.adc.gain}:
        raise DeviceError(
            hello.board,
            expected=f"ADC gain {rig.adc.gain} as rig {rig.name} says",
            seen=f"gain {', '.join(map(str, sorted(gains)))}",
            next_step="Correct adc.gain in the rig file, or the device's setting: forces would be wrong by the ratio.",
        )
