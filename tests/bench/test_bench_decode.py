"""Decoding frames: in bulk, in chunks as files and ports give them, on a bad line, and by a `struct` loop for scale.

The goal is 22 times the `struct` loop's frames per second in bulk (4 M/s on a core where the loop does 0.18 M/s).
"""

import binascii
import struct

import numpy as np
import pytest

from daq.decoder import Decoder
from daq.wire import LAYOUT_SEED, SYNC, encode_frames

N = 1_000_000
TPS = 2000.0
FRAME = struct.Struct(">2sBHHIB24sHH")


@pytest.fixture(scope="module")
def raw():
    counts = np.random.default_rng(1).integers(-(2**23), 2**23, (N, 8), dtype=np.int32)
    i = np.arange(N, dtype=np.int64)
    return encode_frames(counts, i, i * int(TPS), 0, i // 10, 7).tobytes()


@pytest.fixture(scope="module")
def damaged(raw):
    """One bit in 200 frames is wrong."""
    rng, out = np.random.default_rng(2), np.frombuffer(raw, np.uint8).copy()
    out[rng.integers(0, len(out), N // 200)] ^= np.uint8(4)
    return out.tobytes()


def decode(raw, size):
    decoder = Decoder(TPS)
    for start in range(0, len(raw), size):
        decoder.feed(raw[start : start + size])
    return decoder.counters


def decode_by_struct(raw):
    """The plain way: unpack, check and convert frame by frame; no resync, no unwrapping, no gaps."""
    rows = []
    for start in range(0, len(raw), FRAME.size):
        frame = raw[start : start + FRAME.size]
        sync, _, boot, seq, tick, status, counts, belt, crc = FRAME.unpack(frame)
        if sync != SYNC or binascii.crc_hqx(frame[2:38], LAYOUT_SEED) != crc:
            continue
        channels = [int.from_bytes(counts[i : i + 3], "big", signed=True) for i in range(0, 24, 3)]
        rows.append((boot, seq, tick, status, belt, channels))
    return rows


def report(benchmark, frames):
    if benchmark.stats is not None:
        frames_per_s = frames / benchmark.stats["median"]
        benchmark.extra_info |= {"frames_per_s": round(frames_per_s), "times_real_time": round(frames_per_s / 1000)}


@pytest.mark.benchmark(group="decode")
def test_struct_loop(benchmark, raw):
    part = raw[: N // 20 * FRAME.size]
    assert len(benchmark.pedantic(decode_by_struct, (part,), rounds=5)) == N // 20
    report(benchmark, N // 20)


@pytest.mark.benchmark(group="decode")
@pytest.mark.parametrize("size", [1 << 30, 1 << 18, 1 << 16], ids=["whole", "256KiB", "64KiB"])
def test_decode_a_million(benchmark, raw, size):
    counters = benchmark.pedantic(decode, (raw, size), rounds=5, warmup_rounds=1)
    assert (counters.frames, counters.lost) == (N, 0)
    report(benchmark, N)


@pytest.mark.benchmark(group="decode")
@pytest.mark.parametrize("size", [1 << 30, 1 << 16], ids=["whole", "64KiB"])
def test_decode_a_million_with_bit_errors(benchmark, damaged, size):
    counters = benchmark.pedantic(decode, (damaged, size), rounds=5, warmup_rounds=1)
    assert 0.99 * N < counters.frames < 0.996 * N
    assert counters.frames + counters.lost == N
    report(benchmark, N)


@pytest.mark.benchmark(group="decode")
@pytest.mark.parametrize("shift", [0, 17], ids=["aligned", "cut in mid-frame"])
def test_decode_live_chunks_of_50(benchmark, raw, shift):
    decoder, chunks = Decoder(TPS), iter(range(shift, len(raw) - 2000, 2000))
    decoder.feed(raw[:shift])

    def one():
        start = next(chunks)
        return ((raw[start : start + 2000]),), {}

    benchmark.pedantic(decoder.feed, setup=one, rounds=5000)
    assert decoder.counters.lost == 0
    report(benchmark, 50)
