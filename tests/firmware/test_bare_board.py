"""A bare board with the dry firmware, as a maker tries it first: a known pattern all the way to steps."""

import numpy as np
import pytest
from rehearsal import record, steps_of, whole
from simulated import FIRMWARE, Simulator, build_firmware

from daq.session import open_session

RIG = str(FIRMWARE / "bare_board.toml")
STEP, CONTACT, SCALE = 360, 250, 67


def pattern(number):
    """The counts of conversions by their number, as the driver's head says."""
    place = number % STEP
    force = np.where(place < CONTACT, place * (CONTACT - place) * SCALE, 0)
    ramps = [(number * channel) & 0x7FFFFF for channel in range(4, 8)]
    return np.column_stack([force] * 4 + ramps)


@pytest.mark.parametrize("board", ["mega", "uno"])
def test_the_pattern_arrives(board, tmp_path):
    with Simulator(build_firmware(board, "dry"), board=board) as simulator:
        results = record(simulator, tmp_path / "s.h5", 12, rig=RIG)
        simulator.stop()
    assert (results["frames"], results["lost_frames"]) == (12_000, 0)
    with open_session(tmp_path / "s.h5") as session:
        chunk, steps = whole(session), steps_of(session)
        np.testing.assert_array_equal(chunk.counts, pattern(chunk.seq))
        assert not chunk.status.any()
        assert set(np.diff(chunk.tick)) == {2000}
        valid = np.asarray(steps["valid"], bool)
    assert valid.sum() >= 25
    np.testing.assert_allclose(np.diff(steps["touchdown_s"]), 0.36, atol=1e-6)
    # A parabola of 1400 N is below the contact threshold of 50 N for 2.2 ms at each end.
    np.testing.assert_allclose(steps["contact_time_ms"][valid], 245.5, atol=1.5)
