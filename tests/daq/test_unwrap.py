"""Streams whose damage is known: what is counted as lost, late, copied and rebooted is exactly what was done."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams import TPS, stream

from daq.decoder import Chunk, Decoder
from daq.unwrap import BACK_TICKS, REMEMBERED, RETURN_RUN
from daq.wire import encode_control, encode_frames

WRAPS = [(0, 0), (65_000, 2**32 - 1_000_000), (65_535, 2**32 - 1)]


def decode(frames, tps=TPS, cuts=()):
    raw, decoder = np.asarray(frames).tobytes(), Decoder(tps)
    chunks = [decoder.feed(raw[a:b]).chunk for a, b in pairwise([0, *sorted(cuts), len(raw)])]
    return Chunk.concat(chunks), decoder.counters


@pytest.mark.parametrize(("seq0", "tick0"), WRAPS)
@pytest.mark.parametrize("tps", [TPS, None])
def test_every_dropped_frame_is_counted_where_it_was_dropped(seq0, tick0, tps):
    rng, n = np.random.default_rng(seq0), 150_000
    kept = rng.random(n) > 0.01
    kept[50_000:50_700] = False
    kept[[0, -1]] = True
    chunk, counters = decode(stream(n, seq0, tick0)[kept], tps, rng.integers(0, 40 * n, 20).tolist())
    at = np.flatnonzero(kept)
    holes = np.diff(at) - 1
    assert counters.lost == n - len(at) == chunk.gap_lost.sum()
    assert counters.gaps == np.count_nonzero(holes)
    assert np.array_equal(chunk.gap_row, np.flatnonzero(holes) + 1)
    assert np.array_equal(chunk.gap_lost, holes[holes > 0])
    assert np.array_equal(chunk.seq, seq0 + at)
    assert np.array_equal(chunk.tick, tick0 + TPS * at)
    assert np.array_equal(chunk.belt - chunk.belt[0], (at + 65500) // 3 - 65500 // 3)
    assert counters.late == counters.duplicates == counters.crc_errors == counters.reboots == 0


@pytest.mark.parametrize(("seq0", "tick0"), WRAPS)
def test_damaged_frames_between_noise_and_replies(seq0, tick0):
    """Flipped bits, garbage and control frames in one stream: every damaged frame is lost, none else."""
    rng, n = np.random.default_rng(3), 20_000
    frames = stream(n, seq0, tick0)
    hurt = rng.random(n) < 0.02
    hurt[[0, -1]] = False
    frames[hurt, rng.integers(0, 40, hurt.sum())] ^= np.uint8(1) << rng.integers(0, 8, hurt.sum(), dtype=np.uint8)
    raw, noise, replies = bytearray(), 0, 0
    for i, frame in enumerate(frames):
        raw += frame.tobytes()
        if i % 97 == 0:
            raw += rng.bytes(i % 50)
            noise += i % 50
        if i % 101 == 0:
            raw += encode_control(0x84, i % 256, bytes(i % 90))
            replies += 1
    decoder = Decoder(TPS)
    cuts = np.sort(rng.integers(0, len(raw), 200)).tolist()
    chunk = Chunk.concat([decoder.feed(raw[a:b]).chunk for a, b in pairwise([0, *cuts, len(raw)])])
    counters = decoder.counters
    assert np.array_equal(chunk.seq, seq0 + np.flatnonzero(~hurt))
    assert counters.lost == hurt.sum()
    assert counters.controls == replies
    assert counters.skipped_bytes == 40 * hurt.sum() + noise
    assert 0.9 * hurt.sum() < counters.crc_errors < 1.1 * hurt.sum()


@pytest.mark.parametrize("tps", [TPS, TPS * 1.01, TPS / 1.01])
@pytest.mark.parametrize("missing", [65_535, 65_536, 65_537, 200_000, 2_000_000])
def test_a_stall_longer_than_the_sequence_number_is_counted_right(missing, tps):
    """Also when the ADC's crystal and the timer's disagree by a per cent."""
    frames = np.vstack([stream(10), stream(10, 10 + missing, TPS * (10 + missing))])
    assert decode(frames, tps)[1].lost == missing


@pytest.mark.parametrize("missing", [65_534, 65_536, 200_000])
def test_without_the_rate_whole_turns_of_the_sequence_number_are_not_seen(missing):
    frames = np.vstack([stream(10), stream(10, 10 + missing, TPS * (10 + missing))])
    assert decode(frames, None)[1].lost == missing % 65_536


def test_without_the_rate_the_same_number_again_is_no_progress():
    frames = np.vstack([stream(10), stream(2, 9 + 65_536, TPS * (9 + 65_536))])
    chunk, counters = decode(frames, None)
    assert (len(chunk), counters.late, counters.lost) == (11, 1, 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 999), st.integers(1, 30)), max_size=40), st.sampled_from(WRAPS), st.data())
def test_copies_and_late_frames_are_told_apart(again, start, data):
    """Frames 2, 5, 8, ... are held back; later, copies of any frame come in between."""
    frames = stream(1000, *start)
    order = [i for i in range(1000) if i % 3 != 2]
    for after, back in again:
        order.insert(order.index(after - after % 3) + 1, max(0, after - after % 3 - back))
    cuts = data.draw(st.lists(st.integers(0, 40 * len(order)), max_size=6))
    chunk, counters = decode(frames[order], TPS, cuts)
    copies = sum(max(0, a - a % 3 - b) % 3 != 2 for a, b in again)
    assert counters.duplicates == copies
    assert counters.late == len(again) - copies
    assert np.array_equal(chunk.seq, start[0] + np.flatnonzero(np.arange(1000) % 3 != 2))
    assert counters.frames == len(chunk) + counters.duplicates + counters.late


def test_a_copy_is_known_as_long_as_it_is_remembered():
    frames = stream(REMEMBERED + 10)
    for cuts in ((), range(0, frames.size, 4000)):
        recent = decode(np.vstack([frames, frames[10:12]]), cuts=cuts)[1]
        assert (recent.duplicates, recent.late) == (2, 0)
        older = decode(np.vstack([frames, frames[8:11]]), cuts=cuts)[1]
        assert (older.duplicates, older.late) == (1, 2)


@pytest.mark.parametrize(("back", "late"), [(BACK_TICKS, 1), (BACK_TICKS + 1, 0)])
def test_how_far_a_tick_may_step_back(back, late):
    none = np.zeros((2, 8), np.int32)
    chunk, counters = decode(encode_frames(none, [1, 2], [2**31, 2**31 - back], 0, 0, 1), None)
    assert counters.late == late
    assert chunk.tick.tolist()[1:] == ([] if late else [2**32 + 2**31 - back])


@pytest.mark.parametrize("cuts", [(), (40,), (80,)])
def test_a_tick_steps_from_the_frame_before_delivered_or_not(cuts):
    step = 3 * BACK_TICKS // 4  # two of them are more than a tick may step back at once
    ticks = [2**31, 2**31 - step, 2**31 - 2 * step, 2**31 + 1]
    frames = encode_frames(np.zeros((4, 8), np.int32), [9, 7, 5, 10], ticks, 0, 0, 1)
    chunk, counters = decode(frames, cuts=cuts)
    assert chunk.tick.tolist() == [2**31, 2**31 + 1]
    assert counters.late == 2


def test_a_reset_begins_anew_with_a_gap_of_unknown_size():
    frames = np.vstack([stream(100, 7, 50, boot=1), stream(50, 3, 9, boot=2), stream(50, 60, 9 + 57 * TPS, boot=2)])
    chunk, counters = decode(frames)
    assert (counters.reboots, counters.gaps, counters.lost) == (1, 2, 7)
    assert chunk.gap_row.tolist() == [100, 150]
    assert chunk.gap_lost.tolist() == [-1, 7]
    assert (chunk.seq[100], chunk.tick[100], chunk.belt[100], chunk.boot[100]) == (3, 9, 65500 // 3, 2)


@pytest.mark.parametrize("cuts", [(), range(0, 8000, 13)])
def test_stragglers_of_the_boot_before_are_late(cuts):
    old, new = stream(20, boot=1), stream(100, boot=2)
    some = RETURN_RUN - 1
    frames = np.vstack([old[:10], new[:30], old[10 : 10 + some], new[30:60], old[:some], new[60:]])
    chunk, counters = decode(frames, cuts=cuts)
    assert (counters.reboots, counters.late, counters.duplicates, counters.lost) == (1, 2 * some, 0, 0)
    assert len(chunk) == 110


@pytest.mark.parametrize("cuts", [(), range(0, 8000, 13)])
def test_a_boot_id_that_comes_back_for_good_is_a_reboot(cuts):
    """One accepted false frame with a boot id of its own must not make the true device late for ever."""
    true, false = stream(100, boot=1), stream(1, boot=2)
    chunk, counters = decode(np.vstack([true[:50], false, true[50:]]), cuts=cuts)
    assert (counters.reboots, counters.late) == (2, RETURN_RUN - 1)
    assert chunk.seq.tolist() == [*range(50), 0, *range(50 + RETURN_RUN - 1, 100)]
    assert chunk.gap_lost.tolist() == [-1, -1]


def test_days_of_wraps():
    """Ten days at 1 kHz, one frame in a thousand seconds: the tick wraps 402 times, seq 13,183 times."""
    second = np.arange(0, 864_000, 1000, dtype=np.int64)
    frames = encode_frames(np.zeros((len(second), 8), np.int32), second * 1000, second * 2_000_000, 0, 0, 1)
    chunk, counters = decode(frames)
    assert np.array_equal(chunk.seq, second * 1000)
    assert np.array_equal(chunk.tick, second * 2_000_000)
    assert counters.lost == 863_000 * 1000 + 1 - len(second)


def test_the_belt_counter_only_runs_forward():
    belt = np.array([65_000, 65_535, 0, 1, 1, 65_000, 64_999])
    chunk, _ = decode(encode_frames(np.zeros((7, 8), np.int32), np.arange(7), np.arange(7) * TPS, 0, belt, 1))
    assert chunk.belt.tolist() == [65_000, 65_535, 65_536, 65_537, 65_537, 130_536, 196_071]
