"""Puts a virtual treadmill behind a real serial door, so that any program can open it like hardware."""

from collections.abc import Callable

from daq.wire import FRAME_BYTES
from rigs.device import VirtualDevice
from rigs.doors import Door, Gone, PtyDoor, Stop, TcpDoor
from rigs.pump import Pump
from rigs.virtual import make_device
from rigs.virtual_url import VirtualUrl

__all__ = ["Stop", "serve_pty", "serve_tcp"]

PORTION_BYTES = 1024 * FRAME_BYTES
_LEAST_SLEEP_S = 1e-3
"""Frames due within this go out together, as they do over USB; at 8 kHz there are eight."""

Ready = Callable[[str], object]
Visit = Callable[[bool], object]


def serve_pty(
    url: str,
    on_ready: Ready,
    *,
    on_client: Visit | None = None,
    reset_on_open: bool = True,
    stop: Stop | None = None,
) -> VirtualDevice:
    """Serve a virtual treadmill on a pseudo-terminal. POSIX only: elsewhere a LinkError says so.

    Args:
        url: The treadmill, virtual://NAME?…
        on_ready: Called once with the name of the terminal, e.g. /dev/pts/3.
        on_client: Called with True when somebody has opened it and with False when they are gone.
        reset_on_open: Every opening resets the board, as on an Arduino.
        stop: Ends it; otherwise it runs until interrupted, or until the device's `unplug_at_s`.

    Returns:
        The device, with its ledger.
    """
    return _serve(url, PtyDoor, on_ready, on_client, reset_on_open, stop)


def serve_tcp(
    url: str,
    port: int,
    on_ready: Ready,
    *,
    on_client: Visit | None = None,
    host: str = "127.0.0.1",
    reset_on_open: bool = True,
    stop: Stop | None = None,
) -> VirtualDevice:
    """Serve a virtual treadmill on a TCP port; pyserial opens it as socket://HOST:PORT.

    Args:
        url: The treadmill, virtual://NAME?…
        port: Port number; 0 takes a free one.
        on_ready: Called once with the address, e.g. socket://127.0.0.1:7000.
        on_client: Called with True when somebody has connected and with False when they are gone.
        host: Interface to listen on; others than this computer reach it only if you say so.
        reset_on_open: Every connection resets the board, as opening the port does on an Arduino.
        stop: Ends it; otherwise it runs until interrupted, or until the device's `unplug_at_s`.

    Returns:
        The device, with its ledger. A LinkError says that the port cannot be used.
    """
    return _serve(url, lambda: TcpDoor(port, host), on_ready, on_client, reset_on_open, stop)


def _serve(
    url: str,
    make_door: Callable[[], Door],
    on_ready: Ready,
    on_client: Visit | None,
    reset_on_open: bool,
    stop: Stop | None,
) -> VirtualDevice:
    asked = VirtualUrl.parse(url)
    device = make_device(asked)
    pump = Pump(device, asked.values["speed"])
    door, own_stop = make_door(), stop or Stop()
    tell = on_client or (lambda _: None)
    opened = 0
    try:
        on_ready(door.address)
        while not device.unplugged and door.wait_for_client(own_stop):
            if opened and reset_on_open:
                device.reboot(pump.now_s())
            device.transmit(pump.now_s())  # what it said to nobody
            opened += 1
            tell(True)
            stopped = _attend(pump, door, own_stop)
            tell(False)
            if stopped:
                break
            if reset_on_open:
                device.hush(pump.now_s())
    finally:
        door.close()
        if stop is None:
            own_stop.close()
    return device


def _attend(pump: Pump, door: Door, stop: Stop) -> bool:
    """Serve one client until it goes or the device does; True if asked to stop."""
    out = memoryview(b"")
    try:
        while out or pump.device.waiting or not pump.device.unplugged:
            wait_s = None if out else pump.wait_s()
            timeout_s = None if wait_s is None else max(wait_s, _LEAST_SLEEP_S)
            heard, stopped = door.select(stop, sending=bool(out), timeout_s=timeout_s)
            if stopped:
                return True
            if heard:
                pump.put(door.receive())
            if not out:
                out = memoryview(pump.take(PORTION_BYTES))
            if out:
                out = out[door.send(bytes(out)) :]
    except Gone:
        pass
    finally:
        door.hang_up()
    return False
