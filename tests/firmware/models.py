"""The simulator's converter models as a library of their own, driven byte by byte.

The models know nothing of processors: they ask a board for volts and tell it what they do. Here that board is Python.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHANNELS = 8
NEVER = 2**64 - 1
CPU_HZ = 16_000_000
FIRMWARE = Path(__file__).parents[2] / "firmware_arduino"
SOURCES = ("ads131m08.c", "ads131m08_conversions.c", "ads1256.c", "ads1256_conversions.c", "hx711.c")

_Volts = ctypes.c_double * CHANNELS
_Counts = ctypes.c_int32 * CHANNELS
_LEVEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int)
_DOUT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
_VOLTS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.POINTER(_Volts))
_HELD = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.POINTER(_Counts))
_READING = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_uint64)
_WAS_READ = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)


class _Port(ctypes.Structure):
    _fields_ = (
        ("board", ctypes.c_void_p),
        ("drdy", _LEVEL),
        ("dout", _DOUT),
        ("volts", _VOLTS),
        ("held", _HELD),
        ("reading", _READING),
        ("was_read", _WAS_READ),
    )


class _Model(ctypes.Structure):
    pass


_SELF = ctypes.POINTER(_Model)
_SET = ctypes.CFUNCTYPE(None, _SELF, ctypes.c_uint64, ctypes.c_int)
_Model._fields_ = (
    ("name", ctypes.c_char_p),
    ("port", _Port),
    ("clkin_hz", ctypes.c_uint32),
    ("power", ctypes.CFUNCTYPE(None, _SELF, ctypes.c_uint64, ctypes.c_bool)),
    ("reset_pin", _SET),
    ("select", _SET),
    ("exchange", ctypes.CFUNCTYPE(ctypes.c_uint8, _SELF, ctypes.c_uint64, ctypes.c_uint8)),
    ("due", ctypes.CFUNCTYPE(ctypes.c_uint64, _SELF)),
    ("advance", ctypes.CFUNCTYPE(None, _SELF, ctypes.c_uint64)),
    ("brown_out", ctypes.CFUNCTYPE(None, _SELF, ctypes.c_uint64)),
    ("free", ctypes.CFUNCTYPE(None, _SELF)),
)


def build_library(folder: Path) -> ctypes.CDLL:
    """Compile the models into a shared library and load it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "no C compiler: the models cannot be built"
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "libmodels.so"
    sources = [str(FIRMWARE / "simulator" / name) for name in SOURCES]
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(library), *sources, "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    for name in ("ads131m08_model", "ads1256_model", "hx711_model"):
        getattr(loaded, name).restype = _SELF
    loaded.ads131m08_model.argtypes = (ctypes.POINTER(_Port), ctypes.c_uint32, ctypes.c_uint64)
    loaded.ads1256_model.argtypes = (ctypes.POINTER(_Port), ctypes.c_uint32)
    loaded.hx711_model.argtypes = (ctypes.POINTER(_Port), ctypes.c_int)
    return loaded


@dataclass
class Bench:
    """A bench with one converter on it, and all that it did.

    Attributes:
        volts: (cycle, conversion) → volts of the eight channels.
        spoil: Conversions that get a bit flipped on their way out.
        now: Cycles of 16 MHz since power-on.
        edges: (cycle, level) of the data-ready pin.
        douts: Levels of the HX711s' data pins.
        held: (cycle, conversion, counts) of each conversion.
        read: Conversions that were shifted out whole.
        keep: Keep edges and held conversions; off for long runs.
    """

    volts: Callable[[int, int], Sequence[float]] = lambda cycle, conversion: [0.0] * CHANNELS
    spoil: set[int] = field(default_factory=set)
    now: int = 0
    edges: list[tuple[int, int]] = field(default_factory=list)
    douts: list[int] = field(default_factory=lambda: [0] * CHANNELS)
    held: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    keep: bool = True

    def plug(self, make: Callable[..., ctypes._Pointer[_Model]], *arguments: int) -> None:
        """Put a model on the bench and switch it on."""
        self.port = _Port(
            None,
            _LEVEL(self._drdy),
            _DOUT(lambda board, which, level: self.douts.__setitem__(which, level)),
            _VOLTS(self._volts),
            _HELD(self._held),
            _READING(lambda board, conversion: conversion in self.spoil),
            _WAS_READ(lambda board, conversion: self.read.append(conversion)),
        )
        self.model = make(ctypes.byref(self.port), *arguments)
        self.model.contents.power(self.model, self.now, True)

    def _drdy(self, board: int, level: int) -> None:
        if self.keep:
            self.edges.append((self.now, level))

    def _volts(
        self, board: int, cycle: int, conversion: int, out: ctypes._Pointer[ctypes.Array[ctypes.c_double]]
    ) -> None:
        out.contents[:] = list(self.volts(cycle, conversion))

    def _held(
        self, board: int, cycle: int, conversion: int, counts: ctypes._Pointer[ctypes.Array[ctypes.c_int32]]
    ) -> None:
        if self.keep or not self.held:
            self.held.append((cycle, conversion, tuple(counts.contents)))
        else:
            self.held[-1] = (cycle, conversion, tuple(counts.contents))

    @property
    def falls(self) -> list[int]:
        """Cycles at which data-ready fell."""
        return [cycle for cycle, level in self.edges if not level]

    def run(self, cycles: int) -> None:
        """Let so many cycles pass, event by event."""
        end = self.now + cycles
        while (due := self.model.contents.due(self.model)) <= end:
            self.now = max(self.now, due)
            self.model.contents.advance(self.model, self.now)
        self.now = end

    def next_conversion(self) -> None:
        """Run to just after the next conversion."""
        seen = self.held[-1][1] if self.held else -1
        while not self.held or self.held[-1][1] == seen:
            self.run(self.model.contents.due(self.model) - self.now)

    def pin(self, level: int) -> None:
        """Set the SYNC/RESET pin (HX711: the clock)."""
        self.model.contents.reset_pin(self.model, self.now, level)

    def select(self, level: int) -> None:
        """Set the chip select pin."""
        self.model.contents.select(self.model, self.now, level)

    def send(self, *data: int, byte_cycles: int = 16) -> bytes:
        """Exchange bytes with the chip that is selected."""
        answer = bytearray()
        for byte in data:
            answer.append(self.model.contents.exchange(self.model, self.now, byte))
            self.run(byte_cycles)
        return bytes(answer)

    def words(self, *words: int, count: int = 10) -> list[int]:
        """One frame of the ADS131M08: 16-bit words out, padded to count; 24-bit words back."""
        data = b"".join(word.to_bytes(2, "big") + b"\0" for word in (*words, *[0] * (count - len(words))))
        self.select(0)
        answer = self.send(*data)
        self.select(1)
        self.run(16)
        return [int.from_bytes(answer[i : i + 3], "big") for i in range(0, len(answer), 3)]
