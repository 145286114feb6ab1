"""Faults on the way from the converter to the host: what is counted as lost is what was lost, to the frame.

Every case: the session is complete, the frames that are missing are those that the fault harmed and no others, and
steps that touch none of it are those of an undisturbed recording.
"""

import numpy as np
import pytest
from rehearsal import arrived, clear_steps, frames_sent, record, runner, simulate, steps_of, whole

from daq.errors import StanceError
from daq.session import open_session
from daq.wire import Status

SECONDS = 14


@pytest.fixture(scope="module")
def cells():
    return runner(SECONDS + 8)


@pytest.fixture(scope="module")
def undisturbed(cells, tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "s.h5"
    run(cells, path, ())
    with open_session(path) as session:
        return steps_of(session)


def counters(session):
    """The device's own counters, asked for at the end."""
    return next(event.data for event in reversed(session.events) if event.text == "device counters")


def received(chunk):
    return list(zip(chunk.boot.tolist(), (chunk.seq % 65536).tolist(), strict=True))


def run(cells, path, at, seconds=SECONDS, **options):
    with simulate(cells, at=at, **options.pop("simulated", {})) as board:
        results = record(board, path, seconds, **options)
        board.stop()
    return results, board


def expect_exactly(board, session, results):
    """The frames in the session are those that arrived whole while it recorded; its count of losses is the rest."""
    chunk = whole(session)
    came = [(frame.boot, frame.seq) for frame in arrived(board)]
    have = received(chunk)
    first, last = came.index(have[0]), len(came) - 1 - came[::-1].index(have[-1])
    assert have == came[first : last + 1]
    known = session.gaps.lost[session.gaps.lost >= 0].sum()
    holes = sum(int(d) - 1 for d in np.diff(chunk.seq)[np.diff(chunk.boot.astype(int)) == 0])
    assert known == holes == results["lost_frames"]
    return chunk


def test_flipped_bits(cells, undisturbed, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("2:flip:200:997",))
    with open_session(tmp_path / "s.h5") as session:
        assert session.ended
        expect_exactly(board, session, results)
        assert len(board.ledger["flipped"]) == 200
        harmed = len(frames_sent(board)) - len(arrived(board))
        assert results["lost_frames"] == harmed > 150
        assert clear_steps(session, undisturbed) >= 15


def test_checksum_of_the_converter(cells, undisturbed, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("3:spi:40", "6:spi:1"))
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        bad = (chunk.status & Status.ADC_CRC) != 0
        assert bad.sum() == board.ledger["spi_errors"] == counters(session)["adc_crc_errors"] == 41
        assert results["lost_frames"] == 0
        assert clear_steps(session, undisturbed) >= 20


def test_lost_edges(cells, undisturbed, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("3:miss:1", "4:miss:5", "6:miss:200"))
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        counted = (results["lost_frames"], board.ledger["edges_missed"], counters(session)["missed"])
        assert counted == (206, 206, 206)
        assert ((chunk.status & Status.MISSED) != 0).sum() == 3
        assert clear_steps(session, undisturbed) >= 20
        fate = board.truth[(board.truth["row"] >= 0) & (board.truth["fate"] & 1 == 0)]
        np.testing.assert_array_equal(chunk.counts, fate["counts"][: len(chunk)])


def test_late_edges(cells, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("3:late:300:1", "4:late:400:5"))
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        late = np.flatnonzero(chunk.status & Status.LATE)
        assert len(late) == counters(session)["late"]
        assert results["lost_frames"] == 0
        assert len(late) == board.ledger["edges_late"] == 6


def test_a_line_that_slows_down(cells, undisturbed, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("3:slow:200",))
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        assert results["lost_frames"] == counters(session)["frames_dropped"] > 50
        assert ((chunk.status & Status.DROPPED) != 0).sum() == (np.diff(chunk.seq) > 1).sum()
        assert clear_steps(session, undisturbed) >= 20


def test_a_host_that_does_not_listen_for_two_seconds(cells, undisturbed, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("4:stall:2000",))
    with open_session(tmp_path / "s.h5") as session:
        expect_exactly(board, session, results)
        assert 1000 < results["lost_frames"] < 2000
        assert counters(session)["frames_dropped"] == 0
        assert clear_steps(session, undisturbed) >= 20


def test_reset(cells, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("5:reset",), seconds=12)
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        assert len(set(chunk.boot.tolist())) == 2
        assert (session.gaps.lost == -1).sum() == 1


def test_unplugged_and_plugged_in_again(cells, tmp_path):
    simulated = {"pace": 1.0}
    results, board = run(cells, tmp_path / "s.h5", ("4:unplug", "6:replug"), seconds=12, simulated=simulated)
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        assert len(set(chunk.boot.tolist())) == 2
        assert (session.gaps.lost == -1).sum() == 1
        assert session.ended


def test_wrong_baud_rate(cells, tmp_path):
    with simulate(cells) as board, pytest.raises(StanceError, match="baud"):
        record(board, tmp_path / "s.h5", 5, baud=250_000)


def test_converter_that_breaks_down(cells, tmp_path):
    results, board = run(cells, tmp_path / "s.h5", ("4:adc-reset",))
    with open_session(tmp_path / "s.h5") as session:
        chunk = expect_exactly(board, session, results)
        bad = (chunk.status & (Status.ADC_CRC | Status.TORN)) != 0
        assert 1 <= bad.sum() <= 4
        held = {counts.tobytes() for counts in board.truth["counts"]}
        assert all(counts.tobytes() in held for counts in chunk.counts[~bad])
        gains = np.abs(chunk.counts[~bad]).max(axis=0) / np.abs(chunk.counts[: np.flatnonzero(bad)[0]]).max(axis=0)
        assert (gains < 2).all(), "the gain is 128 again, not 1"
