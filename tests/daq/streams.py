"""Byte streams for the decoder's tests: clean ones, and ones put together from pieces of every kind of trouble."""

import numpy as np
from hypothesis import strategies as st

from daq.wire import FRAME_BYTES, MAX_PAYLOAD, Kind, encode_control, encode_frames

TPS = 2000


def stream(n, seq=0, tick=0, boot=7, tps=TPS):
    """n frames back to back, shape (n, 40); belt wraps soon."""
    counts = np.random.default_rng(n).integers(-(2**23), 2**23, (n, 8)).astype(np.int32)
    i = np.arange(n, dtype=np.int64)
    return encode_frames(counts, seq + i, tick + tps * i, i % 256, (i + 65500) // 3, boot)


SUSPECTS = st.lists(st.sampled_from([0xA5, 0x5A, 0x11, 0x12, 0x22, 0, 1, 96, 97]), max_size=MAX_PAYLOAD).map(bytes)
HEADS = st.lists(st.sampled_from([b"\xa5\x5a\x11", b"\xa5\x5a\x12\0\0\x01", b"\xa5\x5a\x32\0\0\x60"]), max_size=12).map(
    b"".join
)

PIECES = st.one_of(
    st.tuples(st.just("frames"), st.integers(1, 20)),
    st.tuples(st.just("drop"), st.sampled_from([1, 2, 65535, 65536, 65537, 200_000])),
    st.tuples(st.just("again"), st.integers(1, 12)),
    st.tuples(st.just("old_boot"), st.integers(1, 20)),
    st.tuples(st.just("reboot"), st.integers(0, 3)),
    st.tuples(st.just("stuck_seq"), st.integers(1, 3)),
    st.tuples(st.just("control"), st.binary(max_size=MAX_PAYLOAD)),
    st.tuples(st.just("noise"), st.binary(max_size=30)),
    st.tuples(st.just("noise"), SUSPECTS),
    st.tuples(st.just("control"), SUSPECTS),
    st.tuples(st.just("control"), HEADS),
    st.tuples(st.just("early"), st.sampled_from([3 << 26, 1 << 28, (1 << 28) + 1])),
    st.tuples(st.just("nested"), st.booleans()),
    st.tuples(st.just("cut"), st.integers(1, 39)),
    st.tuples(st.just("flip"), st.integers(0, 40 * 8 - 1)),
)


class Line:
    """Lays pieces on the wire one after the other; `raw` is what came of it."""

    def __init__(self, seq, tick):
        self.raw, self.seq, self.tick = b"", seq, tick
        self.boot, self.boots = 1, [0]

    def lay(self, pieces):
        for what, value in pieces:
            getattr(self, what)(value)
        return self.raw

    def send(self, n, seq, tick, boot, tps=TPS):
        self.raw += stream(n, seq, tick, boot, tps).tobytes()

    def drop(self, n):
        self.seq, self.tick = self.seq + n, self.tick + TPS * n

    def frames(self, n):
        self.send(n, self.seq, self.tick, self.boot)
        self.drop(n)

    def again(self, n):
        """Copies of frames before the last two, or frames that had been dropped."""
        self.send(n, self.seq - n - 2, self.tick - TPS * (n + 2), self.boot)

    def stuck_seq(self, n):
        """The tick runs, the seq does not: no device does so."""
        for _ in range(2):  # copies, but of frames that were not delivered
            self.send(n, self.seq - 1, self.tick, self.boot, tps=1)
        self.tick += TPS

    def early(self, ticks):
        """Two frames, each far back from the one before."""
        for back in (ticks, 2 * ticks):
            self.send(1, self.seq - 1, self.tick - back, self.boot)

    def old_boot(self, n):
        self.send(n, 5, 10_000, self.boots[-1])

    def reboot(self, boot):
        self.boots.append(self.boot)
        self.boot, self.seq, self.tick = boot, 65530, 2**32 - 5000

    def control(self, payload):
        self.raw += encode_control(Kind.STATS | 0x80, 3, payload, version=2)

    def noise(self, raw):
        self.raw += raw

    def nested(self, overlap):
        """Good frames inside a good control frame, or the same broken and a frame reaching over its end."""
        frame = stream(1, seq=900)[0].tobytes()
        outer = encode_control(Kind.STATS, 2, encode_control(Kind.CLOCK, 1, b"\x01\x02") + frame)
        self.raw += outer[:-3] + frame if overlap else outer

    def cut(self, n):
        self.raw = self.raw[:-n]

    def flip(self, bit):
        """Damage one bit of what was laid last."""
        damaged = bytearray(self.raw)
        place = len(damaged) - 1 - bit // 8 % FRAME_BYTES
        if place >= 0:
            damaged[place] ^= 1 << bit % 8
        self.raw = bytes(damaged)
