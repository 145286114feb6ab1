"""CSV, MOT, Parquet and data frames give back what went in."""

import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from realdata import fukuchi_trial

from analysis.column_units import unit_of
from analysis.flags import StepFlag
from analysis.steps import ALL_COLUMNS, StepTable
from analysis.wrench import COMPONENTS, FZ, free_moment
from daq.errors import FormatError
from daq.force_stream import Stretch
from daq.formats import csv_out, mot_out, parquet_out
from daq.formats.about import About
from daq.formats.force_csv import read_force_csv
from daq.formats.force_rows import Plate, rows_of_arrays, spooled
from daq.formats.frames import CATEGORIES, force_frame, steps_frame
from daq.formats.mot_feet import Feet, tell_feet
from daq.formats.new_files import NewFiles

ALL = frozenset(COMPONENTS)
ABOUT = About("0123", "frame_8", "P60-50/20", "stance")
TRIAL = fukuchi_trial("RBDS002_T25")


ONE = (Plate("", ALL),)


def runner(plates=ONE, wrench=None, start_s=0.0, gap_at=None):
    wrench = TRIAL.wrench[None] if wrench is None else wrench
    time_s = start_s + np.arange(wrench.shape[-1]) / 300.0
    if gap_at:
        time_s[gap_at:] += 0.5
    return rows_of_arrays(300.0, plates, time_s, wrench)


def table(rows=4, **columns):
    touchdown = 0.5 + 0.4 * np.arange(rows)
    known = {"step": np.arange(1, rows + 1), "touchdown_s": touchdown, "toe_off_s": touchdown + 0.25,
             "side": np.resize(["L", "R"], rows)}  # fmt: skip
    return StepTable(known | columns)


def read_mot(data):
    lines = data.decode().splitlines()
    end = lines.index("endheader")
    head = dict(line.split("=") for line in lines[:end] if "=" in line)
    names = lines[end + 1].split("\t")
    return head, dict(zip(names, np.loadtxt(lines[end + 2 :], ndmin=2).T, strict=True))


def test_force_csv_is_what_we_read(tmp_path):
    path = tmp_path / "f.csv"
    rows = runner(start_s=2.0)
    with path.open("wb") as file:
        csv_out.write_force(file, rows, 0, rows.rows, table(belt_speed_m_s=np.array([2.5, 2.5, 2.6, 2.7])))
    record = read_force_csv(path)
    assert (record.sample_rate_Hz, record.start_s, record.ignored) == (300.0, 2.0, ())
    belt = record.belts[""]
    loaded = TRIAL.wrench[FZ] > 20.0
    np.testing.assert_allclose(belt.wrench()[:, loaded], TRIAL.wrench[:, loaded], atol=0.003)
    np.testing.assert_allclose(np.stack([belt.Fx, belt.Fy, belt.Fz]), TRIAL.wrench[:3], atol=1e-4)
    np.testing.assert_allclose(belt.Tz[loaded], free_moment(TRIAL.wrench, min_force_N=20.0)[loaded], atol=1e-4)
    assert belt.belt_speed[-1] == 2.7  # the latest step's


def test_csv_leaves_out_what_was_not_measured_and_counts_segments():
    stream = io.BytesIO()
    rows = runner((Plate("L", frozenset({"Fz", "My"})), Plate("R", frozenset({"Fz"}))),
                  np.stack([TRIAL.wrench, TRIAL.wrench]), gap_at=1000)  # fmt: skip
    csv_out.write_force(stream, rows, 0, rows.rows)
    header, *lines = stream.getvalue().decode().splitlines()
    assert header == "time_s,Fz_N_L,copx_m_L,Fz_N_R,segment"
    assert [line.rsplit(",")[-1] for line in (lines[999], lines[1000])] == ["0", "1"]
    assert "nan" not in stream.getvalue().decode()


def test_parquet_force_is_typed_and_explained():
    stream = io.BytesIO()
    rows = runner(gap_at=1000)
    parquet_out.write_force(stream, rows, 0, rows.rows, ABOUT)
    read = pq.read_table(stream)
    for number, name in enumerate(COMPONENTS):
        unit = "N" if name[0] == "F" else "Nm"
        np.testing.assert_allclose(read[f"{name}_{unit}"], TRIAL.wrench[number], atol=2e-4)
    assert read.schema.field("Mz_Nm").metadata[b"unit"].decode() == "N·m"
    assert json.loads(read.schema.metadata[b"stance"]) == ABOUT.as_dict()
    assert read["segment"].to_numpy()[[999, 1000]].tolist() == [0, 1]
    assert read["copx_m"].null_count == np.sum(TRIAL.wrench[FZ] < 20.0)


def test_step_table_through_parquet_and_pandas():
    steps = table(
        flags=np.array([0, 0, int(StepFlag.GAP | StepFlag.LATE), 0]), valid=np.array([True, True, False, True]),
        contact_time_ms=np.array([250.0, np.nan, 251.0, 252.0]), impact_class=np.array(["impact", "", "none", "none"]),
        impact_agreement=np.array([True, False, False, True]), contact_time_30N_ms=np.arange(4.0),
    )  # fmt: skip
    stream = io.BytesIO()
    parquet_out.write_steps(stream, steps, ABOUT)
    read = pq.read_table(stream)
    assert read.column_names == list(steps)
    assert read["flags"].to_pylist()[2] == ["late", "gap"]
    assert read["contact_time_ms"].to_pylist() == [250.0, None, 251.0, 252.0]
    assert read["impact_class"].to_pylist() == ["impact", None, "none", "none"]
    assert read["impact_agreement"].to_pylist() == [True, None, False, True]
    frame = steps_frame(steps, {"protocol": "P60-50/20"})
    assert frame["flags"].tolist() == read["flags"].to_pylist()
    assert frame["side"].cat.categories.tolist() == ["L", "R", "?"]
    assert frame["impact_class"].isna().tolist() == [False, True, False, False]
    assert frame["impact_agreement"].dropna().tolist() == [True, False, True]
    assert frame[frame["valid"]]["contact_time_ms"].mean() == 251.0
    assert frame.attrs["protocol"] == "P60-50/20"
    assert frame.attrs["units"]["valr_BW_s"] == "BW/s"
    assert {c.name for c in ALL_COLUMNS if c.kind == "text"} == CATEGORIES.keys()


def test_force_frame_is_the_force():
    frame = force_frame(runner(), {"protocol": "P"})
    np.testing.assert_allclose(frame["Fz_N"], TRIAL.wrench[FZ], atol=2e-4)
    assert frame.attrs["sample_rate_Hz"] == 300.0


def test_mot_in_the_frame_of_opensim():
    stream = io.BytesIO()
    rows = runner(start_s=3.0)
    columns = mot_out.write_mot(stream, rows, rows.segments[0], None, ABOUT)
    head, read = read_mot(stream.getvalue())
    assert (head["nRows"], head["nColumns"], head["inDegrees"]) == ("3000", str(len(columns)), "yes")
    assert list(read) == columns
    loaded = TRIAL.wrench[FZ] > 20.0
    force = np.stack([read[f"ground_force_v{axis}"] for axis in "xyz"])
    point = np.stack([read[f"ground_force_p{axis}"] for axis in "xyz"])
    torque = np.stack([read[f"ground_torque_{axis}"] for axis in "xyz"])
    np.testing.assert_allclose(force, [TRIAL.wrench[0], TRIAL.wrench[2], -TRIAL.wrench[1]], atol=1e-5)
    moment = np.cross(point.T, force.T).T + torque  # about the belt's centre, in OpenSim's frame
    mx, mz, my = moment[0], moment[1], -moment[2]
    np.testing.assert_allclose(np.stack([mx, my, mz])[:, loaded], TRIAL.wrench[3:, loaded], atol=0.002)
    assert read["time"][0] == 3.0


def test_mot_gives_each_foot_its_force():
    sides = TRIAL.contact_side
    steps = _contacts(TRIAL)
    rows = runner()
    feet = tell_feet(rows, rows.segments[0], steps)
    assert isinstance(feet, Feet), feet
    stream = io.BytesIO()
    mot_out.write_mot(stream, rows, rows.segments[0], feet, ABOUT)
    _, read = read_mot(stream.getvalue())
    left, right = read["ground_force_l_vy"], read["ground_force_r_vy"]
    np.testing.assert_allclose(left + right, TRIAL.wrench[FZ], atol=1e-5)
    assert not np.any((left != 0.0) & (right != 0.0))
    for time_s, side in zip(TRIAL.contact_s, sides, strict=True):
        mine, other = (left, right) if side == "L" else (right, left)
        at = round(time_s * 300.0)
        assert mine[at] > 300.0
        assert other[at] == 0.0
    still = np.diff(read["ground_force_l_px"])[left[1:] == 0.0]
    assert np.abs(still).max() == 0.0  # an unloaded foot's point stays where it was


def _contacts(trial):
    """Steps at 50 N, with the sides that the markers told."""
    on = np.diff((trial.wrench[FZ] > 50.0).astype(int), prepend=0, append=0)
    begin, end = np.flatnonzero(on == 1) / 300.0, np.flatnonzero(on == -1) / 300.0
    long = end - begin > 0.1
    begin, end = begin[long], end[long]
    first = int(np.argmin(np.abs((begin + end) / 2.0 - trial.contact_s[0])))
    odd = (np.arange(begin.size) - first) % 2 == 0
    other = "R" if trial.contact_side[0] == "L" else "L"
    side = np.where(odd, trial.contact_side[0], other)
    return StepTable({"step": np.arange(begin.size), "touchdown_s": begin, "toe_off_s": end, "side": side})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"side": np.array(["L", "?", "L", "R"])}, "1 steps it is not known"),
        ({"toe_off_s": 0.95 + 0.4 * np.arange(4)}, "both feet are on the belt"),
        ({"touchdown_s": np.full(4, np.nan)}, "there are no steps"),
    ],
)
def test_feet_that_cannot_be_told(change, why):
    rows = runner(wrench=np.zeros((1, 6, 3000)))
    found = tell_feet(rows, rows.segments[0], table(**change))
    assert isinstance(found, str)
    assert why in found


def test_contacts_cut_by_the_ends_go_to_the_other_foot():
    wrench = np.zeros((1, 6, 600))
    for begin, end in ((0, 30), (150, 225), (270, 345), (390, 465), (510, 600)):
        wrench[0, FZ, begin:end] = 700.0
    rows = runner(wrench=wrench)
    steps = table(3)  # at 0.5, 0.9 and 1.3 s: L, R, L; the last one ends 0.3 s before the file's end
    feet = tell_feet(rows, rows.segments[0], steps)
    assert isinstance(feet, Feet), feet
    assert feet.is_left(np.array([0.05, 0.6, 1.0, 1.4, 1.8])).tolist() == [False, True, False, True, False]


def test_who_stands_has_no_side():
    wrench = np.zeros((1, 6, 3000))
    wrench[0, FZ, 2000:] = 700.0
    found = tell_feet(runner(wrench=wrench), runner(wrench=wrench).segments[0], table())
    assert found == "at 6.67 s somebody stands on the belt who makes no step"


def test_spool_cuts_at_gaps_and_where_no_zero_is_known(tmp_path):
    def stretch(first, n, segment, unknown=()):
        wrench = np.full((1, 6, n), float(first))
        wrench[:, :, list(unknown)] = np.nan
        tick = first + np.arange(n)
        return Stretch(tick, tick / 100.0, wrench, segment)

    stream = [stretch(0, 50, 0, range(10)), stretch(50, 50, 0), stretch(110, 40, 1, [20, 21]), stretch(150, 10, 1)]
    with spooled(stream, [None], [Plate("", ALL)], 100.0, start_s=0.0, end_s=1.55, directory=tmp_path) as rows:
        found = [(part.first, part.rows, part.start_s, part.end_s) for part in rows.segments]
        assert found == [(0, 90, 0.1, 0.99), (90, 20, 1.1, 1.29), (110, 23, 1.32, 1.54)]
        blocks = list(rows.blocks())
        values = np.concatenate([block.wrench[0, 0] for block in blocks])
        assert values[[39, 40, 89, 90, 127, 128]].tolist() == [0.0, 50.0, 50.0, 110.0, 110.0, 150.0]
        assert [block.segment for block in blocks] == [0, 1, 2]
        assert rows.times(110) == 1.32
    assert list(tmp_path.iterdir()) == []


def test_rate_follows_the_times():
    rows = rows_of_arrays(1000.0, (Plate("", ALL),), np.arange(10_000) / 1001.0, np.zeros((1, 6, 10_000)))
    assert rows.rate_of(rows.segments[0]) == pytest.approx(1001.0, rel=1e-9)


def write_all(folder, names, then=lambda: None):
    with NewFiles() as files:
        for name in names:
            files.begin(folder / name).write(name.encode())
        then()


def test_all_files_or_none(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_all(tmp_path, "ab", lambda: 1 / 0)
    assert list(tmp_path.iterdir()) == []
    write_all(tmp_path, "a")
    with pytest.raises(FormatError, match="one of that name"):
        write_all(tmp_path, "ba")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with pytest.raises(FormatError, match="one of that name"):
        write_all(tmp_path, "bc", lambda: (tmp_path / "c").write_text("came meanwhile"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]
    assert (tmp_path / "c").read_text() == "came meanwhile"


@pytest.mark.parametrize(
    ("name", "unit"),
    [("u_valr_25_BW_s", "BW/s"), ("two_mass_J1_BW_s", "BW·s"), ("Tz_Nm", "N·m"), ("Fz_N_L", "N"), ("side", ""),
     ("belt_speed_m_s", "m/s"), ("k_leg_kN_m", "kN/m"), ("duty_factor", "")],
)  # fmt: skip
def test_units(name, unit):
    assert unit_of(name) == unit
