"""The true firmware, instruction for instruction, on a simulated board, and `record` at its serial port.

A minute of a real runner at 1 kHz and ten seconds at 2 kHz: nothing is lost, every count is the converter's, and the
steps are those of the virtual treadmill's own counts.
"""

import numpy as np
import pytest
from rehearsal import frames_sent, preset, record, rig_file, rows_of, runner, simulate, steps_of, table_from, whole
from simulated import build_firmware

from daq.session import open_session

CASES = {
    "a minute at 1 kHz": ("mega", 60, 1000, 500_000),
    "ten seconds at 2 kHz": ("mega", 10, 2000, 1_000_000),
    "ten seconds at 1 kHz on an Uno": ("uno", 10, 1000, 500_000),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_lost_or_changed(case, tmp_path):
    board, seconds, rate_Hz, baud = CASES[case]
    cells, rig = runner(seconds + 1, rate_Hz), rig_file(tmp_path, rate_Hz)
    with simulate(cells, board=board, baud=baud) as board_:
        results = record(board_, tmp_path / "s.h5", seconds, rig=rig, baud=baud)
        board_.stop()
    assert (results["frames"], results["lost_frames"], results["gaps"]) == (seconds * rate_Hz, 0, [])
    with open_session(tmp_path / "s.h5") as session:
        chunk = whole(session)
        held = rows_of(chunk, board_.truth)
        np.testing.assert_array_equal(chunk.counts, held["counts"])
        np.testing.assert_array_equal(chunk.counts, cells.counts[held["row"]])
        np.testing.assert_array_equal(chunk.belt, cells.belt[held["row"]])
        assert not chunk.status.any()
        assert set(np.diff(chunk.tick)) <= {2_000_000 // rate_Hz}
        assert table_from(session, cells.counts[held["row"]], rig).equals(steps_of(session))
        assert steps_of(session).rows > 2.5 * seconds
    assert board_.ledger["lost"] == []


def check_unbroken(session, truth, cells):
    """No sample slips: numbers, times and counts go on evenly over every wrap."""
    chunk = whole(session)
    assert set(np.diff(chunk.seq)) == {1}
    assert set(np.diff(chunk.tick)) == {2000}
    held = rows_of(chunk, truth)
    np.testing.assert_array_equal(chunk.counts, held["counts"])
    np.testing.assert_array_equal(chunk.counts, cells.counts[held["row"]])
    return chunk


def wraps(simulator, name):
    """How often a counter of the frames went round on the wire."""
    values = np.array([getattr(frame, name) for frame in frames_sent(simulator)])
    return int((np.diff(values) < 0).sum())


def test_numbers_and_clock_wrap(tmp_path):
    firmware = preset(build_firmware(), tmp_path, stance_ticks_high=0xFF80, stance_first_seq=62_000)
    cells = runner(9)
    with simulate(cells, firmware=firmware) as board:
        record(board, tmp_path / "s.h5", 8)
        board.stop()
    with open_session(tmp_path / "s.h5") as session:
        check_unbroken(session, board.truth, cells)
    assert (wraps(board, "seq"), wraps(board, "tick")) == (1, 1)


@pytest.mark.soak
def test_seventy_two_minutes(tmp_path):
    """Over two wraps of the clock and sixty-six of the numbers, all by themselves."""
    seconds = 72 * 60
    cells = runner(seconds + 1)
    with simulate(cells) as board:
        record(board, tmp_path / "s.h5", seconds)
        board.stop()
    with open_session(tmp_path / "s.h5") as session:
        assert len(check_unbroken(session, board.truth, cells)) == seconds * 1000
    assert wraps(board, "seq") >= 65
    assert wraps(board, "tick") >= 2
