"""What the virtual treadmill's counts hold: the force, and what deck, cells, ADC and clock make of it."""

import numpy as np
import pytest
from virtual_host import Host, max_url, running

from analysis.wrench import apply_matrix
from daq.rig import load_rig
from daq.wire import Hello, Kind, Status
from rigs.virtual import device_from_arrays

QUIET = {"noise_N": 0, "fn_Hz": 0, "fn_x_Hz": 0, "fn_y_Hz": 0}


def wrench_of(host, rig="virtual"):
    counts = host.chunk.counts.T.astype(np.float64)
    return [apply_matrix(belt.matrix, counts) for belt in load_rig(rig).belts()]


def test_the_wrench_comes_through_the_wire():
    host = running(runner="impact", mass_kg=80, **QUIET)
    host.run(4000)
    got = wrench_of(host)[0]
    truth = host.device.chain.source.wrench(np.arange(got.shape[1]) / 1000).sum(axis=0)
    np.testing.assert_allclose(got[:3], truth[:3], atol=0.002)
    np.testing.assert_allclose(got[3:], truth[3:], atol=0.002)


def test_arrays_come_through_the_wire_on_both_belts():
    rig = load_rig("split_belt")
    fs = rig.sample_rate_Hz
    fz = 300 + 200 * np.sin(2 * np.pi * 3 * np.arange(500) / fs)
    wrench = np.zeros((2, 6, 500))
    wrench[0, 2], wrench[1, 2], wrench[1, 4] = fz, 2 * fz, -0.3 * fz
    options = {"noise_N": 0.0, "fn_Hz": 0.0, "speed": np.inf}
    device = device_from_arrays(rig, wrench, fs, belt_speed_m_s=4.0, **options)
    host = Host(max_url("split_belt"))
    host.device = host.pump.device = device
    host.start()
    host.run(500)
    left, right = (w[:, :500] for w in wrench_of(host, "split_belt"))
    np.testing.assert_allclose(left[2], fz, atol=0.01)
    np.testing.assert_allclose(right[2], 2 * fz, atol=0.01)
    np.testing.assert_allclose(right[4], -0.3 * fz, atol=0.01)


def test_noise_offset_drift_and_warm_up_are_those_asked_for():
    host = running(load="none", noise_N=1.5, drift_N_per_min=20, warmup_N=20, warmup_s=8, offset_N=50)
    host.run(30_000)
    n = len(host.chunk)
    per_N = host.device.chain.sensors.counts_per_N
    cells = host.chunk.counts.T / per_N[:, np.newaxis]
    t = np.arange(n) / 1000
    offset = host.device.chain.offset_N
    assert np.ptp(offset) > 20
    assert np.abs(offset).max() <= 50
    expected = offset[:, np.newaxis] + t * 20 / 60 + 20 * np.exp(-t / 8)
    rest = cells - expected
    np.testing.assert_allclose(rest.std(axis=1), 1.5, rtol=0.03)
    np.testing.assert_allclose(rest.mean(axis=1), 0, atol=0.05)
    correlation = np.corrcoef(rest)
    assert np.abs(correlation - np.eye(8)).max() < 0.03
    assert np.abs([np.corrcoef(r[1:], r[:-1])[0, 1] for r in rest]).max() < 0.03


def test_an_overloaded_cell_saturates_and_says_so():
    host = running(load="60000@0.7,0.3", **QUIET)
    chunk = host.run(100)
    assert (chunk.status & Status.SATURATED).all()
    assert chunk.counts[:, 0].max() == (1 << 23) - 1
    assert not (running(load="3000@0.7,0.3", **QUIET).run(100).status & Status.SATURATED).any()


def test_belt_pulses_count_the_way():
    host = running(runner="half_sine", belt_speed_m_s=3.7)
    chunk = host.run(100_000)
    way = np.arange(len(chunk)) / 1000 * 3.7 * 1000
    assert np.abs(chunk.belt - way).max() <= 1.0
    assert chunk.belt[-1] > 2**16  # the wire's 16 bits have wrapped


def test_ticks_follow_the_true_rate_and_the_timers_error():
    host = running(rate=976.5625, load="none")
    assert set(np.diff(host.run(5000).tick)) == {2048}
    late = running(rate=1000, clock_ppm=250, load="none")
    ticks = late.run(200_000).tick
    assert (ticks[-1] - ticks[0]) / (len(ticks) - 1) == pytest.approx(2000 * 1.00025, rel=1e-8)


def test_an_odd_rate_is_the_rate_that_hello_states():
    host = running(rate=333.333, load="none")
    hello = Hello.decode(host.ask(Kind.HELLO)[0].payload)
    ticks = host.run(50_000).tick
    assert (ticks[-1] - ticks[0]) / (len(ticks) - 1) == pytest.approx(hello.ticks_per_sample, rel=1e-7)
    assert hello.sample_rate_Hz == host.device.chain.rate_Hz


def test_presets_wrap_soon():
    host = running(seq0=65_500, tick0=2**32 - 100_000, load="none")
    chunk = host.run(300)
    assert chunk.seq[0] == 65_500
    assert np.array_equal(np.diff(chunk.seq), np.ones(len(chunk) - 1))
    assert np.array_equal(np.diff(chunk.tick), np.full(len(chunk) - 1, 2000))
    assert chunk.tick[-1] > 2**32
    assert host.counters.lost == 0


def test_the_sync_input_is_a_square_wave():
    level = (running(sync_period_s=0.2, load="none").run(1000).status & Status.SYNC_IN) > 0
    np.testing.assert_array_equal(level[:1000], np.arange(1000) % 200 >= 100)


def test_stuck_swapped_and_spiky_cells():
    per_N = load_rig("virtual").newtons_per_count(load_rig("virtual").cells[0])
    host = running(load="800@0.2,0.1", stuck="2", swap="0-1", noise_N=0.1)
    good = running(load="800@0.2,0.1", noise_N=0.1)
    bad, fine = host.run(1000).counts[:1000], good.run(1000).counts[:1000]
    np.testing.assert_array_equal(bad[:, [0, 1, 3]], fine[:, [1, 0, 3]])
    assert np.ptp(bad[:, 2]) == 0
    spiky = running(load="800@0.2,0.1", noise_N=0.1, spike=0.01).run(1000).counts[:1000] - fine
    hits = spiky[spiky != 0]
    assert 40 < len(hits) < 130
    assert (np.log2(np.abs(hits)) % 1 == 0).mean() > 0.7  # the rest is clipped
    gained = running(load="800@0.2,0.1", gain=1.02, noise_N=0).run(10).counts[:10, :4].sum(axis=1)
    np.testing.assert_allclose(gained * per_N, 816, atol=0.01)


def test_the_deck_rings_in_flight():
    soft, stiff = running(runner="impact", fn_Hz=35, zeta=0.03, noise_N=0), running(runner="impact", **QUIET)
    soft.run(3500), stiff.run(3500)
    flight = np.arange(3500) % 350 < 95
    flight[:350] = False
    assert wrench_of(soft)[0][2][:3500][flight].std() > 20
    assert wrench_of(stiff)[0][2][:3500][flight].std() < 0.01
