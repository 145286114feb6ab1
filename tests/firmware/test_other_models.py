"""The simulator's models of the ADS1256 and the HX711, byte by byte and edge by edge."""

import pytest
from models import CPU_HZ, FIRMWARE, Bench, build_library

CRYSTAL_Hz = 7_680_000
RDATA, RREG, WREG, SYNC, WAKEUP = 0x01, 0x10, 0x50, 0xFC, 0x00
STATUS, MUX, ADCON, DRATE = range(4)
SETTLING_ms = {0xF0: 0.21, 0xE0: 0.25, 0xD0: 0.31, 0xC0: 0.44, 0xB0: 0.68, 0xA1: 1.18, 0x92: 2.18, 0x82: 10.18}
RATE_Hz = {0xF0: 30000, 0xE0: 15000, 0xD0: 7500, 0xC0: 3750, 0xB0: 2000, 0xA1: 1000, 0x92: 500, 0x82: 100}
BYTE, PAUSE = 128, 120  # cycles, at 1 MHz; 50 periods of the crystal


@pytest.fixture(scope="module")
def library():
    return build_library(FIRMWARE / "build" / "models-other")


@pytest.fixture
def bench(library):
    """An ADS1256 that has calibrated itself; channel c sees c + 1 mV."""
    bench = Bench(volts=lambda cycle, n: [1e-3 * (c + 1) for c in range(8)])
    bench.plug(library.ads1256_model, CRYSTAL_Hz)
    bench.pin(1)
    bench.select(0)
    bench.next_conversion()
    return bench


def order(bench, *data, pause=PAUSE):
    for byte in data:
        bench.run(BYTE)
        bench.send(byte, byte_cycles=0)
    bench.run(pause)


def give(bench, count):
    answer = b""
    for _ in range(count):
        bench.run(BYTE)
        answer += bench.send(0, byte_cycles=0)
    return answer


def write(bench, number, value):
    order(bench, WREG | number, 0, value)


def newest(bench):
    order(bench, RDATA)
    return int.from_bytes(give(bench, 3), "big", signed=True)


def test_ads1256_registers(bench):
    order(bench, RREG, 4)
    assert give(bench, 5)[1:] == bytes([0x01, 0x20, 0xF0, 0xE0])
    write(bench, ADCON, 0x06)
    write(bench, STATUS, 0xF7)
    order(bench, RREG, 2)
    status, mux, adcon = give(bench, 3)
    assert (status & 0xFE, mux, adcon) == (0x36, 0x01, 0x06), "the chip's own bits of STATUS stay"


@pytest.mark.parametrize(("code", "settling_ms"), SETTLING_ms.items())
def test_ads1256_settles_as_long_as_the_data_sheet_says(bench, code, settling_ms):
    write(bench, DRATE, code)
    bench.pin(0)
    bench.run(100)
    bench.pin(1)
    start = bench.now
    bench.next_conversion()
    assert (bench.held[-1][0] - start) / CPU_HZ * 1e3 == pytest.approx(settling_ms, abs=0.01)
    bench.next_conversion()
    rate_Hz = CPU_HZ / (bench.held[-1][0] - bench.held[-2][0])
    assert rate_Hz == pytest.approx(RATE_Hz[code], rel=0.002)


@pytest.mark.parametrize(("mux", "channel"), [(0x01, 0), (0x23, 1), (0x45, 2), (0x67, 3), (0x10, None), (0x08, None)])
def test_ads1256_counts_its_pair(bench, mux, channel):
    write(bench, ADCON, 0x05)
    write(bench, MUX, mux)
    order(bench, SYNC)
    order(bench, WAKEUP)
    assert bench.edges[-1][1] == 1, "data-ready waits for the conversion"
    bench.next_conversion()
    assert bench.edges[-1][1] == 0
    expected = 0 if channel is None else round((channel + 1) * 1e-3 * 32 * 2**23 / 5.0)
    assert newest(bench) == expected
    assert bench.edges[-1][1] == 1, "and goes up when it was read"


def test_ads1256_complains_of_haste(bench, capfd):
    order(bench, RREG, 0, pause=PAUSE - 40)
    give(bench, 1)
    assert "t6" in capfd.readouterr().err
    order(bench, RREG, 0)
    give(bench, 1)
    assert capfd.readouterr().err == ""


@pytest.fixture
def scales(library):
    """Four HX711 whose first conversion is there."""
    bench = Bench(volts=lambda cycle, n: [1e-3 * (c + 1) for c in range(8)])
    bench.plug(library.hx711_model, 4)
    bench.pin(0)
    wait_ready(bench)
    return bench


def wait_ready(bench):
    while any(bench.douts[:4]):
        bench.run(100)


def pulses(bench, count):
    """Clock so often; the first 24 levels of each chip as numbers."""
    numbers = [0] * 4
    for number in range(count):
        bench.pin(1)
        bench.run(16)
        if number < 24:
            numbers = [2 * value + level for value, level in zip(numbers, bench.douts, strict=False)]
        bench.pin(0)
        bench.run(16)
    return [value - (value >> 23 << 24) for value in numbers]


def counted(gain):
    return [round(1e-3 * (c + 1) * gain * 2**23 / 2.5) for c in range(4)]


@pytest.mark.parametrize(("count", "gain"), [(25, 128), (27, 64)])
def test_hx711s_take_their_gain_from_the_pulses(scales, count, gain):
    assert pulses(scales, count) == counted(128)
    assert scales.douts[:4] == [1] * 4
    wait_ready(scales)
    assert pulses(scales, count) == counted(gain)


def test_hx711s_sleep_after_60_us_and_forget_their_gain(scales):
    pulses(scales, 27)
    for high_us, gain in ((59, 64), (61, 128)):
        scales.pin(1)
        scales.run(high_us * 16)
        scales.pin(0)
        woken = scales.now
        wait_ready(scales)
        settled_ms = (scales.held[-1][0] - woken) / CPU_HZ * 1e3
        assert (settled_ms > 50) == (high_us > 60)
        scales.run(1000)
        assert scales.held[-1][2][:4] == tuple(counted(gain))
        pulses(scales, 27)


def test_hx711s_convert_at_their_own_rate(scales):
    for _ in range(50):
        pulses(scales, 25)
        wait_ready(scales)
    first, last = scales.held[0], scales.held[-1]
    assert (last[1] - first[1]) / ((last[0] - first[0]) / CPU_HZ) == pytest.approx(79.2, rel=1e-6)
