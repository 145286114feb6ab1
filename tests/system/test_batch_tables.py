"""The two tables of a batch: what they hold, and what not."""

import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batcharchives import SECONDS, batch, copy_session, shelf, tables
from system.chain import record

import stance
from analysis.protocol import DEFAULT_PROTOCOL
from analysis.setup import Runner
from analysis.steps import ALL_COLUMNS
from daq.force_session import ForceEvent, ForceRecording, write_force_session
from daq.session import open_session
from stance.batch_job import Settings
from stance.batch_schema import LIGHTS, session_fields, step_fields

OTHER = "Z50-20"


@pytest.fixture
def archive(tmp_path):
    """Three sessions in a folder of folders, for a test to change."""
    return Path(shutil.copytree(shelf(), tmp_path / "archive"))


def test_steps_are_those_of_each_session(archive, tmp_path):
    report, _ = batch(archive, tmp_path / "out")
    steps, sessions = tables(tmp_path / "out")
    names = ["2024/a.h5", "2024/deep/c.H5", "b.h5"]
    assert sessions["path"].to_pylist() == names
    assert report.merged.steps == steps.num_rows > 40
    ids = dict(zip(names, sessions["session_id"].to_pylist(), strict=True))
    assert len(set(ids.values())) == 3
    for name in names:
        mine = steps.filter(pa.compute.equal(steps["path"].cast(pa.string()), name))
        assert set(mine["session_id"].to_pylist()) == {ids[name]}
        rows = stance.analyze(archive / name).results["steps"]
        found = mine.select([column.name for column in ALL_COLUMNS]).to_pylist()
        for one, row in zip(found, rows, strict=True):
            agreement = row["impact_agreement"] if row["impact_class"] is not None else None
            assert one == {**row, "impact_agreement": agreement}


def test_a_line_of_sessions_is_what_analyze_says(archive, tmp_path):
    batch(archive, tmp_path / "out")
    line = tables(tmp_path / "out")[1].to_pylist()[0]
    results = stance.analyze(archive / "2024/a.h5").results
    for name in ("rig", "protocol", "frames", "lost_frames", "duration_s", "bw_N", "bw_source", "weight_closure"):
        assert line[name] == results[name]
    assert line["weight_closure"] == pytest.approx(1.0, abs=0.02)
    assert (line["state"], line["error"], line["source"]) == ("done", None, "raw")
    assert line["steps"] == len(results["steps"])
    for metric, told in results["summary"].items():
        assert (line[metric], line[f"u_{metric}"], line[f"n_{metric}"]) == (told["mean"], told["u"], told["n"])
    assert line["u_contact_time_ms"] > 0.0
    lights = {light["name"]: light["state"] for light in results["quality"]}
    assert {name: line[f"light_{name}"] for name in lights} == lights
    assert line["other_lights"] == []


def test_columns_are_the_same_whatever_the_sessions_and_carry_units(archive, tmp_path):
    batch(archive, tmp_path / "out")
    weighed = tmp_path / "weighed"
    weighed.mkdir()
    record("virtual://virtual?rate=80&speed=max&seed=2", weighed / "w.h5", seconds=6)  # a device that only weighs
    batch(weighed, tmp_path / "other")
    for one, other in zip(tables(tmp_path / "out"), tables(tmp_path / "other"), strict=True):
        assert one.schema.equals(other.schema)
    steps, sessions = tables(tmp_path / "other")
    assert steps.num_rows == 0
    assert sessions["state"].to_pylist() == ["done"]
    assert steps.schema.names == [field.name for field in step_fields(Settings())]
    assert sessions.schema.names == [field.name for field in session_fields(Settings())]
    assert len(set(sessions.schema.names)) == len(sessions.schema.names)
    assert steps.schema.field("valr_BW_s").metadata[b"unit"] == b"BW/s"
    assert sessions.schema.field("u_vertical_impulse_BW_s").metadata[b"unit"] == "BW·s".encode()
    assert steps.schema.field("side").type == pa.dictionary(pa.int32(), pa.string())
    assert steps.schema.field("flags").type == pa.list_(pa.string())


@pytest.mark.parametrize("rig", ["split_belt", "deck_4z", "frame_6"])
def test_every_quality_light_has_its_column(rig, tmp_path):
    record(f"virtual://{rig}?seed=1&speed=max&drop=1e-3", tmp_path / "s.h5", rig=rig, seconds=SECONDS)
    names = {light["name"] for light in stance.analyze(tmp_path / "s.h5").results["quality"]}
    assert names <= set(LIGHTS)


def test_person_and_date_go_along_only_if_asked_for(archive, tmp_path):
    batch(archive, tmp_path / "out")
    for table in tables(tmp_path / "out"):
        assert not {"subject", "created_utc"} & set(table.schema.names)
    for part in (tmp_path / "out").rglob("*"):
        assert part.is_dir() or b"P07" not in part.read_bytes()
    batch(archive, tmp_path / "more", Settings(subject=True, date=True))
    steps, sessions = tables(tmp_path / "more")
    assert set(steps["subject"].to_pylist()) == set(sessions["subject"].to_pylist()) == {"P07"}
    assert all(sessions["created_utc"].to_pylist())


def test_a_session_in_two_files_counts_once(archive, tmp_path):
    shutil.copyfile(archive / "b.h5", archive / "backup of b.h5")
    report, _ = batch(archive, tmp_path / "out")
    assert report.merged.copies == [("backup of b.h5", "b.h5")] or report.merged.copies == [("b.h5", "backup of b.h5")]
    steps, sessions = tables(tmp_path / "out")
    assert steps.num_rows == report.merged.steps == sum(n or 0 for n in sessions["steps"].to_pylist())
    (line,) = [line for line in sessions.to_pylist() if line["state"] == "copy"]
    assert line["contact_time_ms"] is None


def test_stored_steps_do_where_they_are_the_same(archive, tmp_path):
    batch(archive, tmp_path / "raw")
    batch(archive, tmp_path / "stored", Settings(stored=True))
    steps, sessions = tables(tmp_path / "stored")
    raw_steps, raw_sessions = tables(tmp_path / "raw")
    assert set(sessions["source"].to_pylist()) == {"stored"}
    assert steps.equals(raw_steps)
    assert sessions.drop_columns(["source"]).equals(raw_sessions.drop_columns(["source"]))
    batch(archive, tmp_path / "other", Settings(OTHER, stored=True))
    assert set(tables(tmp_path / "other")[1]["source"].to_pylist()) == {"raw"}


def test_bouts_and_imported_force(tmp_path):
    root = tmp_path / "archive"
    root.mkdir()
    force = np.zeros((6, 20_000))
    time_s = np.arange(20_000) / 1000.0
    stance_phase = np.clip((time_s % 0.35) / 0.25, 0.0, 1.0)
    force[2] = 1900.0 * np.sin(np.pi * stance_phase)
    recording = ForceRecording(
        1000.0, {"": force}, {"": frozenset({"Fx", "Fy", "Fz", "Mx", "My", "Mz"})},
        events=[ForceEvent(5.0, "bout", "easy"), ForceEvent(10.0, "bout", "hard"), ForceEvent(15.0, "bout", "")],
    )  # fmt: skip
    write_force_session(root / "f.h5", recording, Runner(mass_kg=80.0, belt_speed_m_s=3.0))
    report, _ = batch(root, tmp_path / "out")
    assert not report.merged.failed
    steps, sessions = tables(tmp_path / "out")
    bouts = np.array(steps["bout"].to_pylist(), object)
    touchdown_s = steps["touchdown_s"].to_numpy()
    expected = np.select(
        [(touchdown_s >= 5) & (touchdown_s < 10), (touchdown_s >= 10) & (touchdown_s < 15)], ["easy", "hard"], ""
    )
    assert [bout or "" for bout in bouts] == expected.tolist()
    assert {"easy", "hard", None} == set(bouts)
    assert sessions["rig"].to_pylist() == [open_rig(root / "f.h5")]


def open_rig(path):
    with open_session(path) as session:
        return session.header.rig_name or None


def test_a_long_archive_is_merged_in_groups(archive, tmp_path, monkeypatch):
    batch(archive, tmp_path / "whole")
    monkeypatch.setattr("stance.batch_merge.GROUP_ROWS", 50)
    monkeypatch.setattr("stance.batch_merge.GROUP_SESSIONS", 2)
    batch(archive, tmp_path / "groups")
    assert pq.ParquetFile(tmp_path / "groups/steps.parquet").num_row_groups >= 2
    assert pq.ParquetFile(tmp_path / "groups/sessions.parquet").num_row_groups == 2
    for one, other in zip(tables(tmp_path / "whole"), tables(tmp_path / "groups"), strict=True):
        assert one.to_pylist() == other.to_pylist()


def test_names_that_are_no_text_do_not_stop_it(tmp_path):
    root = tmp_path / "archive"
    root.mkdir()
    try:
        shutil.copyfile(shelf() / "b.h5", os.fsencode(root) + b"/caf\xe9.h5")
    except OSError:
        pytest.skip("this file system knows no such names")
    report, _ = batch(root, tmp_path / "out")
    assert report.merged.done == 1


def test_default_protocol_is_the_sessions_own(archive, tmp_path):
    copy_session(shelf() / "b.h5", archive / "z.h5", protocol_name=OTHER)
    batch(archive, tmp_path / "out")
    assert tables(tmp_path / "out")[1]["protocol"].to_pylist() == [DEFAULT_PROTOCOL] * 3 + [OTHER]
