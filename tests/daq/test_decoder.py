"""The decoder against the byte-by-byte reference: any bytes, any cutting, every byte accounted for."""

from dataclasses import asdict
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from streams import PIECES, TPS, Line, stream

import daq.decoder
import daq.scan
from daq.decoder import Chunk, Decoder
from daq.wire import (
    FRAME_BYTES,
    LAYOUT_SEED,
    MAX_PAYLOAD,
    REPLY,
    SYNC,
    Control,
    ErrorReply,
    Kind,
    encode_control,
    encode_frames,
)


def decode(raw, cuts=(), tps=TPS):
    """Decode with feeds cut at the given places; returns decoder, all samples, all controls."""
    decoder = Decoder(tps)
    parts = [decoder.feed(raw[a:b]) for a, b in pairwise([0, *sorted(cuts), len(raw)])]
    parts.append(decoder.finish())
    chunk = Chunk.concat([part.chunk for part in parts])
    return decoder, chunk, [control for part in parts for control in part.controls]


def check(raw, cuts=(), tps=TPS):
    """Compare with the reference, to the last counter."""
    decoder, chunk, controls = decode(raw, cuts, tps)
    want = Reference(tps).decode(raw)
    assert asdict(decoder.counters) == want.summary()
    rows = zip(chunk.seq, chunk.tick, chunk.boot, chunk.status, chunk.belt, map(tuple, chunk.counts), strict=True)
    assert list(rows) == want.rows
    assert list(zip(chunk.gap_row, chunk.gap_lost, strict=True)) == want.gaps
    assert controls == [Control(*control) for control in want.controls]
    return decoder.counters


def balanced(counters):
    parts = counters.frame_bytes + counters.control_bytes + counters.skipped_bytes + counters.pending_bytes
    return counters.bytes_received == parts and counters.frame_bytes == FRAME_BYTES * counters.frames


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PIECES, max_size=30),
    st.integers(65500, 65536),
    st.sampled_from([0, 2**32 - 20_000, 2**28 - 3]),
    st.data(),
    st.sampled_from([None, TPS]),
    st.booleans(),
)
def test_any_stream_in_any_cutting_means_what_the_reference_says(pieces, seq, tick, data, tps, small):
    raw = Line(seq, tick).lay(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=12))
    block, walk = (400, 104) if small else (daq.decoder._BLOCK, daq.scan._WALK_BYTES)
    with patch.object(daq.decoder, "_BLOCK", block), patch.object(daq.scan, "_WALK_BYTES", walk):
        check(raw, cuts, tps)


@settings(max_examples=20, deadline=None)
@given(st.lists(PIECES, min_size=10, max_size=20), st.binary(max_size=60))
def test_byte_by_byte_means_the_same(pieces, tail):
    raw = Line(65500, 2**32 - 20_000).lay(pieces) + tail
    check(raw, range(len(raw)))


ADVERSARIES = {
    "first sync byte": SYNC[:1],
    "sync": SYNC,
    "data heads": SYNC + b"\x11",
    "control heads": SYNC + b"\x12",
    "longest controls": SYNC + b"\x12\x00\x00\x60",
    "controls too long": SYNC + b"\x12\x00\x00\x61",
    "controls of every version": b"".join(SYNC + bytes([v << 4 | 2, 0, 0, v]) for v in range(16)),
    "empty controls": encode_control(Kind.STOP, 1),
    "controls in a control": encode_control(Kind.ERROR, 1, encode_control(Kind.STOP, 1) * 11),
    "interlocked": encode_control(Kind.ERROR, 1, bytes(8) + stream(1)[0].tobytes() + SYNC + b"\x12\x01\x01\x30")[:-2],
    "one frame for ever": stream(1).tobytes(),
    "a boot per frame": stream(1, boot=1).tobytes() + stream(1, boot=2).tobytes() + stream(1, boot=3).tobytes(),
}


@pytest.mark.parametrize("unit", ADVERSARIES.values(), ids=ADVERSARIES.keys())
def test_adversarial_bytes_mean_what_the_reference_says(unit):
    raw = unit * (30_000 // len(unit))
    check(raw)
    check(raw, range(0, len(raw), 1000))


def test_ten_million_random_bytes_are_accounted_for():
    raw = np.random.default_rng(5).bytes(10_000_000)
    whole = decode(raw)[0].counters
    cut = decode(raw, np.random.default_rng(6).integers(0, len(raw), 300).tolist())[0].counters
    assert whole == cut
    assert balanced(whole)
    # A candidate per 2**24 places and a right CRC in 2**16 of them; control heads are six times as many.
    assert whole.frames + whole.controls == 0


def test_forged_heads_are_accepted_no_more_often_than_the_crc_allows():
    rng, n = np.random.default_rng(8), 400_000
    forged = rng.integers(0, 256, (n, FRAME_BYTES), dtype=np.uint8)
    forged[:, :3] = [*SYNC, 0x11]
    forged[1::2, 2] = 0x12
    forged[1::2, 5] = FRAME_BYTES - 8  # the length of a control frame as long as a data frame
    counters = decode(forged.tobytes())[0].counters
    assert balanced(counters)
    for accepted in (counters.frames, counters.controls):
        assert 0 < accepted < 12  # 3.05 are expected; 12 or more have odds of 1 in 10,000
    assert abs(counters.crc_errors + counters.frames + counters.controls - n) < 300


def test_bytes_are_accounted_for_at_every_moment():
    raw = (
        b"noise" + stream(30).tobytes() + encode_control(Kind.STATS, 1, b"abc") + SYNC + b"\x11 a frame that never ends"
    )
    decoder = Decoder()
    for start in range(0, len(raw), 7):
        decoder.feed(raw[start : start + 7])
        assert balanced(decoder.counters)
    assert decoder.counters.pending_bytes > 0
    decoder.finish()
    assert decoder.counters.pending_bytes == 0
    assert decoder.counters.frames == 30
    assert balanced(decoder.counters)


def test_finish_finds_frames_behind_a_false_start():
    reply = encode_control(Kind.STOP | REPLY, 9)
    decoder = Decoder()
    assert decoder.feed(SYNC + b"\x12\x00\x00\x60" + stream(1).tobytes() + reply).controls == ()
    last = decoder.finish()
    assert len(last.chunk) == 1
    assert last.controls == (Control(Kind.STOP | REPLY, 9, b"", 1),)
    assert len(decoder.feed(stream(1, seq=1, tick=TPS).tobytes()).chunk) == 1


@pytest.mark.parametrize("frame", [encode_control(Kind.ERROR, 1, bytes(MAX_PAYLOAD)), stream(1).tobytes()])
def test_a_frame_cut_anywhere_at_the_end_of_much_noise_is_waited_for(frame):
    noise = bytes(daq.scan._WALK_BYTES + 1)
    for cut in range(len(frame)):
        assert check(noise + frame + noise, [len(noise) + cut]).skipped_bytes == 2 * len(noise)


def test_frames_come_out_with_the_byte_that_completes_them():
    raw, decoder = stream(3).tobytes() + encode_control(Kind.CLOCK, 1), Decoder()
    frames = [len(decoder.feed(raw[i : i + 1]).chunk) for i in range(len(raw))]
    assert np.flatnonzero(frames).tolist() == [39, 79, 119]
    assert decoder.counters.controls == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3 * FRAME_BYTES * 8 - 1))
def test_one_wrong_bit_costs_one_frame(bit):
    raw = bytearray(stream(40).tobytes())
    raw[10 * FRAME_BYTES + bit // 8] ^= 1 << bit % 8
    counters = check(bytes(raw))
    assert (counters.frames, counters.lost, counters.gaps) == (39, 1, 1)


def test_another_layout_gives_no_frame_but_its_hello_is_read():
    with patch("daq.wire.LAYOUT_SEED", LAYOUT_SEED ^ 1):
        alien = stream(2000).tobytes()
    hello = encode_control(Kind.HELLO | REPLY, 1, b"another layout", version=9)
    decoder, chunk, controls = decode(hello + alien + hello)
    assert len(chunk) == 0
    assert decoder.counters.frames == 0
    assert decoder.counters.crc_errors >= 2000
    assert controls == [Control(Kind.HELLO | REPLY, 1, b"another layout", 9)] * 2


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_like_is_taken_and_not_kept(kind):
    raw = bytearray(stream(100).tobytes())
    want = decode(bytes(raw))[1]
    decoder = Decoder()
    parts = [decoder.feed(kind(raw[:1990])).chunk, decoder.feed(kind(raw[1990:])).chunk]
    raw[:] = bytes(len(raw))
    raw.append(0)  # a BufferError if the decoder still held it
    got = Chunk.concat(parts)
    assert np.array_equal(got.counts, want.counts)
    assert np.array_equal(got.status, want.status)


def test_chunk_has_the_promised_types():
    for chunk in (decode(stream(3).tobytes())[1], Chunk.empty(), Chunk.concat([])):
        types = {name: getattr(chunk, name).dtype for name in Chunk.__dataclass_fields__}
        assert types == {
            "counts": np.int32, "seq": np.int64, "tick": np.int64, "boot": np.uint16, "status": np.uint8,
            "belt": np.int64, "gap_row": np.int64, "gap_lost": np.int64,
        }  # fmt: skip
        assert chunk.counts.shape == (len(chunk), 8)
        assert chunk.counts.flags.c_contiguous


def test_extreme_counts_survive():
    counts = np.array([[-(2**23), 2**23 - 1, -1, 0, 1, -256, 255, 65536]] * 3, np.int32)
    chunk = decode(encode_frames(counts, np.arange(3), np.arange(3), 0xFF, 0xFFFF, 0xFFFF).tobytes())[1]
    assert np.array_equal(chunk.counts, counts)


def test_ticks_per_sample_is_set_before_data_flows():
    decoder = Decoder()
    decoder.feed(encode_control(Kind.ERROR, 1, ErrorReply(1, "x" * (MAX_PAYLOAD - 1)).encode()))
    decoder.ticks_per_sample = 2000.0
    for value in (0.5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="two samples apart"):
            decoder.ticks_per_sample = value
    decoder.feed(stream(1).tobytes())
    decoder.ticks_per_sample = 2000.0
    with pytest.raises(ValueError, match="before the first data frame"):
        decoder.ticks_per_sample = 2001.0
