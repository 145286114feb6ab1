"""A runner on the simulated board: cells from the virtual treadmill, `record` at the port, and what must come of it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from simulated import Simulator, build_firmware

from analysis.protocol import get_protocol
from analysis.steps import StepTable
from daq.analyser import Analyser
from daq.chunk import Chunk
from daq.recorder import Recorder, RecordOptions
from daq.rig import load_rig
from daq.setups import make_setup
from daq.wire import FRAME_BYTES, OFFSET
from rigs.chain import BLOCK
from rigs.virtual import make_device

RIG = "frame_8"
VOLTS_PER_COUNT = 1.2 / 128 / (1 << 23)
DATA, CONTROL = 0x11, 0x12


@dataclass(frozen=True)
class Runner:
    """What the cells do while somebody runs.

    Attributes:
        counts: What an ideal converter makes of it, shape (rows, 8).
        belt: Belt pulses so far, shape (rows,).
    """

    counts: np.ndarray
    belt: np.ndarray

    @property
    def volts(self):
        """The same at the converter's inputs, shape (rows, 8)."""
        return self.counts * VOLTS_PER_COUNT


def runner(seconds, rate_Hz=1000, rig=RIG, options="seed=4"):
    """A real runner on the virtual treadmill."""
    chain = make_device(f"virtual://{rig}?rate={rate_Hz}&speed=max&{options}").chain
    rows = round(seconds * rate_Hz)
    blocks = [chain.block(number) for number in range(-(-rows // BLOCK))]
    counts = np.concatenate([block.counts for block in blocks])[:rows]
    return Runner(counts, np.concatenate([block.belt for block in blocks])[:rows])


def rig_file(folder, rate_Hz):
    """The rig at another sample rate."""
    if rate_Hz == 1000:
        return RIG
    path = Path(folder) / f"{RIG}_{rate_Hz}.toml"
    path.write_text(load_rig(RIG).text.replace("sample_rate_Hz = 1000", f"sample_rate_Hz = {rate_Hz}"))
    return str(path)


def simulate(cells, *, board="mega", baud=500_000, at=(), firmware=None, **options):
    """The board with the reference converter and the runner's cells."""
    firmware = firmware or build_firmware(board, "ads131m08", baud)
    return Simulator(firmware, board=board, adc="ads131m08", cells=cells.volts,
                     belt=cells.belt.astype(np.int32), at=at, **options)  # fmt: skip


def preset(elf, folder, **values):
    """A copy of a firmware in which some variables have another value at boot; not an instruction differs."""
    out = subprocess.run(["avr-nm", str(elf)], capture_output=True, text=True, check=True).stdout
    address = {words[2]: int(words[0], 16) for words in map(str.split, out.splitlines()) if len(words) == 3}
    out = subprocess.run(["avr-objdump", "-h", str(elf)], capture_output=True, text=True, check=True).stdout
    size, start, _, offset = (int(word, 16) for word in re.search(r" \.data +(\w+) +(\w+) +(\w+) +(\w+)", out).groups())
    image = bytearray(Path(elf).read_bytes())
    for name, value in values.items():
        at = address[name] - start
        assert 0 <= at <= size - 2
        assert image[offset + at : offset + at + 2] == b"\0\0"
        image[offset + at : offset + at + 2] = value.to_bytes(2, "little")
    copy = Path(folder) / "preset.elf"
    copy.write_bytes(image)
    return copy


def record(simulator, out, seconds, *, rig=RIG, baud=500_000, **options):
    """Record from the simulated board, as `stance record` does."""
    return Recorder(
        RecordOptions(rig=rig, port=simulator.port, out=str(out), seconds=seconds, baud=baud, **options)
    ).run()


def whole(session):
    """The raw samples of a session."""
    return Chunk.concat(list(session.chunks()))


def clear_steps(session, truth):
    """Hold the steps against the undisturbed ones: those clear of gaps are the same, those that touch one invalid.

    Both sessions begin with the same conversion to within some; `truth` is the table of the undisturbed one.
    """
    found, gaps_s = steps_of(session), session_gaps_s(session)
    valid = np.asarray(found["valid"], bool)
    start, end = np.asarray(found["touchdown_s"]), np.asarray(found["toe_off_s"])
    touched = np.array([((gaps_s >= a) & (gaps_s <= b)).any() for a, b in zip(start, end, strict=True)], bool)
    assert not valid[touched].any()
    first = np.flatnonzero(valid)[0]
    true_start = np.asarray(truth["touchdown_s"])
    shift = start[first] - true_start[np.abs(true_start - start[first]).argmin()]
    nearest = np.abs(true_start[:, None] - (start - shift)[None, :]).argmin(axis=0)
    for column, atol in {"contact_time_ms": 0.2, "active_peak_N": 1.0, "braking_impulse_BW_s": 1e-4}.items():
        np.testing.assert_allclose(found[column][valid], truth[column][nearest[valid]], atol=atol, err_msg=column)
    assert (np.diff(nearest[valid]) > 0).all()
    return int(valid.sum())


def session_gaps_s(session):
    """Where frames are missing, in seconds of the session: of every gap its two ends."""
    chunk, rate_Hz = whole(session), session.header.sample_rate_Hz
    before = np.flatnonzero(np.diff(chunk.seq) != 1)
    time_s = (chunk.seq - chunk.seq[0]) / rate_Hz
    return np.sort(np.concatenate([time_s[before], time_s[before + 1]]))


def table_from(session, counts, rig):
    """The steps of a session had its counts been these."""
    loaded = load_rig(rig)
    analyser = Analyser(loaded, make_setup(session.header, loaded, get_protocol(session.header.protocol_name)))
    row = 0
    for chunk in session.chunks():
        piece = Chunk(counts[row : row + len(chunk)], chunk.seq, chunk.tick, chunk.boot, chunk.status, chunk.belt,
                      chunk.gap_row, chunk.gap_lost)  # fmt: skip
        analyser.feed(piece, 0)
        row += len(chunk)
    analyser.finish()
    return analyser.table


def rows_of(chunk, truth):
    """For each sample of one boot the record of its conversion, found by number; the first is among the first rows."""
    rows = truth[truth["row"] >= 0]
    first = next(k for k in range(50) if (rows["counts"][k : k + 20] == chunk.counts[:20]).all())
    index = first + chunk.seq - chunk.seq[0]
    return rows[index]


@dataclass(frozen=True)
class Sent:
    """One data frame that the board put on the line."""

    at: int
    boot: int
    seq: int
    tick: int
    status: int


def frames_sent(simulator):
    """Every whole data frame that the board sent, by its own bytes."""
    tx, found, at = simulator.tx, [], 0
    boots = [*simulator.ledger["boots"], len(tx)]
    while at + 6 <= len(tx):
        end = next(b for b in boots if b > at)
        length = {DATA: FRAME_BYTES, CONTROL: 8 + tx[at + 5]}[tx[at + 2]]
        if at + length > end:  # cut off by a reset
            at = end
            continue
        if tx[at + 2] == DATA:
            frame = tx[at : at + length]
            found.append(Sent(at, *(int.from_bytes(frame[OFFSET[n] : OFFSET[n] + w], "big")
                                    for n, w in (("boot", 2), ("seq", 2), ("tick", 4), ("status", 1)))))  # fmt: skip
        at += length
    return found


def arrived(simulator):
    """Those of them that reached the host whole."""
    ledger = simulator.ledger
    harmed = np.zeros(len(simulator.tx) + 1, bool)
    for first, end in ledger["lost"]:
        harmed[first:end] = True
    harmed[ledger["flipped"]] = True
    return [frame for frame in frames_sent(simulator) if not harmed[frame.at : frame.at + FRAME_BYTES].any()]


def steps_of(session):
    """The step table that was found live."""
    return StepTable(session.steps())
