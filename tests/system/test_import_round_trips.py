"""What `stance export` writes comes back through `stance import`, and real runners come in whole."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from c3dfiles import PlateSpec, signals_of, write_c3d
from realdata import fukuchi, fukuchi_trial

import stance
from analysis.setup import Runner
from analysis.wrench import centre_of_pressure, free_moment
from daq.force_session import ForceEvent, ForceRecording, write_force_session
from daq.force_stream import ForceStream
from daq.imports.understand import ImportOptions, understand
from daq.session import open_session
from stance.cli import run
from stance.importing import write_import

LAB = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
CROSS_TALK = 0.02 * np.random.default_rng(3).normal(size=(6, 6))
MATRIX = np.diag([250.0, 260.0, 990.0, 1.1e5, 9e4, 6e4]) @ (np.eye(6) + CROSS_TALK)
ALL = frozenset({"Fx", "Fy", "Fz", "Mx", "My", "Mz"})


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A session, and the force that its export should hold."""
    trial = fukuchi_trial("RBDS016_T35")
    path = tmp_path_factory.mktemp("round") / "s.h5"
    events = [ForceEvent(2.0, "marker", "look here")]
    runner = Runner(mass_kg=trial.mass_kg, belt_speed_m_s=trial.speed_m_s)
    write_force_session(path, ForceRecording(300.0, {"": trial.wrench}, {"": ALL}, events=events), runner)
    stretches = list(ForceStream(open_session(path)).stretches())
    wrench = np.concatenate([part.wrench[0] for part in stretches], axis=1)
    return path, np.concatenate([part.time_s for part in stretches]), wrench, runner


@pytest.mark.parametrize("form", ["c3d", "mot"])
def test_zeros_that_nobody_measured_are_no_measurement(tmp_path, capfd, form):
    """Vertical cells alone, written with zeros for the rest because the format wants six: braking stays unknown."""
    trial = fukuchi_trial("RBDS016_T35")
    seen = frozenset({"Fz", "Mx", "My"})
    recording = ForceRecording(300.0, {"": trial.wrench}, {"": seen})
    session, out, back = (tmp_path / name for name in ("s.h5", f"a.{form}", "b.h5"))
    write_force_session(session, recording, Runner(mass_kg=trial.mass_kg, belt_speed_m_s=trial.speed_m_s))
    assert run(["export", str(session), "--allow-unobserved", "-o", str(out)]) == 0
    capfd.readouterr()
    mass = ["--mass", str(trial.mass_kg), "--belt-speed", str(trial.speed_m_s)]
    assert run(["import", str(out), *mass, "--yes", "--json", "-o", str(back)]) == 0
    told = capfd.readouterr().err
    assert "exactly 0 throughout, so taken as not measured" in told
    with open_session(back) as opened:
        assert {part for _, part in opened.force.channels} == seen
    table = stance.analyze(back).results["summary"]
    assert not {name for name in table if "brak" in name} - {name for name in table if name.startswith("modelled_")}
    assert "cop_travel_mm" in table


@pytest.mark.parametrize("form", ["c3d", "mot", "csv"])
def test_what_is_exported_is_imported_alike(tmp_path, capfd, kept, form):
    if form == "c3d":
        pytest.importorskip("ezc3d")
    session, time_s, wrench, runner = kept
    out = tmp_path / f"a.{form}"
    assert run(["export", str(session), "--to", form, "-o", str(out)]) == 0
    found = understand([out], ImportOptions(), runner)
    assert [doubt for doubt in found.doubts if doubt.weight != "note"] == []
    record = found.recording
    sums = sum(record.belts.values())
    assert record.n == time_s.size
    assert record.sample_rate_Hz == 300.0
    loaded = wrench[2] > 50
    assert np.abs(sums[:3] - wrench[:3])[:, loaded].max() < 0.01
    for theirs, ours in zip(centre_of_pressure(sums), centre_of_pressure(wrench), strict=True):
        moved = (theirs - ours)[np.isfinite(ours)]
        assert np.ptp(moved) < 2e-4  # OpenSim's format does not tell where the belt's centre is, all else does
        assert form == "mot" or np.abs(moved).max() < 1e-4
    if form != "mot":
        pressed = wrench[2] > 200
        assert np.abs(free_moment(sums) - free_moment(wrench))[pressed].max() < 0.05
    if form == "c3d":
        texts = [event.text for event in record.events]
        assert {"Left Foot Strike", "Right Foot Off"} <= set(texts)


def as_original(path, wrench, rate_Hz=300.0):
    """A C3D as an instrumented treadmill's maker writes it: type 4, y up, force on the platform."""
    corners = np.array([[900.0, -300, 0], [-900, -300, 0], [-900, 300, 0], [900, 300, 0]]) @ LAB.T + [400, 0, 250]
    spec = PlateSpec(4, corners, (-3.0, 5.0, -60.0), MATRIX, action=True)
    return write_c3d(path, [spec], [signals_of(spec, LAB @ wrench[:3], LAB @ wrench[3:])], rate_Hz)


def check_original(path, runner):
    """No doubt, known or unknown runner; right weight, right axes, braking first."""
    for known in (runner, Runner()):
        found = understand([path], ImportOptions(), known)
        assert [doubt for doubt in found.doubts if doubt.weight != "note"] == []
    source = understand([path], ImportOptions(), runner).recording.source
    assert (source["up"], source["forward"], source["left"], source["sign"]) == ("+y", "+x", "-z", -1.0)
    assert source["evidence"]["braking"] < -0.05
    weight = next(fact for fact in understand([path], ImportOptions(), runner).facts if fact.name == "body weight")
    assert 0.93 <= float(weight.value.split()[0]) <= 1.01


@pytest.mark.parametrize("trial", fukuchi()[::4], ids=lambda trial: trial.name)
def test_real_runners_as_originals(tmp_path, trial):
    path = as_original(tmp_path / "a.c3d", trial.wrench)
    check_original(path, Runner(mass_kg=trial.mass_kg, belt_speed_m_s=trial.speed_m_s))


@pytest.mark.validate
def test_every_whole_real_trial(tmp_path):
    if "STANCE_DATA" not in os.environ:
        pytest.skip("STANCE_DATA does not name the full data")
    for file in sorted((Path(os.environ["STANCE_DATA"]) / "fukuchi2017").glob("*.npz")):
        data = dict(np.load(file))
        force, place = data["F"][[0, 2, 1]] * [[1], [-1], [1]], np.nan_to_num(data["cop"][[0, 2, 1]]) / 1000
        place = (place - place[:, force[2] > 200].mean(axis=1, keepdims=True)) * [[1], [-1], [0]] * (force[2] > 20)
        wrench = np.concatenate([force, np.cross(place.T, force.T).T])
        check_original(as_original(tmp_path / f"{file.stem}.c3d", wrench), Runner(mass_kg=float(data["mass"])))


@pytest.mark.validate
def test_two_raw_belts_of_a_laboratory(tmp_path, capfd):
    if "STANCE_DATA" not in os.environ:
        pytest.skip("STANCE_DATA does not name the full data")
    files = sorted((Path(os.environ["STANCE_DATA"]) / "davis_bertec").glob("*.tsv"))
    found = understand(files, ImportOptions(), Runner())
    assert [doubt for doubt in found.doubts if doubt.weight != "note"] == []
    source = found.recording.source
    assert (source["up"], source["forward"], source["sign"]) == ("+z", "+y", -1.0)
    assert source["belts"] == {"L": [files[0].name], "R": [files[1].name]}
    assert found.recording.sample_rate_Hz == 2400.0
    assert -3.5 < source["evidence"]["cop_speed_m_s"] < -2.5
    assert source["evidence"]["braking"] < -0.1
    results = write_import(tmp_path / "s.h5", found, Runner())
    sides = [step["side"] for step in results["steps"]]
    assert len(sides) == 29
    assert all(a != b for a, b in itertools.pairwise(sides)), "both feet ran on the right belt"
