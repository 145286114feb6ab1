"""The decoder's meaning, spelled out byte by byte and frame by frame: slow, plain, and written independently.

Only binascii and struct; nothing is shared with the decoder but the seed.
"""

import binascii
import struct
from dataclasses import dataclass, field

from daq.wire import LAYOUT_SEED


@dataclass
class Reference:
    """What a whole stream means; `rows` are (seq, tick, boot, status, belt, counts)."""

    ticks_per_sample: float | None = None
    rows: list = field(default_factory=list)
    gaps: list = field(default_factory=list)
    controls: list = field(default_factory=list)
    received: int = 0
    frames: int = 0
    control_bytes: int = 0
    skipped: int = 0
    crc_errors: int = 0
    duplicates: int = 0
    late: int = 0
    reboots: int = 0

    boot: int | None = None
    old_boot: int | None = None
    old_run: int = 0

    def decode(self, raw: bytes) -> "Reference":
        here, self.received = 0, len(raw)
        while here < len(raw):
            length, seed = self.candidate(raw, here)
            whole = raw[here : here + length]
            if not length or len(whole) < length:
                here, self.skipped = here + 1, self.skipped + 1
                continue
            if binascii.crc_hqx(whole[2:-2], seed) != int.from_bytes(whole[-2:], "big"):
                self.crc_errors += 1
                here, self.skipped = here + 1, self.skipped + 1
                continue
            here += length
            if whole[2] == 0x11:
                self.frames += 1
                self.place(whole)
            else:
                self.control_bytes += length
                self.controls.append((whole[3], whole[4], whole[6:-2], whole[2] >> 4))
        return self

    @staticmethod
    def candidate(raw: bytes, here: int) -> tuple[int, int]:
        if raw[here : here + 2] != b"\xa5\x5a" or here + 2 >= len(raw):
            return 0, 0
        if raw[here + 2] == 0x11:
            return 40, LAYOUT_SEED
        if raw[here + 2] % 16 == 2 and here + 5 < len(raw) and raw[here + 5] <= 96:
            return 8 + raw[here + 5], 0xFFFF
        return 0, 0

    def place(self, frame: bytes) -> None:
        boot, seq, tick, status = struct.unpack(">HHIB", frame[3:12])
        counts = tuple(int.from_bytes(frame[12 + 3 * i : 15 + 3 * i], "big", signed=True) for i in range(8))
        belt = int.from_bytes(frame[36:38], "big")
        if self.boot is None:
            self.begin(boot, seq, tick, belt)
        elif boot == self.boot:
            self.old_run = 0
        elif boot == self.old_boot and self.old_run + 1 < 8:
            self.old_run += 1
            self.late += 1
            return
        else:
            self.reboots += 1
            self.old_boot = self.boot
            self.gaps.append((len(self.rows), -1))
            self.begin(boot, seq, tick, belt)
        back = (self.tick - tick) % 2**32
        self.tick += -back if 0 < back <= 2**28 else (tick - self.tick) % 2**32
        if self.tick <= self.top_tick:
            copy = (self.tick, seq) in self.delivered[-4096:]
            self.duplicates, self.late = self.duplicates + copy, self.late + (not copy)
            return
        step = (seq - self.seq) % 65536
        if self.ticks_per_sample:
            step += 65536 * round(((self.tick - self.tick_of_seq) / self.ticks_per_sample - step) / 65536)
        self.seq, self.tick_of_seq, self.top_tick = self.seq + step, self.tick, self.tick
        if self.seq <= self.top_seq:
            self.late += 1
            return
        if self.seq > self.top_seq + 1:
            self.gaps.append((len(self.rows), self.seq - self.top_seq - 1))
        self.top_seq = self.seq
        self.belt += (belt - self.belt) % 65536
        self.delivered.append((self.tick, seq))
        self.rows.append((self.seq, self.tick, boot, status, self.belt, counts))

    def begin(self, boot: int, seq: int, tick: int, belt: int) -> None:
        self.boot, self.old_run, self.delivered = boot, 0, []
        self.tick = self.tick_of_seq = tick
        self.seq, self.belt = seq, belt
        self.top_tick, self.top_seq = tick - 1, seq - 1

    def summary(self) -> dict[str, int]:
        lost = [n for _, n in self.gaps if n > 0]
        return {
            "bytes_received": self.received,
            "frame_bytes": 40 * self.frames,
            "control_bytes": self.control_bytes,
            "skipped_bytes": self.skipped,
            "pending_bytes": 0,
            "frames": self.frames,
            "controls": len(self.controls),
            "crc_errors": self.crc_errors,
            "duplicates": self.duplicates,
            "late": self.late,
            "lost": sum(lost),
            "gaps": len(self.gaps),
            "reboots": self.reboots,
        }
