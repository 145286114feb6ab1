"""What the tests of the ADS131M08's model share: orders in words, and what the converter should hold."""

import binascii
import ctypes

from models import CHANNELS, CPU_HZ, Bench

RREG, WREG = 0xA000, 0x6000
ID, STATUS, MODE, CLOCK, GAIN1, GAIN2, CFG = range(7)
LOCK, UNLOCK, RESET = 0x0555, 0x0655, 0x0011
OSR_4096 = 0xFF16


def ads131m08(library: ctypes.CDLL) -> Bench:
    """An ADS131M08 at 8.192 MHz that is awake; channel c of conversion n sees n * 1 mV + c * 0.1 mV."""
    bench = Bench(volts=lambda cycle, n: [n * 1e-3 + c * 1e-4 for c in range(CHANNELS)])
    bench.plug(library.ads131m08_model, 8_192_000, 1)
    bench.run(CPU_HZ // 4000)
    return bench


def register(bench: Bench, address: int) -> int:
    """Read one register."""
    bench.words(RREG | address << 7)
    return bench.words()[0] >> 8


def write(bench: Bench, address: int, *values: int) -> int:
    """Write registers, give the answer."""
    bench.words(WREG | address << 7 | len(values) - 1, *values)
    return bench.words()[0] >> 8


def signed(word: int) -> int:
    """24-bit two's complement."""
    return word - (word >> 23 << 24)


def expected(n: int, gain: int = 1) -> list[int]:
    """What the fixture's converter holds in conversion n."""
    return [round((n * 1e-3 + c * 1e-4) * gain * 2**23 / 1.2) for c in range(CHANNELS)]


def counts(words: list[int]) -> list[int]:
    """The channels of a frame."""
    return [signed(word) for word in words[1:9]]


def crc(words: list[int]) -> int:
    """The checksum as Python has it."""
    return binascii.crc_hqx(b"".join(word.to_bytes(3, "big") for word in words), 0xFFFF)
