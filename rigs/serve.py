"""Puts a virtual treadmill behind a real serial door, so that any program can open it like hardware."""

import select
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

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
    link: Path | None = None,
    reset_on_open: bool = True,
    stop: Stop | None = None,
) -> VirtualDevice:
    """Serve a virtual treadmill on a pseudo-terminal. POSIX only: elsewhere a LinkError says so.

    Args:
        url: The treadmill, virtual://NAME?…
        on_ready: Called with the name of the terminal, e.g. /dev/pts/3, or of the link; with `replug_at_s` each time
            that the cable is plugged in again.
        on_client: Called with True when somebody has opened it and with False when they are gone.
        link: A symbolic link to make to it; there is none while the cable is out.
        reset_on_open: Every opening resets the board, as on an Arduino.
        stop: Ends it; otherwise it runs until interrupted, or until the cable is pulled for good.

    Returns:
        The device, with its ledger.
    """
    return _serve(url, lambda: PtyDoor(link), on_ready, on_client, reset_on_open, stop)


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
        on_ready: Called with the address, e.g. socket://127.0.0.1:7000; with `replug_at_s` each time that the cable is
            plugged in again.
        on_client: Called with True when somebody has connected and with False when they are gone.
        host: Interface to listen on; others than this computer reach it only if you say so.
        reset_on_open: Every connection resets the board, as opening the port does on an Arduino.
        stop: Ends it; otherwise it runs until interrupted, or until the cable is pulled for good.

    Returns:
        The device, with its ledger. A LinkError says that the port cannot be used.
    """
    ports = [port]

    def make_door() -> TcpDoor:
        door = TcpDoor(ports[0], host)
        ports[0] = door.port  # the same again after the cable was pulled
        return door

    return _serve(url, make_door, on_ready, on_client, reset_on_open, stop)


def _serve(
    url: str,
    make_door: Callable[[], Door],
    on_ready: Ready,
    on_client: Visit | None,
    reset_on_open: bool,
    stop: Stop | None,
) -> VirtualDevice:
    asked = VirtualUrl.parse(url)
    pump = Pump(make_device(asked), asked.values["speed"])
    with ExitStack() as cleanup:
        stopping = stop or cleanup.enter_context(Stop())
        while True:
            door = make_door()
            try:
                on_ready(door.address)
                stopped = _welcome(pump, door, stopping, on_client or (lambda _: None), reset_on_open=reset_on_open)
            finally:
                door.close()
            if stopped or not _plugged_in_again(pump, stopping):
                return pump.device


def _plugged_in_again(pump: Pump, stop: Stop) -> bool:
    """Wait for a cable that was pulled; False if it stays out, or if asked to stop before."""
    while not pump.plug_in():
        wait_s = pump.back_in_s
        if wait_s is None or select.select([stop], [], [], wait_s)[0]:
            return False
    return True


def _welcome(pump: Pump, door: Door, stop: Stop, tell: Visit, *, reset_on_open: bool) -> bool:
    """Serve one client after the other until the cable is pulled; True if asked to stop."""
    device, plugs, opened = pump.device, pump.device.plugs, 0
    while _is_in(device, plugs):
        if not door.wait_for_client(stop):
            return True
        device.advance(pump.now_s())
        if not _is_in(device, plugs):
            return False
        if opened and reset_on_open:
            device.reboot(pump.now_s())
        device.transmit(pump.now_s())  # what it said to nobody
        opened += 1
        tell(True)
        stopped = _attend(pump, door, stop)
        tell(False)
        if stopped:
            return True
        if reset_on_open:
            device.hush(pump.now_s())
    return False


def _is_in(device: VirtualDevice, plugs: int) -> bool:
    """Whether the cable is in as it was, without having been out."""
    return not device.unplugged and device.plugs == plugs


def _attend(pump: Pump, door: Door, stop: Stop) -> bool:
    """Serve one client until it goes or the device does; True if asked to stop."""
    out, plugs = memoryview(b""), pump.device.plugs
    try:
        while out or pump.device.waiting or _is_in(pump.device, plugs):
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
