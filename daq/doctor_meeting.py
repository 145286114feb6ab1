"""The first words with a device, for the doctor: what opens, who answers, whether it is the rig's."""

from collections.abc import Iterator
from dataclasses import replace

from analysis.gates import STATIC_ONLY
from analysis.quality import AMBER, GREEN, RED, Light
from daq.device_check import check_device
from daq.errors import DeviceError, StanceError
from daq.link import Link, open_link
from daq.ports import open_port
from daq.rig import Rig
from daq.settings import Settings
from daq.wire import Capability, Hello


def open_leniently(rig: Rig, port: str, baud: int) -> tuple[Link, DeviceError | None]:
    """Open a link whatever the device is.

    Args:
        rig: The rig whose settings it is given.
        port: Port or URL.
        baud: Bits per second.

    Returns:
        The link, and why the device does not take the settings. A LinkError, ProtocolError or DeviceError says that
        nobody of our protocol answers.
    """
    try:
        return open_link(port, baud, wanted=Settings.of(rig)), None
    except DeviceError as error:
        return open_link(port, baud), error


def identity_lights(hello: Hello, rig: Rig) -> tuple[list[Light], bool, float]:
    """Whether the device is the rig's; a wrong gain is a light of its own.

    Args:
        hello: What the device says of itself.
        rig: The rig.

    Returns:
        Lights "device" and "gain"; whether its cells mean something; what newtons per count must be multiplied with.
    """
    gains = sorted({hello.gains[cell.channel] for cell in rig.cells})
    try:
        check_device(replace(hello, gains=(round(rig.adc.gain),) * len(hello.gains)), rig)
    except DeviceError as error:
        return [Light("device", RED, None, None, "", f"wrong rig: {error}")], False, 1.0
    text = f"it is the device of rig {rig.name}: {hello.adc}, {hello.channels} channels"
    lights = [Light("device", GREEN, None, None, "", text)]
    if gains == [rig.adc.gain]:
        return lights, True, 1.0
    text = (
        f"wrong gain: the device has {', '.join(map(str, gains))}, the rig file says {rig.adc.gain:g}: forces would be "
        "wrong. Correct adc.gain, or the board's setting; here the device's own is allowed for"
    )
    lights.append(Light("gain", RED, float(gains[0]), rig.adc.gain, "", text))
    return lights, True, rig.adc.gain / gains[0] if gains[0] else 1.0


def refusal_lights(error: StanceError, port: str, baud: int) -> Iterator[Light]:
    """Say whether it is the port that does not open, or what is behind it that does not answer.

    Args:
        error: Why no device was met.
        port: Port or URL.
        baud: Bits per second.

    Yields:
        Light: "port", and "firmware" if that opens.
    """
    try:
        open_port(port, baud).close()
    except StanceError as reason:
        yield Light("port", RED, None, None, "", str(reason))
        return
    yield Light("port", GREEN, None, None, "", f"{port} opens")
    yield Light("firmware", RED, None, None, "", str(error))


def settings_text(hello: Hello, *, made: bool) -> str:
    """What gain and rate the device has, and how it came by them.

    Args:
        hello: What it says of itself.
        made: Whether they had to be set.

    Returns:
        A few words.
    """
    gains = ", ".join(map(str, sorted(set(hello.gains[: hello.channels]))))
    how = "set as the rig says" if made else "as the rig says already"
    if not hello.capabilities & Capability.SETTINGS:
        how = "built in: this device has no settings"
    return f"gain {gains}, {hello.sample_rate_Hz:.7g} Hz, {how}"


def converter_lights(hello: Hello) -> Iterator[Light]:
    """What the converter cannot do, or does one channel after the other.

    Args:
        hello: What the device says of itself.

    Yields:
        Light: "converter", "skew": those that apply.
    """
    if hello.capabilities & Capability.STATIC_ONLY:
        text = f"{STATIC_ONLY}. Take a faster one to see steps"
        yield Light("converter", AMBER, hello.sample_rate_Hz, None, "Hz", text)
    if late_us := max(hello.skew_100ns) / 10:
        text = f"channels are sampled up to {late_us:g} µs after data-ready; the analysis brings them to one moment"
        yield Light("skew", GREEN, late_us, None, "µs", text)
