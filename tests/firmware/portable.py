"""The firmware's portable core, built for this machine and called from Python."""

import ctypes
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from building import alone

from daq.wire import Control, Status, encode_control

GOOD = Status(0)
ROOM = Path(__file__).parents[2] / "firmware_arduino"


@cache
def core():
    """Build the library and load it."""
    with alone():
        built = subprocess.run(["make", "-s", "-C", str(ROOM / "host")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    library = ctypes.CDLL(str(ROOM / "build" / "host" / "libstance_core.so"))
    library.stance_crc.restype = library.stance_crc_after_counts.restype = ctypes.c_uint16
    for name in (
        "stance_receiver_feed",
        "stance_receiver_errors",
        "stance_device_take",
        "stance_conversions_period_256",
    ):
        getattr(library, name).restype = ctypes.c_uint32
    library.stance_device_doubled.restype = ctypes.c_uint8
    return library


class FirmwareReceiver:
    """The firmware's command receiver, called like `rigs.receiver.CommandReceiver`; time in ticks of 0.5 µs."""

    def __init__(self):
        core().stance_receiver_begin()

    @property
    def errors(self):
        return core().stance_receiver_errors()

    def feed(self, data, now_s):
        out = ctypes.create_string_buffer(4 * len(data) + 400)
        count = core().stance_receiver_feed(data, len(data), int(now_s * 2e6), int(0.1 * 2e6), out)
        found, rest = [], out.raw[:count]
        while rest:
            version, kind, token, length = rest[:4]
            found.append(Control(kind, token, rest[4 : 4 + length], version))
            rest = rest[4 + length :]
        return found


def number(ticks, nominal_ticks):
    """Number conversions by their edges: an array of (count, missed, late) per edge."""
    ticks = np.ascontiguousarray(np.asarray(ticks) % 2**32, np.uint32)
    steps = np.zeros((len(ticks), 3), np.uint32)
    core().stance_conversions_begin(round(nominal_ticks * 256))
    core().stance_conversions_edges(
        ticks.ctypes.data_as(ctypes.c_void_p), len(ticks), steps.ctypes.data_as(ctypes.c_void_p)
    )
    return steps


class PlayedDevice:
    """The firmware's device on a board of memory; time is ticks of 0.5 µs, conversions come when they are asked for."""

    def __init__(self, boot=0xBEEF, room=255, *, answers=True):
        self._core = core()
        self._core.stance_device_begin(boot, room, answers)
        self._core.stance_device_poll()
        self.greeting = self.take()

    def at(self, tick):
        self._core.stance_device_now(tick % 2**32)

    def line(self, frames_per_s):
        self._core.stance_device_line(frames_per_s)

    def converter(self, *, answers=True, keeps=True):
        self._core.stance_device_answers(answers, keeps)

    def convert(self, tick, counts=(0,) * 8, *, belt=0, sync=False, status=GOOD, read_after=100):
        """One conversion whose edge came at a tick and which was read some ticks later."""
        raw = b"".join(int(count).to_bytes(3, "big", signed=True) for count in counts)
        self._core.stance_device_convert(tick % 2**32, belt, sync, raw, int(status))
        self.at(tick + read_after)
        self._core.stance_device_poll()

    def hear(self, data):
        self._core.stance_device_hear(bytes(data), len(data))
        for _ in range(64):
            self._core.stance_device_poll()

    def ask(self, kind, payload=b"", token=7):
        self.hear(encode_control(kind, token, payload))

    def take(self):
        out = ctypes.create_string_buffer(1 << 16)
        count = self._core.stance_device_take(out, len(out))
        return out.raw[:count]

    @property
    def doubled(self):
        return self._core.stance_device_doubled()
