"""The simulator's model of the ADS131M08 against what its data sheet says: registers, orders, data."""

import ctypes

import pytest
from models import CHANNELS, CPU_HZ, FIRMWARE, Bench, build_library
from words import (
    CFG,
    CLOCK,
    GAIN1,
    GAIN2,
    ID,
    LOCK,
    MODE,
    OSR_4096,
    RESET,
    RREG,
    STATUS,
    UNLOCK,
    ads131m08,
    counts,
    crc,
    expected,
    register,
    write,
)


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    """The models, compiled."""
    return build_library(FIRMWARE / "build" / "models")


@pytest.fixture
def bench(library: ctypes.CDLL) -> Bench:
    """An ADS131M08 that is awake."""
    return ads131m08(library)


def test_registers_have_their_defaults(bench: Bench) -> None:
    """Every register that matters, the flag of the reset, and the first answer after power-on."""
    assert bench.words()[0] >> 8 == 0xFF28
    defaults = {ID: 0x2800, STATUS: 0x0500, MODE: 0x0510, CLOCK: 0xFF0E, GAIN1: 0, GAIN2: 0, CFG: 0x0600, 0x0C: 0x8000}
    assert {address: register(bench, address) for address in defaults} == defaults
    assert register(bench, 0x2F) == 0x8000
    assert register(bench, 0x30) == 0
    assert register(bench, 0x09) == 0


def test_what_is_written_is_read_back(bench: Bench) -> None:
    """Several at once; read-only ones are left alone and not counted."""
    assert write(bench, CLOCK, OSR_4096, 0x7777, 0x7654) == 0x4000 | CLOCK << 7 | 2
    assert [register(bench, address) for address in (CLOCK, GAIN1, GAIN2)] == [OSR_4096, 0x7777, 0x7654]
    assert write(bench, ID, 0x1234, 0x5678, 0x0110) == 0x4000 | ID << 7 | 0
    assert register(bench, ID) == 0x2800
    assert register(bench, MODE) == 0x0110
    assert register(bench, STATUS) & 0x0400 == 0
    write(bench, MODE, 0x0510)
    assert register(bench, STATUS) & 0x0400 == 0


def test_several_registers_in_one_frame(bench: Bench) -> None:
    """The frame after the command carries acknowledgment, registers and checksum instead of data."""
    bench.words(RREG | MODE << 7 | 2)
    words = bench.words(count=5)
    assert [word >> 8 for word in words[:4]] == [0xE000 | MODE << 7 | 2, 0x0510, 0xFF0E, 0]
    assert words[4] >> 8 == crc(words[:4])


def test_a_locked_chip_takes_no_orders(bench: Bench) -> None:
    """Reading and unlocking go on; a locked chip says so in its status."""
    bench.words(LOCK)
    assert bench.words()[0] >> 8 == LOCK
    assert write(bench, GAIN1, 0x7777) & 0x8000, "the answer is the status, with its lock bit"
    assert register(bench, GAIN1) == 0
    assert register(bench, ID) == 0x2800
    bench.words(RESET)
    assert bench.words()[0] >> 8 & 0x8000
    bench.words(UNLOCK)
    assert bench.words()[0] >> 8 == UNLOCK
    write(bench, GAIN1, 0x7777)
    assert register(bench, GAIN1) == 0x7777


def test_checksum_covers_status_and_channels(bench: Bench) -> None:
    """As Python computes it, and one flipped bit breaks it."""
    bench.spoil = {7, 9}
    sound = []
    for _ in range(12):
        bench.next_conversion()
        words = bench.words()
        sound.append(words[9] >> 8 == crc(words[:9]))
    assert sound == [n not in bench.spoil for n in range(12)]


def test_frames_carry_what_was_held(bench: Bench) -> None:
    """Read at every conversion: each once, in order, with the ready bits set, then cleared."""
    for n in range(5):
        bench.next_conversion()
        words = bench.words()
        assert counts(words) == expected(n) == list(bench.held[-1][2])
        if n:
            assert words[0] >> 8 == 0x05FF
        assert bench.words()[0] >> 8 == 0x0500, "nothing new"
    assert bench.read == [0, 1, 2, 3, 4]


def test_after_missed_reads_the_older_comes_first(bench: Bench) -> None:
    """Two are kept; a third that nobody read pushes out the oldest."""
    for _ in range(4):
        bench.next_conversion()
    assert counts(bench.words()) == expected(2)
    assert counts(bench.words()) == expected(3)
    assert bench.read == [2, 3]
    bench.next_conversion()
    assert counts(bench.words()) == expected(4), "in step again"


def test_who_falls_behind_once_stays_behind(bench: Bench) -> None:
    """Without a second reading every frame is one conversion old."""
    bench.next_conversion()
    for n in range(1, 5):
        bench.next_conversion()
        assert counts(bench.words()) == expected(n - 1)


def test_gain_and_switched_off_channels(bench: Bench) -> None:
    """Each channel has its own gain; one that is off is nil."""
    write(bench, CLOCK, 0xF70E, 0x3210, 0x7654)
    bench.words()
    bench.next_conversion()
    n = bench.held[-1][1]
    wanted = [0 if c == 3 else expected(n, 1 << c)[c] for c in range(CHANNELS)]
    words = bench.words()
    while counts(words) != list(bench.held[-1][2]):
        words = bench.words()
    assert counts(words) == wanted
    assert words[0] >> 8 & 0xFF == 0xF7


def test_full_scale_clips(bench: Bench) -> None:
    """Beyond the range the count stays at its end."""
    bench.volts = lambda cycle, n: [1.3, -1.3, 1.2, -1.2, 1.2 - 1.2 / 2**23, 0, 1.2 / 2**23, -1.2 / 2**23]
    bench.next_conversion()
    assert counts(bench.words()) == [2**23 - 1, -(2**23), 2**23 - 1, -(2**23), 2**23 - 1, 0, 1, -1]


def test_reset_by_command_wants_a_whole_frame(bench: Bench) -> None:
    """Nine words do nothing but be echoed; ten reset."""
    write(bench, GAIN1, 0x1111)
    bench.words(RESET, count=9)
    assert bench.words()[0] >> 8 == RESET
    assert register(bench, GAIN1) == 0x1111
    bench.words(RESET)
    bench.run(CPU_HZ // 200_000)
    assert bench.words()[0] >> 8 == 0xFF28
    assert register(bench, GAIN1) == 0


def test_a_brown_out_loses_the_settings(bench: Bench) -> None:
    """Registers fall back, the lock too, and the status says that there was a reset."""
    write(bench, MODE, 0x0110)
    bench.words(LOCK)
    bench.model.contents.brown_out(bench.model, bench.now)
    bench.run(CPU_HZ // 4000)
    bench.words()
    assert bench.words()[0] >> 8 & 0x8400 == 0x0400
