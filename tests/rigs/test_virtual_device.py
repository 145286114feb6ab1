"""The virtual device: protocol, signal, faults; its ledger against the counters of the real decoder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_host import Host, max_url, running

from analysis.wrench import apply_matrix
from daq.rig import load_rig
from daq.wire import (
    FRAME_BYTES,
    LAYOUT_SEED,
    Capability,
    ClockReply,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Stats,
    Status,
    encode_control,
)
from rigs.chain import BLOCK
from rigs.virtual import device_from_arrays
from rigs.virtual_url import VirtualUrl

QUIET = {"noise_N": 0, "fn_Hz": 0, "fn_x_Hz": 0, "fn_y_Hz": 0}


def wrench_of(host, rig="virtual"):
    counts = host.chunk.counts.T.astype(np.float64)
    return [apply_matrix(belt.matrix, counts) for belt in load_rig(rig).belts()]


# ---- protocol


def test_silent_until_start():
    host = Host(max_url())
    assert host.device.transmit(3600.0) == b""
    host.start()
    assert len(host.run(100)) >= 100


def test_hello_tells_who_and_how_fast():
    host = Host(max_url(rate=976.5625))
    (answer,) = host.ask(Kind.HELLO, token=42)
    assert (answer.kind, answer.token) == (Kind.HELLO | 0x80, 42)
    hello = Hello.decode(answer.payload)
    assert (hello.rate_num, hello.rate_den) == (15625, 16)
    assert hello.layout_seed == LAYOUT_SEED
    assert hello.ticks_per_sample == 2048
    assert hello.capabilities == Capability.BELT_COUNTER
    assert hello.boot == host.ledger.boots[0]


def test_hello_of_a_slow_adc_says_static_only():
    hello = Hello.decode(Host(max_url(rate=80, sync_period_s=1)).ask(Kind.HELLO)[0].payload)
    assert hello.capabilities == Capability.BELT_COUNTER | Capability.STATIC_ONLY | Capability.SYNC_INPUT


def test_stop_stops_and_start_goes_on_in_the_same_count():
    host = running()
    host.run(50)
    (answer,) = host.ask(Kind.STOP)
    assert answer.kind == Kind.STOP | 0x80
    assert host.pump.take(1000) == b""
    host.start()
    host.run(50)
    assert np.array_equal(host.chunk.seq, np.arange(len(host.chunk)))


def test_conversions_between_stop_and_start_are_counted_though_not_sent():
    host = Host("virtual://virtual?seed=1")
    host.ask(Kind.START, now_s=0.0)
    host.hear(host.device.transmit(0.1005))
    host.ask(Kind.STOP, now_s=0.1005)
    host.ask(Kind.START, now_s=0.2005)
    host.hear(host.device.transmit(0.3005))
    assert host.chunk.gap_lost.tolist() == [100]
    assert host.ledger.lost == 0


def test_clock_is_the_tick_at_reception():
    host = Host("virtual://virtual?clock_ppm=100&tick0=4294967000")
    for now_s in (0.0, 0.5, 10.0, 3000.0):
        reply = ClockReply.decode(host.ask(Kind.CLOCK, now_s=now_s)[0].payload)
        assert reply.tick == (4294967000 + round(now_s * 2_000_200)) % 2**32
        assert reply.boot == host.ledger.boots[0]


@pytest.mark.parametrize(
    ("kind", "payload", "version", "code"),
    [
        (0x44, b"", 1, ErrorCode.UNKNOWN_KIND),
        (Kind.HELLO | 0x80, b"", 1, ErrorCode.UNKNOWN_KIND),
        (Kind.SET, b"\0\0\0\0\0", 1, ErrorCode.UNSUPPORTED),
        (Kind.START, b"x", 1, ErrorCode.BAD_PAYLOAD),
        (Kind.START, b"", 2, ErrorCode.WRONG_VERSION),
    ],
)
def test_what_cannot_be_done_is_refused(kind, payload, version, code):
    host = Host(max_url())
    host.device.receive(encode_control(kind, 9, payload, version), 0.0)
    host.hear(host.pump.take(1000))
    (answer,) = host.controls
    assert (answer.kind, answer.token, ErrorReply.decode(answer.payload).code) == (Kind.ERROR, 9, code)
    assert host.pump.take(1000) == b""


def test_hello_is_answered_whatever_the_askers_version():
    host = Host(max_url())
    host.device.receive(encode_control(Kind.HELLO, 9, version=15), 0.0)
    host.hear(host.pump.take(1000))
    assert host.controls[0].kind == Kind.HELLO | 0x80


def test_a_broken_command_is_counted_and_not_obeyed():
    host = Host(max_url())
    start = bytearray(encode_control(Kind.START, 1))
    start[-1] ^= 1
    host.device.receive(bytes(start), 0.0)
    assert host.pump.take(100) == b""
    assert host.ledger.rx_errors == 1
    assert Stats.decode(host.ask(Kind.STATS)[0].payload).rx_errors == 1


def test_an_incomplete_command_is_never_obeyed_and_does_not_eat_the_next():
    host = Host("virtual://virtual")
    start = encode_control(Kind.START, 1)
    for size in range(1, len(start)):
        now_s = 2.0 * size
        host.device.receive(start[:size], now_s)
        assert host.device.transmit(now_s + 1) == b""
        assert [c.kind for c in host.ask(Kind.HELLO, now_s=now_s + 1)] == [Kind.HELLO | 0x80]
    assert host.device.transmit(100.0) == b""


def test_a_command_in_single_bytes_is_obeyed():
    host = Host(max_url())
    for byte in b"\xa5\xa5\x5a" + encode_control(Kind.HELLO, 3):
        host.device.receive(bytes([byte]), 0.0)
    host.hear(host.pump.take(1000))
    assert [c.token for c in host.controls] == [3]


@given(noise=st.binary(max_size=300), cuts=st.lists(st.integers(1, 50), max_size=10))
def test_noise_never_starts_the_stream_nor_hides_a_command(noise, cuts):
    host = Host("virtual://virtual?load=none")
    rest, now_s = noise, 0.0
    for cut in cuts:
        host.device.receive(rest[:cut], now_s)
        rest, now_s = rest[cut:], now_s + 0.01
    host.device.receive(rest, now_s)
    assert host.device.hello().boot == host.ledger.boots[0]
    if encode_control(Kind.START, 0)[:4] not in noise:
        assert host.ledger.due == 0
    assert [c.token for c in host.ask(Kind.HELLO, 77, now_s=now_s + 1.0)][-1] == 77


def test_stats_count_what_was_sent():
    host = Host("virtual://virtual?buffer_frames=100")
    host.ask(Kind.START, now_s=0.0)
    host.hear(host.device.transmit(0.2501))
    stats = Stats.decode(host.ask(Kind.STATS, now_s=0.2501)[0].payload)
    assert (stats.frames_sent, stats.frames_dropped) == (100, 150)
    assert stats.boot == host.ledger.boots[0]


def test_the_bootloader_hears_nothing():
    host = Host("virtual://virtual?boot_s=1.5")
    assert host.ask(Kind.HELLO, now_s=0.0) == []
    assert host.ask(Kind.HELLO, now_s=1.49) == []
    assert len(host.ask(Kind.HELLO, now_s=1.51)) == 1
    free = Host(max_url(boot_s=1.5))
    assert free.ask(Kind.HELLO) == []
    assert free.pump.take(100) == b""  # whoever waits lets the boot time pass
    assert len(free.ask(Kind.HELLO)) == 1


def test_boot_ids_differ():
    device = Host(max_url()).device
    for k in range(500):
        device.reboot(float(k))
    assert len(set(device.ledger.boots)) == 501
    again = Host(max_url(), first_boot=7).ledger.boots
    assert again == device.ledger.boots[7:8]
    assert Host(max_url(seed=2)).ledger.boots != Host(max_url(seed=3)).ledger.boots


# ---- repeatability


FAULTY = max_url(drop=0.02, corrupt=0.02, cut=0.02, duplicate=0.02, drift_N_per_min=20, fn_Hz=63, stall_at_s=1, stall_s=6)


@pytest.fixture(scope="module")
def reference():
    host = Host(FAULTY)
    host.start()
    host.run(8000, portion=1 << 20)
    return bytes(host.received)


@settings(max_examples=15, deadline=None)
@given(portions=st.lists(st.integers(1, 30_000), min_size=1, max_size=8), look=st.booleans())
def test_the_same_url_gives_the_same_bytes_however_they_are_read(reference, portions, look):
    host = Host(FAULTY)
    host.start()
    turn = 0
    while len(host.received) < 200_000:
        if look:
            assert host.pump.available() > 0
        host.received += host.pump.take(portions[turn % len(portions)])
        turn += 1
    assert bytes(host.received[:200_000]) == reference[:200_000]


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.floats(1e-5, 0.4), min_size=1, max_size=8))
def test_a_paced_device_sends_the_same_whenever_it_is_asked(steps):
    """Ticks apart, which START's arrival moves, time only decides how much has come by now."""
    once = Host("virtual://virtual?seed=5&drop=0.01")
    once.device.receive(encode_control(Kind.START, 1), 0.0)
    whole = once.device.transmit(2.0)
    often = Host("virtual://virtual?seed=5&drop=0.01")
    often.device.receive(encode_control(Kind.START, 1), 0.0)
    now_s, parts = 0.0, []
    for k in range(10_000):
        now_s += steps[k % len(steps)]
        if now_s >= 2.0:
            break
        parts.append(often.device.transmit(now_s))
    parts.append(often.device.transmit(2.0))
    assert b"".join(parts) == whole


def test_another_seed_gives_other_noise():
    one, other = running(seed=1), running(seed=2)
    assert not np.array_equal(one.run(10).counts[:10], other.run(10).counts[:10])


# ---- signal


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


# ---- faults: what is injected is what is counted


def check(host):
    """The decoder's counters are the ledger's, once the last frame sent has arrived whole."""
    ledger, counters = host.ledger, host.counters
    parts = (ledger.intact, ledger.duplicated, ledger.dropped, ledger.corrupted, ledger.cut, ledger.overflowed)
    assert ledger.due == sum(parts)
    assert counters.duplicates == ledger.duplicated
    assert len(host.chunk) == ledger.delivered
    assert counters.lost == ledger.lost
    assert counters.late == 0
    received = counters.frame_bytes + counters.control_bytes + counters.skipped_bytes + counters.pending_bytes
    assert counters.bytes_received == received == len(host.received)


def run_to_a_good_frame(host, frames):
    """Read, then on until a whole frame is the last; one at the end that never arrives is no hole yet."""
    host.run(frames)
    while host.ledger.delivered + host.ledger.lost < host.ledger.due or host.chunk.seq[-1] + 1 < host.ledger.due:
        host.run(1, portion=FRAME_BYTES)
    return host


@pytest.mark.parametrize(
    "faults",
    [
        {"drop": 0.01},
        {"corrupt": 0.01},
        {"cut": 0.01},
        {"duplicate": 0.01},
        {"drop": 0.05, "corrupt": 0.05, "cut": 0.05, "duplicate": 0.05},
    ],
    ids=lambda f: "+".join(f),
)
@pytest.mark.parametrize("seed", [1, 2])
def test_injected_loss_is_counted_loss(faults, seed):
    host = run_to_a_good_frame(running(seed=seed, load="none", **faults), 20_000)
    check(host)
    for name, probability in faults.items():
        count = getattr(host.ledger, {"drop": "dropped", "corrupt": "corrupted", "duplicate": "duplicated"}.get(name, name))
        assert abs(count - probability * host.ledger.due) < 5 * (probability * host.ledger.due) ** 0.5
    if "corrupt" not in faults and "cut" not in faults:
        assert host.counters.skipped_bytes == host.counters.crc_errors == 0


def test_the_ledger_knows_which_frames_are_lost():
    host = run_to_a_good_frame(running(load="none", drop=0.1, corrupt=0.1), 3000)
    lost = host.ledger.lost_frames()
    assert set(lost[:, 0]) == {0}
    np.testing.assert_array_equal(np.setdiff1d(np.arange(host.ledger.due), host.chunk.seq), lost[:, 1])


def test_a_host_that_does_not_read_loses_whole_frames_and_is_told():
    host = Host("virtual://virtual?buffer_frames=200&load=none")
    host.ask(Kind.START, now_s=0.0)
    host.hear(host.device.transmit(0.1))
    host.hear(host.device.transmit(1.0))  # 900 due, 200 fit
    host.hear(host.device.transmit(1.1))
    check(host)
    assert host.ledger.overflowed == 700
    chunk = host.chunk
    assert chunk.gap_row.tolist() == [300]
    assert chunk.gap_lost.tolist() == [700]
    assert np.flatnonzero(chunk.status & Status.DROPPED).tolist() == [300]


def test_only_whole_frames_are_dropped_when_half_a_frame_is_read():
    host = Host("virtual://virtual?buffer_frames=3&load=none")
    host.ask(Kind.START, now_s=0.0)
    for k in range(1, 400):
        host.hear(host.device.transmit(k * 0.0031, limit=25 + k % 60))
    host.hear(host.device.transmit(399 * 0.0031))
    assert host.ledger.overflowed > 100
    assert host.counters.skipped_bytes == 0
    assert len(host.chunk) == host.ledger.delivered


def test_a_short_stall_delays_and_a_long_one_loses():
    short = running(load="none", stall_at_s=1, stall_s=0.5)
    short.run(3000)
    check(short)
    assert short.counters.lost == 0
    long = running(load="none", stall_at_s=1, stall_s=5, buffer_frames=1000)
    long.run(8000)
    check(long)
    assert long.ledger.overflowed == 4000
    assert long.chunk.gap_lost.tolist() == [4000]


def test_a_hanging_board_sends_and_hears_nothing():
    host = Host("virtual://virtual?load=none&stall_at_s=1&stall_s=1")
    host.ask(Kind.START, now_s=0.0)
    assert len(host.device.transmit(1.5)) == 1000 * FRAME_BYTES
    assert host.ask(Kind.CLOCK, now_s=1.6) == []
    assert host.device.transmit(1.99) == b""
    assert len(host.device.transmit(2.5)) == 1500 * FRAME_BYTES


def test_a_reset_is_a_new_boot_and_silent_until_start():
    host = running(load="none", reset_at_s="1,2.5", seq0=100, tick0=5)
    for _ in range(2):
        host.run(10_000)
        assert host.pump.take(1000) == b""
        host.start()
    host.run(1000)
    assert host.ledger.resets == host.counters.reboots == 2
    chunk = host.chunk
    assert chunk.gap_lost.tolist() == [-1, -1]
    assert list(dict.fromkeys(chunk.boot.tolist())) == host.ledger.boots
    first = chunk.boot == host.ledger.boots[0]
    assert (chunk.seq[first][0], first.sum()) == (100, 1000)
    second = chunk.boot == host.ledger.boots[1]
    assert (chunk.seq[second][0], second.sum()) == (0, 1500)
    assert 0 <= chunk.tick[second][0] <= 4000
    check(host)


def test_the_runner_runs_on_through_a_reset():
    through, broken = running(), running(reset_at_s="1")
    through.run(3000)
    broken.run(10_000)
    broken.start()
    broken.run(1500)
    np.testing.assert_array_equal(broken.chunk.counts[:2500], through.chunk.counts[:2500])


def test_after_the_cable_is_pulled_nothing_comes():
    host = running(load="none", unplug_at_s=1)
    host.run(10_000)
    assert host.device.unplugged
    assert host.ledger.unplugged
    assert len(host.chunk) == 1000
    assert host.ask(Kind.HELLO) == []


def test_a_long_silence_is_skipped_not_computed():
    host = Host("virtual://virtual?load=700@0,0&noise_N=0")
    host.ask(Kind.START, now_s=0.0)
    host.ask(Kind.STOP, now_s=0.0)
    host.ask(Kind.START, now_s=30 * 86_400.0)
    made = []
    make = host.device.chain._make
    host.device.chain._make = lambda number: made.append(number) or make(number)
    host.hear(host.device.transmit(30 * 86_400.0 + 0.1))
    assert len(made) < 20
    assert len(host.chunk) == 100
    np.testing.assert_allclose(wrench_of(host)[0][2], 700, atol=0.01)


def test_options_from_python_are_checked_like_those_of_a_url():
    assert VirtualUrl.of("virtual", rate=500.0).values["rate"] == 500.0
    assert BLOCK * FRAME_BYTES < 1 << 16
