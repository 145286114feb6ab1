"""C3D files as another program reads them: ezc3d's platform filter must give back force, place and free moment."""

from itertools import pairwise

import ezc3d
import numpy as np
import pytest
from realdata import fukuchi_trial

from analysis.steps import StepTable
from analysis.wrench import COMPONENTS, FZ, MX, MY, free_moment
from daq.errors import FormatError
from daq.formats.about import About
from daq.formats.c3d_cut import cut_pieces, step_events
from daq.formats.c3d_events import C3dEvent
from daq.formats.c3d_out import MOST_FRAMES, frame_length, write_c3d
from daq.formats.force_rows import Plate, rows_of_arrays

ALL = frozenset(COMPONENTS)
ABOUT = About("0123", "frame_8", "P60-50/20", "stance")


def written(path, wrench, rate=1000.0, plates=None, events=(), start_s=0.0, about=ABOUT):
    wrench = np.atleast_3d(wrench).reshape(-1, 6, wrench.shape[-1])
    plates = plates or (Plate("", ALL, (0.0, 0.0), (1.6, 0.6)),)
    rows = rows_of_arrays(rate, plates, start_s + np.arange(wrench.shape[-1]) / rate, wrench)
    with path.open("wb") as file:
        made = write_c3d(file, rows, rows.segments[0], list(events), about, str(path))
    return made, ezc3d.c3d(str(path), extract_forceplat_data=True)


def check_platform(platform, wrench, centre=(0.0, 0.0)):
    """Force within 0.01 N, COP within 0.1 mm and free moment within 0.01 N·m wherever the force exceeds 50 N."""
    n = platform["force"].shape[1]
    assert wrench.shape[1] - n < 10
    wrench = wrench[:, :n]
    assert np.abs(platform["force"] - wrench[:3]).max() < 0.01
    loaded = wrench[FZ] > 50.0
    assert loaded.sum() > 100
    fz = np.where(loaded, wrench[FZ], np.nan)
    x, y = -wrench[MY] / fz + centre[0], wrench[MX] / fz + centre[1]
    cop = platform["center_of_pressure"] / 1e3
    assert np.abs(cop[0] - x)[loaded].max() < 1e-4
    assert np.abs(cop[1] - y)[loaded].max() < 1e-4
    assert np.abs(cop[2][loaded]).max() < 1e-9
    assert np.abs(platform["Tz"][2] / 1e3 - free_moment(wrench, min_force_N=50.0))[loaded].max() < 0.01
    assert np.abs(platform["Tz"][:2, loaded]).max() < 1e-3


@pytest.mark.parametrize("name", ["RBDS002_T25", "RBDS010_T45"])
def test_real_runners_come_back(tmp_path, name):
    trial = fukuchi_trial(name)
    made, read = written(tmp_path / "runner.c3d", trial.wrench, trial.sample_rate_Hz)
    check_platform(read["data"]["platform"][0], trial.wrench)
    assert read["header"]["analogs"]["frame_rate"] == 300.0
    assert made.frames * made.per_frame + made.left_out == trial.wrench.shape[1]


def test_two_belts_each_where_it_lies(tmp_path):
    trial = fukuchi_trial("RBDS002_T25")
    both = np.stack([trial.wrench, 0.5 * trial.wrench[:, ::-1]])
    plates = (Plate("L", ALL, (0.1, 0.25), (1.6, 0.48)), Plate("R", ALL, (0.1, -0.25), (1.6, 0.48)))
    _, read = written(tmp_path / "two.c3d", both, 300.0, plates)
    for platform, wrench, plate in zip(read["data"]["platform"], both, plates, strict=True):
        check_platform(platform, wrench, plate.centre_m)
        assert np.allclose(platform["corners"].mean(axis=1), [1e3 * plate.centre_m[0], 1e3 * plate.centre_m[1], 0.0])
        assert np.allclose(np.ptp(platform["corners"], axis=1), [1600.0, 480.0, 0.0])


def test_plates_look_down_and_carry_the_reaction(tmp_path):
    """A runner of 700 N who brakes: the channels hold −700 N in a frame whose z points into the ground."""
    wrench = np.zeros((6, 100))
    wrench[0], wrench[2] = -50.0, 700.0
    _, read = written(tmp_path / "plain.c3d", wrench)
    assert read["data"]["analogs"][0, 2, 50] == -700.0
    assert read["data"]["analogs"][0, 0, 50] == -50.0
    assert read["parameters"]["ANALOG"]["UNITS"]["value"] == ["N", "N", "N", "Nmm", "Nmm", "Nmm"]
    assert read["parameters"]["FORCE_PLATFORM"]["TYPE"]["value"].tolist() == [2]
    assert read["parameters"]["FORCE_PLATFORM"]["ZERO"]["value"].tolist() == [0, 0]
    assert read["parameters"]["POINT"]["USED"]["value"].tolist() == [0]


def test_events_keep_their_moments(tmp_path):
    events = [
        C3dEvent(100.0, "easy"),
        C3dEvent(100.123456, "Foot Strike", "Left"),
        C3dEvent(170.5, "Foot Off", "Left", "not valid: gap"),
    ]
    _, read = written(tmp_path / "events.c3d", np.zeros((6, 24_000)), 300.0, events=events, start_s=100.0)
    event = {name: entry["value"] for name, entry in read["parameters"]["EVENT"].items() if name != "__METADATA__"}
    minutes, seconds = event["TIMES"]
    np.testing.assert_allclose(60.0 * minutes + seconds, [0.0, 0.123456, 70.5], atol=1e-5)
    assert event["LABELS"] == ["easy", "Foot Strike", "Foot Off"]
    assert event["CONTEXTS"] == ["General", "Left", "Left"]
    assert event["DESCRIPTIONS"] == ["", "", "not valid: gap"]
    assert event["USED"].tolist() == [3]
    assert read["parameters"]["EVENT_CONTEXT"]["LABELS"]["value"] == ["Left", "Right", "General"]


def test_lists_of_more_than_255_go_on(tmp_path):
    events = [C3dEvent(0.01 * i, "Foot Strike", "Left" if i % 2 else "Right") for i in range(600)]
    _, read = written(tmp_path / "many.c3d", np.zeros((6, 6_100)), events=events)
    event = read["parameters"]["EVENT"]
    times = np.concatenate([event[name]["value"][1] for name in ("TIMES", "TIMES2", "TIMES3")])
    np.testing.assert_allclose(times, 0.01 * np.arange(600), atol=1e-5)
    assert [len(event[name]["value"]) for name in ("LABELS", "LABELS2", "LABELS3")] == [255, 255, 90]


def test_too_many_events_are_refused(tmp_path):
    events = [C3dEvent(0.001 * i, "a marker of thirty-two characters", "General", "x" * 32) for i in range(3000)]
    with pytest.raises(FormatError, match="255 blocks"):
        written(tmp_path / "many.c3d", np.zeros((6, 4_000)), events=events)


def test_pieces_share_all_samples_and_events():
    n = 20_000
    rows = rows_of_arrays(1000.0, (Plate("", ALL),), 5.0 + np.arange(n) / 1000.0, np.zeros((1, 6, n)))
    touchdown = 5.1 + 0.35 * np.arange(50)
    table = StepTable(
        {"step": np.arange(1, 51), "touchdown_s": touchdown, "toe_off_s": touchdown + 0.25, "side": ["L", "R"] * 25}
    )
    events = step_events(table)
    pieces = cut_pieces(rows, rows.segments[0], events, most=21)
    assert [event for piece in pieces for event in piece.events] == events
    assert max(len(piece.events) for piece in pieces) <= 21
    assert sum(piece.segment.rows for piece in pieces) == n
    for a, b in pairwise(pieces):
        assert a.segment.last == b.segment.first
        assert a.segment.rows % a.per_frame == 0  # nothing is lost between two files
        assert a.events[-1].label == "Foot Off"
        assert b.events[0].label == "Foot Strike"
        assert a.segment.end_s < b.events[0].time_s
    assert len(pieces) == 5


@pytest.mark.parametrize("rate", [300.0, 976.5625, 1000.0, 2000.0])
@pytest.mark.parametrize("rows", [50, 30_000, 3_600_000, 50_000_000])
def test_frames_can_be_counted(rate, rows):
    length = frame_length(rows, rate)
    assert rows // length <= MOST_FRAMES
    assert length <= max(rate + 1, rows / MOST_FRAMES + 1)


def test_what_was_not_measured_says_so(tmp_path):
    seen = frozenset({"Fz", "Mx", "My"})
    _, read = written(tmp_path / "deck.c3d", np.ones((6, 100)), plates=(Plate("", seen, (0, 0), (1.6, 0.6)),))
    told = read["parameters"]["ANALOG"]["DESCRIPTIONS"]["value"]
    assert ["NOT MEASURED" in text for text in told] == [True, True, False, False, False, True]
    assert "unseen Fx" in told[4]
    assert read["parameters"]["STANCE"]["NOT_MEASURED"]["value"] == ["Fx1 Fy1 Mz1"]


def test_subject_only_if_asked(tmp_path):
    wrench = np.zeros((6, 100))
    _, plain = written(tmp_path / "plain.c3d", wrench)
    assert plain["parameters"]["SUBJECTS"]["USED"]["value"].tolist() == [0]
    about = About("0123", "frame_8", "P60-50/20", "stance", subject="R07", created_utc="2026-01-02T03:04:05+00:00")
    _, told = written(tmp_path / "told.c3d", wrench, about=about)
    assert told["parameters"]["SUBJECTS"]["NAMES"]["value"] == ["R07"]
    assert told["parameters"]["STANCE"]["CREATED_UTC"]["value"] == ["2026-01-02T03:04:05+00:00"]


def test_a_frame_must_fill(tmp_path):
    with pytest.raises(FormatError, match="at least 10 samples"):
        written(tmp_path / "short.c3d", np.zeros((6, 9)))
