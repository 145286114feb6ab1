"""`stance export` on whole sessions: what leaves the lab equals what the metrics saw, and nothing else goes along."""

import json
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import ezc3d
import numpy as np
import pyarrow.parquet as pq
import pytest
from realdata import fukuchi_trial

import stance
from analysis.setup import Runner
from analysis.wrench import COMPONENTS, FZ, MX, MY, free_moment
from daq.force_session import ForceEvent, ForceRecording, write_force_session
from daq.force_stream import ForceStream
from daq.formats.force_csv import read_force_csv
from stance.cli import run
from stance.exporting import Choice, export_session
from tests.system.chain import record

ALL = frozenset(COMPONENTS)
SECRETS = {"subject": "Anna Secret", "note": "old fracture", "date": "2031-05-06"}


@cache
def recorded(url="virtual://virtual?seed=1&speed=max", rig="virtual", seconds=6.0):
    """Record a virtual session once."""
    path = Path(mkdtemp(prefix="stance-export-")) / "session.h5"
    record(url, path, rig=rig, seconds=seconds, mass_kg=82.9, name=SECRETS["subject"])
    return path


@cache
def imported(missing=False):
    """A real runner's force as another system measured it, with a hole if asked."""
    trial = fukuchi_trial("RBDS002_T25")
    path = Path(mkdtemp(prefix="stance-export-")) / "imported.h5"
    hole = np.zeros(trial.wrench.shape[1], bool)
    hole[1200:1350] = missing
    events = [ForceEvent(2.0, "bout", "easy"), ForceEvent(4.0, "bout", "Pose"), ForceEvent(6.0, "bout", ""),
              ForceEvent(3.0, "note", SECRETS["note"]), ForceEvent(5.0, "marker", "clap")]  # fmt: skip
    recording = ForceRecording(300.0, {"": trial.wrench}, {"": ALL}, hole, events=events, surface_m=(1.4, 0.5))
    runner = Runner(name=SECRETS["subject"], mass_kg=trial.mass_kg, belt_speed_m_s=trial.speed_m_s)
    write_force_session(path, recording, runner, created_utc=f"{SECRETS['date']}T07:08:09+00:00")
    return path


@cache
def truth(path, filtered=True):
    """Time and wrench of all of a session, and its steps."""
    with stance.open(path) as session:
        stream = ForceStream(session, filtered=filtered)
        parts = list(stream.stretches())
        time_s, wrench = (np.concatenate([getattr(part, n) for part in parts], axis=-1) for n in ("time_s", "wrench"))
        known = ~np.isnan(wrench).any(axis=(0, 1))
        return time_s[known], wrench[:, :, known], stream.table


def platforms(path):
    return ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"]


@pytest.mark.parametrize("source", [recorded, imported])
@pytest.mark.parametrize("filtered", [True, False])
def test_c3d_is_the_force_that_the_metrics_saw(tmp_path, source, filtered):
    out = tmp_path / "s.c3d"
    made = export_session(source(), out, Choice("c3d", filtered=filtered))
    _, wrench, _ = truth(source(), filtered)
    platform = platforms(out)[0]
    n = platform["force"].shape[1]
    assert made["files"][0]["rows"] == n > wrench.shape[-1] - 10
    wrench = wrench[0, :, :n]
    assert np.abs(platform["force"] - wrench[:3]).max() < 0.01
    loaded = wrench[FZ] > 50.0
    cop = platform["center_of_pressure"][:2, loaded] / 1e3
    assert np.abs(cop - np.stack([-wrench[MY], wrench[MX]])[:, loaded] / wrench[FZ, loaded]).max() < 1e-4
    tz = free_moment(wrench, min_force_N=50.0)
    assert np.abs(platform["Tz"][2, loaded] / 1e3 - tz[loaded]).max() < 0.01


def test_c3d_events_are_the_steps_and_what_was_said(tmp_path):
    out = tmp_path / "s.c3d"
    made = export_session(imported(), out, Choice("c3d", start_s=1.0, end_s=9.0))
    file = ezc3d.c3d(str(out))
    event = {name: entry["value"] for name, entry in file["parameters"]["EVENT"].items() if name != "__METADATA__"}
    times = made["files"][0]["start_s"] + 60.0 * event["TIMES"][0] + event["TIMES"][1]
    _, _, table = truth(imported())
    labels, contexts = np.array(event["LABELS"]), np.array(event["CONTEXTS"])
    for column, label in (("touchdown_s", "Foot Strike"), ("toe_off_s", "Foot Off")):
        inside = (table[column] >= 1.0) & (table[column] < 9.0)
        np.testing.assert_allclose(times[labels == label], table[column][inside], atol=1e-5)
        wanted = ["Left" if side == "L" else "Right" for side in table["side"][inside]]
        assert contexts[labels == label].tolist() == wanted
    said = {label: time for label, time in zip(labels, times, strict=True) if not label.startswith("Foot")}
    assert said == pytest.approx({"bout 1": 2.0, "bout 2": 4.0, "marker": 5.0, "end of bout": 6.0}, abs=1e-4)
    assert made["files"][0]["events"] == len(labels)


@pytest.mark.parametrize(
    ("flags", "labels"),
    [
        ([], {"bout 1", "bout 2", "marker", "end of bout"}),
        (["--with-bouts"], {"easy", "Pose", "marker", "end of bout"}),
        (["--with-notes"], {"bout 1", "bout 2", "clap", SECRETS["note"], "end of bout"}),
    ],
)
def test_c3d_events_carry_names_only_where_they_were_asked_for(tmp_path, flags, labels):
    out = tmp_path / "s.c3d"
    assert run(["export", str(imported()), "-o", str(out), "--from", "1", "--until", "9", *flags]) == 0
    event = ezc3d.c3d(str(out))["parameters"]["EVENT"]
    assert {label for label in event["LABELS"]["value"] if not label.startswith("Foot")} == labels


def test_csv_goes_round(tmp_path):
    out = tmp_path / "s.csv"
    export_session(recorded(), out, Choice("csv"))
    read = read_force_csv(out)
    time_s, wrench, _ = truth(recorded())
    belt = read.belts[""]
    loaded = wrench[0, FZ] > 20.0
    np.testing.assert_allclose(np.stack([belt.Fx, belt.Fy, belt.Fz]), wrench[0, :3], atol=6e-5)
    np.testing.assert_allclose(belt.wrench()[3:, loaded], wrench[0, 3:, loaded].T, atol=0.003)
    assert read.sample_rate_Hz == 1000.0
    assert read.start_s == pytest.approx(time_s[0], abs=1e-9)


def test_parquet_and_pandas_agree(tmp_path):
    out = tmp_path / "s.parquet"
    export_session(recorded(), out, Choice("parquet"))
    read = pq.read_table(out)
    time_s, wrench, _ = truth(recorded())
    assert np.array_equal(read["time_s"], time_s)
    np.testing.assert_allclose(read["Mz_Nm"], wrench[0, 5], atol=1e-4)
    frame = stance.force(recorded(), start_s=2.0, end_s=3.0)
    inside = (time_s >= 2.0) & (time_s < 3.0)
    assert frame["Fz_N"].tolist() == read["Fz_N"].to_numpy()[inside].tolist()
    assert frame.attrs["protocol"] == json.loads(read.schema.metadata[b"stance"])["protocol"]


def test_steps_as_the_session_keeps_them(tmp_path, capsys):
    for ending in ("csv", "parquet"):
        assert run(["export", str(recorded()), "--steps", "-o", str(tmp_path / f"steps.{ending}")]) == 0
    assert run(["analyze", str(recorded()), "--csv", str(tmp_path / "a.csv"), "--parquet", str(tmp_path / "a.pq")]) == 0
    capsys.readouterr()
    assert (tmp_path / "steps.csv").read_text() == (tmp_path / "a.csv").read_text()
    read, again = pq.read_table(tmp_path / "steps.parquet"), pq.read_table(tmp_path / "a.pq")
    assert read.equals(again)
    analysis = stance.analyze(recorded())
    frame = analysis.to_pandas()
    assert read.column_names == list(frame)
    assert read["flags"].to_pylist() == frame["flags"].tolist()
    for column in ("contact_time_ms", "valr_BW_s", "touchdown_s", "u_contact_time_ms"):
        np.testing.assert_array_equal(read[column].to_numpy(), frame[column])
    assert run(["analyze", str(recorded()), "--csv", str(tmp_path / "a.csv")]) == 2


def test_raw_is_what_the_device_sent(tmp_path):
    export_session(recorded(), tmp_path / "raw.parquet", Choice("parquet", what="raw", start_s=1.0, end_s=2.0))
    export_session(recorded(), tmp_path / "raw.csv", Choice("csv", what="raw", start_s=1.0, end_s=2.0))
    read = pq.read_table(tmp_path / "raw.parquet")
    with stance.open(recorded()) as session:
        counts = session.counts(1000, 2000)
    names = [f"counts_{n}" for n in range(counts.shape[1])]
    assert np.array_equal(np.column_stack([read[name] for name in names]), counts)
    table = np.genfromtxt(tmp_path / "raw.csv", delimiter=",", names=True)
    assert np.array_equal(np.column_stack([table[name] for name in names]), counts)
    assert table["time_s"][0] == 1.0
    export_session(imported(), tmp_path / "force.parquet", Choice("parquet", what="raw"))
    assert np.array_equal(pq.read_table(tmp_path / "force.parquet")["Fz_N"], fukuchi_trial("RBDS002_T25").wrench[FZ])


@pytest.mark.parametrize("ending", ["c3d", "mot"])
@pytest.mark.parametrize(("rig", "belts"), [("deck_4z", 1), ("split_belt", 2)])
def test_what_the_rig_cannot_see_is_no_zero(tmp_path, capsys, rig, belts, ending):
    path = recorded(f"virtual://{rig}?seed=1&speed=max", rig)
    out = tmp_path / f"s.{ending}"
    assert run(["export", str(path), "-o", str(out)]) == 2
    assert "does not see Fx, Fy, Mz" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert run(["export", str(path), "-o", str(out), "--allow-unobserved", "--json"]) == 0
    printed = capsys.readouterr()
    assert "NOT MEASURED: Fx, Fy, Mz" in printed.err
    assert json.loads(printed.out)["not_measured"] == ["Fx", "Fy", "Mz"]
    if ending == "c3d":
        found = platforms(out)
        _, wrench, _ = truth(path)
        assert len(found) == belts
        for platform, force in zip(found, wrench, strict=True):
            n = platform["force"].shape[1]
            assert np.abs(platform["force"] - force[:3, :n]).max() < 0.01
        assert ezc3d.c3d(str(out))["parameters"]["EVENT"]["LABELS"]["value"][0] == "NOT MEASURED Fx Fy Mz"
    else:
        assert "NOT MEASURED" in out.read_text().split("endheader")[0]


def test_two_belts_lie_where_the_rig_file_says(tmp_path):
    path = recorded("virtual://split_belt?seed=1&speed=max", "split_belt")
    out = tmp_path / "s.c3d"
    export_session(path, out, Choice("c3d", allow_unobserved=True, split=True))
    centres = [platform["corners"].mean(axis=1).tolist() for platform in platforms(out)]
    assert centres == [[0.0, 250.0, 0.0], [0.0, -250.0, 0.0]]
    columns = pq.read_table(_parquet(path, tmp_path)).column_names
    assert {"Fz_N_L", "Fz_N_R", "copx_m_L"} <= set(columns)
    assert not [name for name in columns if name.startswith(("Fx", "Fy", "Mz", "Tz"))]


def _parquet(path, folder):
    export_session(path, folder / "s.parquet", Choice("parquet"))
    return folder / "s.parquet"


@pytest.mark.parametrize("ending", ["c3d", "mot"])
def test_gaps_are_not_closed(tmp_path, capsys, ending):
    path, out = imported(missing=True), tmp_path / f"s.{ending}"
    assert run(["export", str(path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "1 gaps" in said
    assert "--part 2 is the longest" in said
    assert "--split" in said
    assert list(tmp_path.iterdir()) == []
    assert run(["export", str(path), "-o", str(out), "--split", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(file["file"]).name for file in files] == [f"s_1.{ending}", f"s_2.{ending}"]
    assert files[0]["end_s"] < 4.0 < 4.5 < files[1]["start_s"]
    if ending == "mot":
        return
    assert run(["export", str(path), "-o", str(out), "--part", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["start_s"] == files[1]["start_s"]
    assert run(["export", str(path), "-o", str(tmp_path / f"x.{ending}"), "--until", "3.9"]) == 0
    assert run(["export", str(path), "-o", str(tmp_path / f"y.{ending}"), "--part", "3"]) == 2


def test_tables_jump_over_gaps(tmp_path):
    export_session(imported(missing=True), tmp_path / "s.csv", Choice("csv"))
    table = np.genfromtxt(tmp_path / "s.csv", delimiter=",", names=True)
    jump = np.diff(table["time_s"])
    assert np.sum(jump > 0.01) == 1
    assert np.array_equal(np.diff(table["segment"]) == 1, jump > 0.01)
    time_s, wrench, _ = truth(imported(missing=True))
    np.testing.assert_allclose(table["Fz_N"], wrench[0, FZ], atol=6e-5)
    np.testing.assert_allclose(table["time_s"], time_s, atol=1e-9)


def test_one_bout(tmp_path, capsys):
    for ending in ("parquet", "c3d"):
        assert run(["export", str(imported()), "-o", str(tmp_path / f"b.{ending}"), "--bout", "Pose"]) == 0
    time_s = pq.read_table(tmp_path / "b.parquet")["time_s"].to_numpy()
    assert (time_s.min(), time_s.max()) == (4.0, pytest.approx(6.0 - 1 / 300.0))
    export_session(imported(), tmp_path / "steps.parquet", Choice("parquet", what="steps", bout="Pose"))
    touchdown = pq.read_table(tmp_path / "steps.parquet")["touchdown_s"].to_numpy()
    assert touchdown.size
    assert touchdown.min() >= 4.0
    assert touchdown.max() < 6.0
    assert run(["export", str(imported()), "-o", str(tmp_path / "x.c3d"), "--bout", "hard"]) == 2
    assert "bouts: 'easy', 'Pose'" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["c3d", "mot", "csv", "parquet"])
def test_only_what_was_asked_for_leaves(tmp_path, ending):
    """No name, note, date, path or port anywhere in the bytes, unless it was asked for."""
    path, out = imported(), tmp_path / f"plain.{ending}"
    export_session(path, out, Choice(ending))
    data = out.read_bytes()
    secrets = [*SECRETS.values(), path.parent.name, "imported.h5", "clap", "Pose"]
    assert not [secret for secret in secrets if secret.encode() in data]
    told = tmp_path / f"told.{ending}"
    export_session(path, told, Choice(ending, with_subject=True, with_notes=True, with_dates=True))
    there = {name for name, secret in SECRETS.items() if secret.encode() in told.read_bytes()}
    wanted = {"c3d": {"subject", "note", "date"}, "mot": {"subject", "date"}, "csv": set(),
              "parquet": {"subject", "date"}}  # fmt: skip
    assert there == wanted[ending]


def test_feet_of_a_single_belt(tmp_path):
    made = export_session(imported(), tmp_path / "s.mot", Choice("mot", start_s=1.0, end_s=9.0))
    assert "ground_force_l_vy" in made["files"][0]["columns"]
    assert made["notes"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "there.csv"], "one of that name"),
        (["-o", "no/dir.csv"], "a directory to write in"),
        (["-o", "s.xyz"], "Say --to FORMAT"),
        (["-o", "s.c3d", "--steps"], "--what steps"),
        (["-o", "s.csv", "--from", "5", "--until", "4"], "beginning before the end"),
        (["-o", "s.csv", "--from", "nan"], "beginning before the end"),
        (["-o", "s.csv", "--from", "1000"], "none whose zero is known"),
        (["-o", "s.csv", "--what", "raw", "--from", "1000"], "samples between"),
        (["-o", "s.csv", "--protocol", "P1"], "P1"),
    ],
)
def test_mistakes_are_told_and_nothing_is_left(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("there.csv").write_text("mine")
    assert run(["export", str(imported()), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert Path("there.csv").read_text() == "mine"


@pytest.mark.parametrize("ending", ["c3d", "mot", "csv"])
def test_a_file_that_left_can_come_back(tmp_path, ending):
    """Through `stance import`: the same force in the same frame."""
    out, back = tmp_path / f"s.{ending}", tmp_path / "back.h5"
    export_session(imported(), out, Choice(ending, filtered=False, start_s=1.0, end_s=9.0))
    assert run(["import", str(out), "--mass", "70", "--yes", "-o", str(back)]) == 0
    export_session(back, tmp_path / "raw.parquet", Choice("parquet", what="raw"))
    read = pq.read_table(tmp_path / "raw.parquet")
    time_s, wrench, _ = truth(imported(), filtered=False)
    wrench = wrench[0][:, (time_s >= 1.0) & (time_s < 9.0)][:, : read.num_rows]
    assert read.num_rows > 2_390
    loaded = wrench[FZ] > 50.0
    feet = ("_L", "_R") if ending == "mot" else ("",)
    known = COMPONENTS[:3] if ending == "mot" else COMPONENTS  # a MOT file does not tell where the belt's centre is
    for name, part in zip(known, wrench, strict=False):
        unit = "N" if name[0] == "F" else "Nm"
        values = np.sum([read[f"{name}_{unit}{foot}"].to_numpy() for foot in feet], axis=0)
        np.testing.assert_allclose(values[loaded], part[loaded], atol=0.01)


def test_without_pyarrow_it_is_told_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run(["export", str(imported()), "-o", str(tmp_path / "s.parquet")]) == 2
    assert "pip install 'stance[export]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("daq.formats.csv_out.write_text_rows", full)
    assert run(["export", str(imported()), "-o", str(tmp_path / "s.csv")]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
