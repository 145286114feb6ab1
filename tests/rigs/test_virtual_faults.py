"""Faults of the virtual treadmill: what is injected is what the real decoder counts."""

import numpy as np
import pytest
from virtual_host import Host, running

from analysis.wrench import apply_matrix
from daq.errors import LinkError
from daq.rig import load_rig
from daq.wire import FRAME_BYTES, Kind, Status


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
    while not len(host.chunks[-1]) or host.chunks[-1].seq[-1] + 1 < host.ledger.due:
        host.hear(host.device.transmit(host.device.due_s()))
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
    ids="+".join,
)
@pytest.mark.parametrize("seed", [1, 2])
def test_injected_loss_is_counted_loss(faults, seed):
    host = run_to_a_good_frame(running(seed=seed, load="none", **faults), 20_000)
    check(host)
    for name, probability in faults.items():
        count = getattr(
            host.ledger, {"drop": "dropped", "corrupt": "corrupted", "duplicate": "duplicated"}.get(name, name)
        )
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


def test_plugged_in_again_it_boots_and_the_runner_has_run_on():
    through, broken = running(), running(unplug_at_s="1,2.5", replug_at_s="1.5,3", seq0=7)
    through.run(4000)
    for first, end in ((0, 1000), (1500, 2500), (3000, 4000)):
        rows = len(broken.chunk)
        broken.run(end - first, portion=40)
        np.testing.assert_array_equal(broken.chunk.counts[rows:], through.chunk.counts[first:end])
        if end < 4000:
            assert broken.pump.take(1000) == b""
            assert broken.device.unplugged
            assert broken.ask(Kind.HELLO) == []
            assert broken.pump.plug_in()
            assert broken.pump.take(1000) == b""  # silent until START
            broken.start()
    assert broken.chunk.gap_lost.tolist() == [-1, -1]
    assert list(dict.fromkeys(broken.chunk.boot.tolist())) == broken.ledger.boots
    assert broken.ledger.resets == 0
    check(broken)


def test_without_power_nothing_else_happens():
    host = running(load="none", unplug_at_s="1", reset_at_s="2", stall_at_s="2.2", stall_s="0.1", replug_at_s="3")
    host.run(10_000)
    assert host.pump.plug_in()
    assert host.ledger.resets == 0
    assert len(host.ledger.boots) == 2
    assert not host.pump.device.back_s


@pytest.mark.parametrize(
    ("faults", "seen"),
    [
        ("unplug_at_s=1,2", "out at 1, 2, in at no time"),
        ("unplug_at_s=1&replug_at_s=1", "out at 1, in at 1"),
        ("unplug_at_s=1,2&replug_at_s=3", "out at 1, 2, in at 3"),
        ("unplug_at_s=1&replug_at_s=2,3", "in at 2, 3"),
        ("replug_at_s=2", "replug_at_s alone"),
        ("unplug_at_s=1.5&stall_at_s=1", "in its stall"),
    ],
)
def test_a_cable_that_cannot_be_is_refused(faults, seen):
    with pytest.raises(LinkError, match=seen):
        Host(f"virtual://virtual?load=none&{faults}")


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
    fz = apply_matrix(load_rig("virtual").belts()[0].matrix, host.chunk.counts.T.astype(np.float64))[2]
    np.testing.assert_allclose(fz, 700, atol=0.01)
