"""Payloads of the control frames, in both directions. Every layout is one of the struct formats below."""

import struct
from dataclasses import astuple, dataclass
from enum import IntEnum, IntFlag
from typing import Any

from daq.errors import ProtocolError
from daq.layout import CHANNELS, PROTOCOL_VERSION

HELLO_FORMAT = struct.Struct(f">BH3B16s16sHIIIB{CHANNELS}B{CHANNELS}B{CHANNELS}HH")
CLOCK_FORMAT = struct.Struct(">IH")
STATS_FORMAT = struct.Struct(">6IH")
ERROR_FORMAT = struct.Struct(">B")
"""The code; the rest of the payload is text."""
SET_FORMAT = struct.Struct(">BI")
"""A `Parameter` and its value. A device without settings answers ErrorCode.UNSUPPORTED."""

_NAME_BYTES = 16


class Kind(IntEnum):
    """Kinds of control frame; a reply has the request's kind with REPLY set, or is an ERROR."""

    HELLO = 1
    START = 2
    STOP = 3
    CLOCK = 4
    STATS = 5
    SET = 6
    ERROR = 0xFF


REPLY = 0x80


class ErrorCode(IntEnum):
    """Why a device refuses a request."""

    UNKNOWN_KIND = 1
    """The kind is not known to this firmware."""
    BAD_PAYLOAD = 2
    """The payload has the wrong length or a value out of range."""
    WRONG_VERSION = 3
    """The request's protocol version is not the device's (never sent for HELLO)."""
    UNSUPPORTED = 4
    """The kind is known, but this device cannot do it."""
    ADC_FAULT = 5
    """The ADC does not answer or does not convert."""
    BUSY = 6
    """Not while data flows: STOP first."""


class Capability(IntFlag):
    """What a device can and cannot do."""

    STATIC_ONLY = 1
    """Too slow for impacts: standing weight and calibration only."""
    BELT_COUNTER = 2
    """The belt field counts pulses."""
    SYNC_INPUT = 4
    """Status.SYNC_IN follows an input."""
    SETTINGS = 8
    """SET changes gain and rate."""


class Parameter(IntEnum):
    """What SET can change; HELLO shows the new value at once."""

    GAIN = 1
    """ADC gain of all channels."""
    RATE_mHz = 2
    """Sample rate in mHz; a device takes it if it can make one within 0.1 % of it."""


@dataclass(frozen=True)
class Hello:
    """What a device says about itself: the payload of a HELLO reply.

    Attributes:
        protocol_version: Version of the device's protocol.
        layout_seed: `LAYOUT_SEED` of the device, u16.
        firmware: Version, three numbers 0..255.
        board: Board name, at most 16 ASCII characters.
        adc: ADC name, at most 16 ASCII characters.
        boot: Boot id, u16; differs after every boot.
        tick_rate_Hz: Rate of the device timer.
        rate_num: Numerator of the sample rate in Hz.
        rate_den: Denominator of the sample rate: 976.5625 Hz is 15625 / 16.
        channels: Channels in use, 1..8; the rest of the frame's eight is zero.
        gains: ADC gain per channel, 8 numbers.
        channel_map: ADC input behind each channel, 8 numbers.
        skew_100ns: Sampling delay of each channel after data-ready, 8 numbers, units of 100 ns.
        capabilities: `Capability` flags.
    """

    protocol_version: int
    layout_seed: int
    firmware: tuple[int, int, int]
    board: str
    adc: str
    boot: int
    tick_rate_Hz: int
    rate_num: int
    rate_den: int
    channels: int
    gains: tuple[int, ...]
    channel_map: tuple[int, ...]
    skew_100ns: tuple[int, ...]
    capabilities: int

    @property
    def sample_rate_Hz(self) -> float:
        """Conversions per second, exact for any rate a 32-bit fraction can state."""
        return self.rate_num / self.rate_den

    @property
    def ticks_per_sample(self) -> float:
        """Device ticks between two conversions; what `Decoder.ticks_per_sample` wants."""
        return self.tick_rate_Hz * self.rate_den / self.rate_num

    def encode(self) -> bytes:
        """Pack into a payload.

        Returns:
            The payload, `HELLO_FORMAT.size` bytes.

        Raises:
            ValueError: If a number does not fit its field, a name is not ASCII or too long, or a tuple does
                not have eight entries.
        """
        try:
            return HELLO_FORMAT.pack(
                self.protocol_version, self.layout_seed, *self.firmware, _name(self.board), _name(self.adc),
                self.boot, self.tick_rate_Hz, self.rate_num, self.rate_den, self.channels,
                *self.gains, *self.channel_map, *self.skew_100ns, self.capabilities,
            )  # fmt: skip
        except struct.error as error:
            raise ValueError(f"HELLO cannot be packed: {error}") from error

    @classmethod
    def decode(cls, payload: bytes) -> "Hello":
        """Unpack a payload; bytes beyond the known fields are ignored.

        Args:
            payload: Payload of a HELLO reply.

        Returns:
            What the device says about itself.

        Raises:
            ProtocolError: If the payload is too short, or its rates or channels are impossible.
        """
        f = _unpack(HELLO_FORMAT, payload, "HELLO")
        firmware, board, adc = (f[2], f[3], f[4]), _text(f[5]), _text(f[6])
        gains, channel_map, skew = (tuple(f[i : i + CHANNELS]) for i in range(12, 12 + 3 * CHANNELS, CHANNELS))
        boot, tick_rate_Hz, rate_num, rate_den, channels = f[7:12]
        hello = cls(
            f[0], f[1], firmware, board, adc, boot, tick_rate_Hz, rate_num, rate_den, channels,
            gains, channel_map, skew, f[-1],
        )  # fmt: skip
        if not (hello.tick_rate_Hz and hello.rate_num and hello.rate_den and 1 <= hello.channels <= CHANNELS):
            raise ProtocolError(
                "HELLO",
                expected=f"a tick rate, a sample rate and 1 to {CHANNELS} channels",
                seen=f"{hello.tick_rate_Hz} Hz, {hello.rate_num}/{hello.rate_den} Hz, {hello.channels} channels",
                next_step="Check the firmware's ADC settings.",
            )
        return hello


@dataclass(frozen=True)
class ClockReply:
    """Device time at the reception of a CLOCK request.

    Attributes:
        tick: Device timer, u32.
        boot: Boot id, u16.
    """

    tick: int
    boot: int

    def encode(self) -> bytes:
        """Pack into a payload of `CLOCK_FORMAT.size` bytes."""
        return CLOCK_FORMAT.pack(*astuple(self))

    @classmethod
    def decode(cls, payload: bytes) -> "ClockReply":
        """Unpack a CLOCK reply; `ProtocolError` if it is too short."""
        return cls(*_unpack(CLOCK_FORMAT, payload, "CLOCK"))


@dataclass(frozen=True)
class Stats:
    """Counters of the device since boot, each u32 and wrapping.

    Attributes:
        frames_sent: Data frames put on the line.
        frames_dropped: Data frames dropped because the transmit buffer was full.
        missed: Data-ready edges missed.
        late: Conversions read late.
        adc_crc_errors: Reads with a wrong ADC checksum.
        rx_errors: Control frames received with a wrong CRC.
        boot: Boot id, u16.
    """

    frames_sent: int
    frames_dropped: int
    missed: int
    late: int
    adc_crc_errors: int
    rx_errors: int
    boot: int

    def encode(self) -> bytes:
        """Pack into a payload of `STATS_FORMAT.size` bytes."""
        return STATS_FORMAT.pack(*astuple(self))

    @classmethod
    def decode(cls, payload: bytes) -> "Stats":
        """Unpack a STATS reply; `ProtocolError` if it is too short."""
        return cls(*_unpack(STATS_FORMAT, payload, "STATS"))


@dataclass(frozen=True)
class ErrorReply:
    """A device's refusal.

    Attributes:
        code: An `ErrorCode`, or a number newer than this software.
        text: What the device says, for people; may be empty.
    """

    code: int
    text: str = ""

    def encode(self) -> bytes:
        """Pack into a payload; the caller keeps the text short enough for one control frame."""
        return ERROR_FORMAT.pack(self.code) + self.text.encode("ascii", "replace")

    @classmethod
    def decode(cls, payload: bytes) -> "ErrorReply":
        """Unpack an ERROR reply; `ProtocolError` if it is empty."""
        (code,) = _unpack(ERROR_FORMAT, payload, "ERROR")
        return cls(code, payload[ERROR_FORMAT.size :].decode("ascii", "replace"))


def encode_set(parameter: int, value: int) -> bytes:
    """Pack the payload of SET.

    Args:
        parameter: A `Parameter`.
        value: Its new value, u32.

    Returns:
        The payload, `SET_FORMAT.size` bytes.

    Raises:
        ValueError: If a number does not fit its field.
    """
    try:
        return SET_FORMAT.pack(parameter, value)
    except struct.error as error:
        raise ValueError(f"SET cannot be packed: {error}") from error


def _name(text: str) -> bytes:
    raw = text.encode("ascii")
    if len(raw) > _NAME_BYTES:
        raise ValueError(f"{text!r} is longer than {_NAME_BYTES} characters")
    return raw


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("ascii", "replace")


def _unpack(layout: struct.Struct, payload: bytes, what: str) -> tuple[Any, ...]:
    if len(payload) < layout.size:
        raise ProtocolError(
            what,
            expected=f"a payload of {layout.size} bytes (protocol version {PROTOCOL_VERSION})",
            seen=f"{len(payload)} bytes",
            next_step="Flash the firmware that belongs to this software.",
        )
    return layout.unpack_from(payload)
