"""The drivers of the ADS1256 and the HX711, in the true firmware on the simulated board."""

import json
from contextlib import suppress

import numpy as np
import pytest
from simulated import READ, Simulator, build_firmware

from analysis.gates import STATIC_ONLY
from daq.chunk import Chunk
from daq.decoder import Decoder
from daq.errors import LinkError
from daq.layout import Status
from daq.link import open_link
from daq.rig import load_rig
from daq.settings import Settings
from daq.wire import Capability
from stance.cli import run

SECONDS = 0.6
CELLS_HZ = 200_000
SLOPE_V_s = 2e-3
STEP_V = 1e-4  # from channel to channel: none is taken for another
CRYSTAL_Hz = 7_680_000


def ramps(start_V=0.0):
    """Volts, shape (rows, 8): every channel rises, each from its own offset."""
    rise = np.arange(int(SECONDS * CELLS_HZ)) * (SLOPE_V_s / CELLS_HZ) + start_V
    return rise[:, None] + STEP_V * (1 + np.arange(8))


def stream(simulator, settings=None):
    """HELLO and all samples until the simulator ends."""
    chunks = []
    with open_link(simulator.port, wanted=settings) as link:
        hello = link.hello
        decoder = Decoder(hello.ticks_per_sample)
        link.start()
        with suppress(LinkError):  # the port goes away
            while heard := link.read(5.0):
                chunks.append(decoder.feed(heard).chunk)
    simulator.wait()
    assert decoder.counters.crc_errors == 0
    assert simulator.errors == "", "the model saw something that the data sheet forbids"
    return hello, Chunk.concat(chunks)


def ads1256(board="mega", *, gain=64, rate_Hz=1000.0, cells=None, at=()):
    """One run of the ADS1256: its simulator, HELLO and samples."""
    cells = ramps() if cells is None else cells
    with Simulator(
        build_firmware(board, "ads1256"), board=board, adc="ads1256", cells=cells, cells_rate=CELLS_HZ,
        clkin=CRYSTAL_Hz, seconds=SECONDS, at=at,
    ) as simulator:  # fmt: skip
        return simulator, *stream(simulator, Settings("ADS1256", gain, rate_Hz))


def hx711(board="mega", gain=128):
    """One run of four HX711."""
    with Simulator(
        build_firmware(board, "hx711"), board=board, adc="hx711", cells=ramps(), cells_rate=CELLS_HZ, seconds=SECONDS
    ) as simulator:
        return simulator, *stream(simulator, Settings("HX711", gain, 79.2))


def held_one_by_one(truth):
    """What the ADS1256 held and gave out: channel and count of each conversion, shape (conversions, 2)."""
    read = truth["counts"][(truth["fate"] & READ) > 0]
    channel = np.argmax(read != 0, axis=1)
    return np.column_stack([channel, read[np.arange(len(read)), channel]])


def one_by_one(chunk):
    """The same of the samples that came."""
    return np.column_stack([np.tile(np.arange(4), len(chunk)), chunk.counts[:, :4].ravel()])


def at_the_place_of(first, rows, part):
    """Where a run of rows, shape (n, columns), stands in a longer one."""
    (places,) = np.nonzero((rows[: len(rows) - len(part) + 1] == first).all(axis=1))
    return [place for place in places if (rows[place : place + len(part)] == part).all()]


@pytest.mark.parametrize("board", ["mega", "uno"])
@pytest.mark.parametrize("rate_Hz", [250.0, 500.0, 1000.0])
def test_the_ads1256_gives_what_it_held(board, rate_Hz):
    simulator, hello, chunk = ads1256(board, rate_Hz=rate_Hz)
    assert (hello.adc, hello.channels, hello.sample_rate_Hz) == ("ADS1256", 4, rate_Hz)
    assert not hello.capabilities & Capability.STATIC_ONLY
    assert len(chunk) >= rate_Hz * SECONDS - 4
    assert not chunk.gap_lost.size
    assert not chunk.status[2:].any(), "only while it answers commands may the firmware be late for a slot"
    assert not chunk.counts[:, 4:].any()
    sent = one_by_one(chunk)
    assert len(at_the_place_of(sent[0], held_one_by_one(simulator.truth), sent)) == 1


@pytest.mark.parametrize("rate_Hz", [250.0, 500.0, 1000.0])
def test_the_ads1256_declares_its_true_skew(rate_Hz):
    _, hello, chunk = ads1256(rate_Hz=rate_Hz)
    slot_s = 1 / rate_Hz / 4
    assert hello.skew_100ns == (*(round(k * slot_s * 1e7) for k in range(4)), 0, 0, 0, 0)
    sound = (chunk.status == 0) & (np.arange(len(chunk)) > 1)
    sampled_s = (chunk.counts[sound, :4] * (5.0 / 64 / 2**23) - STEP_V * (1 + np.arange(4))) / SLOPE_V_s
    since_tick_s = sampled_s - chunk.tick[sound, None] / hello.tick_rate_Hz
    skew_s = since_tick_s - since_tick_s[:1, :1]
    assert np.abs(skew_s - np.arange(4) * slot_s).max() < 30e-6


@pytest.mark.parametrize("gain", [1, 2, 4, 8, 16, 32])
def test_the_ads1256_at_every_gain(gain):
    simulator, hello, chunk = ads1256(gain=gain, rate_Hz=500.0)
    assert hello.gains == (gain,) * 4 + (0,) * 4
    sent, held = one_by_one(chunk), held_one_by_one(simulator.truth)
    (place,) = at_the_place_of(sent[-1], held, sent[-1:])
    row = simulator.truth["row"][(simulator.truth["fate"] & READ) > 0][place]
    assert sent[-1, 1] == np.rint(ramps()[row, 3] * gain * 2**23 / 5.0)


def test_the_ads1256_clips_and_says_so():
    _, _, chunk = ads1256(cells=ramps(start_V=-5.0 / 64 - 5 * STEP_V))
    clipped = chunk.counts[:, :4].min(axis=1) == -(2**23)
    assert clipped[:100].all()
    assert not clipped[-100:].any()
    assert (chunk.status & Status.SATURATED > 0).tolist() == clipped.tolist()


def test_the_ads1256_that_lost_its_settings_gets_them_back():
    _, _, chunk = ads1256(at=("0.2:adc-reset",))
    assert 0 < np.count_nonzero(chunk.status & Status.ADC_CRC) < 20
    sound = chunk.status == 0
    assert np.count_nonzero(sound[-100:]) >= 98
    sampled_s = (chunk.counts[sound, 0] * (5.0 / 64 / 2**23) - STEP_V) / SLOPE_V_s
    lag_s = chunk.tick[sound] / 2e6 - sampled_s
    assert np.ptp(lag_s[2:]) < 40e-6, "gain and slot are right wherever the status is"


@pytest.mark.parametrize("board", ["mega", "uno"])
@pytest.mark.parametrize("gain", [64, 128])
def test_hx711s_give_what_they_held(board, gain):
    simulator, hello, chunk = hx711(board, gain)
    assert (hello.adc, hello.channels, hello.gains[:4]) == ("HX711", 4, (gain,) * 4)
    assert hello.sample_rate_Hz == pytest.approx(79.2, rel=1e-4), "measured, not believed"
    assert hello.capabilities & Capability.STATIC_ONLY
    assert len(chunk) >= 79.2 * SECONDS - 2
    assert not chunk.status.any()
    assert not chunk.counts[:, 4:].any()
    held = simulator.truth["counts"][:, :4]
    assert len(at_the_place_of(chunk.counts[0, :4], held, chunk.counts[:, :4])) == 1
    row, volts = simulator.truth["row"][-2], ramps()
    assert held[-2] == pytest.approx(volts[row, :4] * gain * 2**23 / 2.5, abs=1)


def test_hx711s_weigh_but_give_no_steps(tmp_path, capfd):
    text = load_rig("deck_4z").text
    for old, new in (
        ('name = "ADS131M08"', 'name = "HX711"'),
        ("channels = 8", "channels = 4"),
        ("reference_mV = 1200", "reference_mV = 2500"),
        ("sample_rate_Hz = 1000", "sample_rate_Hz = 80"),
    ):
        assert old in text
        text = text.replace(old, new)
    rig = tmp_path / "scales.toml"
    rig.write_text(text)
    with Simulator(build_firmware("mega", "hx711"), adc="hx711", cells=ramps(), cells_rate=CELLS_HZ) as simulator:
        options = [
            "--port",
            simulator.port,
            "--rig",
            str(rig),
            "--seconds",
            "3",
            "-o",
            str(tmp_path / "s.h5"),
            "--json",
        ]
        assert run(["record", *options]) == 0
    out, err = capfd.readouterr()
    results = json.loads(out)
    assert results["steps"] == []
    assert results["frames"] > 100
    assert STATIC_ONLY in err
    assert set(results["missing"].values()) == {STATIC_ONLY}
