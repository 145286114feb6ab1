"""The simulator's model of the ADS131M08 against what its data sheet says: rate, data-ready, SYNC/RESET."""

import ctypes
from fractions import Fraction

import pytest
from models import CPU_HZ, FIRMWARE, Bench, build_library
from words import CLOCK, GAIN1, MODE, OSR_4096, STATUS, WREG, ads131m08, counts, expected, register, write


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    """The models, compiled."""
    return build_library(FIRMWARE / "build" / "models-timing")


@pytest.fixture
def bench(library: ctypes.CDLL) -> Bench:
    """An ADS131M08 that is awake."""
    return ads131m08(library)


def test_data_ready_level(bench: Bench) -> None:
    """Falls at a conversion, rises when the channels are out, and dips up for 4 clocks when nobody reads."""
    bench.next_conversion()
    bench.edges.clear()
    start = bench.now
    bench.words()
    assert bench.edges == [(start + 26 * 16, 1)], "with the last byte of channel 7"
    bench.edges.clear()
    bench.next_conversion()
    bench.next_conversion()
    fall, again = bench.held[-2][0], bench.held[-1][0]
    assert bench.edges == [(fall, 0), (again - 4 * CPU_HZ // 8_192_000, 1), (again, 0)]


def test_a_second_conversion_that_waits_makes_a_narrow_pulse(bench: Bench) -> None:
    """After the first of two was read, data-ready is high for 4 clocks."""
    bench.next_conversion()
    bench.next_conversion()
    bench.edges.clear()
    bench.words()
    (up, high), (down, low) = bench.edges
    assert (high, low, down - up) == (1, 0, 4 * CPU_HZ // 8_192_000)


def test_no_edge_while_data_are_read(bench: Bench) -> None:
    """A conversion that completes during a read is held but not announced."""
    bench.next_conversion()
    bench.run(bench.model.contents.due(bench.model) - bench.now - 100)
    bench.edges.clear()
    first = bench.words()
    assert len(bench.held) == 2
    assert counts(first) == expected(0)
    assert [level for _, level in bench.edges] == [1]
    assert counts(bench.words()) == expected(1)


def test_data_ready_pulses(bench: Bench) -> None:
    """In the pulse format every second conversion is announced to someone who does not read."""
    write(bench, MODE, 0x0111)
    bench.words()
    bench.edges.clear()
    before = len(bench.held)
    for _ in range(6):
        bench.next_conversion()
    bench.run(100)
    announced = [cycle for cycle, _, _ in bench.held[before::2]]
    assert bench.falls == announced
    assert [level for _, level in bench.edges] == [0, 1] * 3


@pytest.mark.parametrize("clkin", [8_192_000, 8_000_000, 7_999_999])
@pytest.mark.parametrize(("code", "osr"), [(5, 4096), (7, 16256)])
def test_a_million_conversions_keep_time(library: ctypes.CDLL, clkin: int, code: int, osr: int) -> None:
    """The last of a million conversions comes when it should, to the cycle."""
    bench = Bench(keep=False)
    bench.plug(library.ads131m08_model, clkin, 1)
    bench.run(CPU_HZ // 4000)
    bench.words(WREG | CLOCK << 7, 0xFF02 | code << 2)
    bench.next_conversion()
    first = bench.held[-1][:2]
    many = 1_000_000
    step = Fraction(2 * osr * CPU_HZ, clkin)
    model = bench.model
    model.contents.advance(model, first[0] + int(step * many) + 2)
    cycle, number, _ = bench.held[-1]
    assert number - first[1] == many
    assert abs(cycle - first[0] - step * many) <= 1


@pytest.mark.parametrize("code", range(8))
def test_the_rate_is_that_of_the_ratio(bench: Bench, code: int) -> None:
    """All eight oversampling ratios; code 7 is 16256, not 16384."""
    write(bench, CLOCK, 0xFF02 | code << 2)
    for _ in range(3):
        bench.next_conversion()
    osr = (128, 256, 512, 1024, 2048, 4096, 8192, 16256)[code]
    assert abs(bench.held[-1][0] - bench.held[-2][0] - Fraction(2 * osr * CPU_HZ, 8_192_000)) < 1


def test_a_new_setting_starts_conversions_anew(bench: Bench) -> None:
    """The first one comes after 300 modulator clocks and one whole conversion."""
    bench.words(WREG | CLOCK << 7, OSR_4096)
    written = bench.now
    bench.next_conversion()
    assert abs(bench.held[-1][0] - written - (300 + 4096) * 2 * CPU_HZ / 8_192_000) < 30 * 16 + 16


def test_a_long_low_resets_and_a_short_one_synchronises(bench: Bench) -> None:
    """2048 clocks are the border; synchronising empties the FIFO and keeps the registers."""
    write(bench, GAIN1, 0x1111)
    for _ in range(2):
        bench.next_conversion()
    limit = 2048 * CPU_HZ // 8_192_000
    bench.pin(0)
    low, held = bench.now, len(bench.held)
    bench.run(limit - 16)
    bench.pin(1)
    assert bench.words()[0] >> 8 & 0xFF == 0
    assert register(bench, GAIN1) == 0x1111
    bench.next_conversion()
    assert bench.held[held][0] - low == (300 + 1024) * 2 * CPU_HZ // 8_192_000
    bench.pin(0)
    bench.run(limit + 16)
    bench.pin(1)
    bench.run(CPU_HZ // 200_000)
    assert bench.words()[0] >> 8 == 0xFF28
    assert register(bench, GAIN1) == 0
    assert register(bench, STATUS) & 0x0400
