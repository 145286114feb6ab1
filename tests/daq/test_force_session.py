"""Sessions of an imported force: newtons in place of counts, everything else as in a recording."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from realdata import fukuchi_trial

import stance
from analysis.setup import Runner
from analysis.steps import StepTable
from analysis.wrench import COMPONENTS
from daq.errors import RigError, SessionError
from daq.excerpt import Excerpts
from daq.force_session import ForceEvent, ForceRecording, write_force_session
from daq.force_stream import ForceStream
from daq.results import build_results as build
from daq.session import open_session
from daq.stored import stored_results, stored_table

TRIAL = fukuchi_trial("RBDS004_T35")
RUNNER = Runner(name="R-1", mass_kg=TRIAL.mass_kg, belt_speed_m_s=TRIAL.speed_m_s)
SEEN = frozenset(COMPONENTS)


def recording(**changes) -> ForceRecording:
    plain = ForceRecording(TRIAL.sample_rate_Hz, {"": TRIAL.wrench}, {"": SEEN}, source={"file": "trial.csv"})
    return replace(plain, **changes)


def test_an_imported_force_is_a_session_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    results = write_force_session(path, recording(), RUNNER)
    assert [p.name for p in tmp_path.iterdir()] == ["s.h5"]
    with open_session(path) as session:
        assert session.force is not None
        assert (session.rows, session.channels, session.ended) == (TRIAL.wrench.shape[1], 6, True)
        assert session.header.extra["source"] == {"file": "trial.csv"}
        np.testing.assert_array_equal(session.counts().T, TRIAL.wrench)
        again = stance.analyze(session)
        stored = stored_table(session)
        assert stored is not None
        assert again.steps.equals(stored)
        assert stored_results(session) == again.results == {**results, "session": str(path)}
        cut = Excerpts(session).cut(300, 1500, stored, results["bw_N"])
        assert np.isfinite(cut.wrench).all()
    valid = sum(step["valid"] for step in results["steps"])
    assert valid >= 20
    assert results["weight_closure"] == pytest.approx(1.0, abs=0.07)
    assert results["summary"]["braking_peak_BW"]["mean"] > 0.1
    assert results["summary"]["contact_time_ms"]["u"] > 0
    assert results["uncertainty"]["calibration"] == "imported"


def test_the_file_says_that_it_holds_a_force(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    write_force_session(path, recording(), RUNNER)
    with h5py.File(path) as file:
        assert "raw" not in file
        assert sorted(file["force"]) == ["belt", "tick", "values"]
        assert file.attrs["format_version"] == 2


def test_what_is_missing_becomes_a_gap_and_is_never_filled(tmp_path: Path) -> None:
    missing = np.zeros(TRIAL.wrench.shape[1], np.bool_)
    missing[1000:1030] = missing[:5] = missing[-7:] = True
    wrench = np.where(missing, np.nan, TRIAL.wrench)
    results = write_force_session(tmp_path / "s.h5", recording(belts={"": wrench}, missing=missing), RUNNER)
    assert [(gap["row"], gap["lost"]) for gap in results["gaps"]] == [(995, 30), (missing.size - 42, 7)]
    touching = [step for step in results["steps"] if "gap" in " ".join(step["flags"])]
    assert touching
    assert not any(step["valid"] for step in touching)
    times = [step["touchdown_s"] for step in results["steps"]]
    assert max(times) == pytest.approx((missing.size - 5) / TRIAL.sample_rate_Hz, abs=0.8)


def test_nan_that_is_not_marked_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    wrench = TRIAL.wrench.copy()
    wrench[2, 77] = np.nan
    with pytest.raises(SessionError, match="finite forces"):
        write_force_session(tmp_path / "s.h5", recording(belts={"": wrench}), RUNNER)
    assert not list(tmp_path.iterdir())


def test_events_lie_before_the_sample_of_their_time(tmp_path: Path) -> None:
    events = [ForceEvent(2.0, "marker", "late"), ForceEvent(1.0, "bout", "warm-up", {"by": "hand"})]
    write_force_session(tmp_path / "s.h5", recording(events=events), RUNNER)
    with open_session(tmp_path / "s.h5") as session:
        found = [(event.kind, event.row, event.text, dict(event.data)) for event in session.events]
    assert found == [("bout", 300, "warm-up", {"by": "hand"}), ("marker", 600, "late", {})]


def test_the_way_of_the_belt_is_kept(tmp_path: Path) -> None:
    travel = 5.0 + TRIAL.speed_m_s * np.arange(TRIAL.wrench.shape[1]) / TRIAL.sample_rate_Hz
    results = write_force_session(tmp_path / "s.h5", recording(travel_m=travel), replace(RUNNER, belt_speed_m_s=None))
    assert results["summary"]["belt_speed_m_s"]["mean"] == pytest.approx(TRIAL.speed_m_s, rel=1e-3)


def test_what_was_not_measured_is_absent(tmp_path: Path) -> None:
    results = write_force_session(tmp_path / "s.h5", recording(observable={"": frozenset({"Fz"})}), RUNNER)
    assert "braking_peak_BW" not in results["summary"]
    assert "cop_travel_mm" not in results["summary"]
    with open_session(tmp_path / "s.h5") as session:
        assert session.channels == 1


def test_two_belts(tmp_path: Path) -> None:
    belts = {"L": TRIAL.wrench, "R": np.zeros_like(TRIAL.wrench)}
    results = write_force_session(tmp_path / "s.h5", recording(belts=belts, observable={"L": SEEN, "R": SEEN}), RUNNER)
    assert {step["belt"] for step in results["steps"]} == {"L"}
    (zero,) = (light for light in results["quality"] if light["name"] == "zero")
    assert (zero["state"], "right belt" in zero["text"]) == ("info", True)


def test_an_existing_session_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "s.h5").write_text("mine")
    with pytest.raises(SessionError, match="one that exists"):
        write_force_session(tmp_path / "s.h5", recording(), RUNNER)
    assert (tmp_path / "s.h5").read_text() == "mine"


def test_a_calibration_cannot_apply_to_it(tmp_path: Path) -> None:
    write_force_session(tmp_path / "s.h5", recording(), RUNNER)
    with pytest.raises(RigError, match="imported force"):
        stance.analyze(tmp_path / "s.h5", calibration="some.toml")


@pytest.mark.parametrize("damage", ["channels", "component", "shape"])
def test_a_layout_that_lies_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.h5"
    write_force_session(path, recording(), RUNNER)
    with h5py.File(path, "r+") as file:
        extra = file.attrs["extra"].decode() if isinstance(file.attrs["extra"], bytes) else file.attrs["extra"]
        if damage == "shape":
            values = file["force/values"][:, :5]
            del file["force/values"]
            file["force/values"] = values
        else:
            old, new = ('["", "My"], ', "") if damage == "channels" else ('"My"', '"Pz"')
            assert old in extra
            file.attrs["extra"] = np.bytes_(extra.replace(old, new))
    with pytest.raises(SessionError):
        open_session(path)


def test_the_stream_is_the_force_that_the_steps_were_made_of(tmp_path: Path) -> None:
    """Its impulse over each contact is the table's; in flight it is zero, though the plates were off by newtons."""
    wrench = TRIAL.wrench + np.array([3.0, -2.0, 25.0, 0.0, 0.0, 0.0])[:, None]
    path = tmp_path / "s.h5"
    write_force_session(path, recording(belts={"": wrench}), RUNNER)
    with open_session(path) as session:
        stream = ForceStream(session)
        parts = list(stream.stretches())
        table, results = stream.table, stream.results()
    time = np.concatenate([part.time_s for part in parts])
    force = np.concatenate([part.wrench for part in parts], axis=2)[0]
    assert {part.segment for part in parts} == {0}
    np.testing.assert_allclose(np.diff(time), 1 / TRIAL.sample_rate_Hz, rtol=1e-9)
    flight = (time > table["toe_off_s"][0]) & (time < table["touchdown_s"][-1])  # it begins and ends on a foot
    for touchdown, toe_off in zip(table["touchdown_s"], table["toe_off_s"], strict=True):
        flight &= (time < touchdown - 0.02) | (time > toe_off + 0.02)
    assert np.abs(force[:3, flight].mean(axis=1)).max() < 0.6
    row = int(np.flatnonzero(table["valid"])[5])
    fine = np.linspace(table["touchdown_s"][row], table["toe_off_s"][row], 4001)
    impulse = np.trapezoid(np.interp(fine, time, force[2]), fine) / results["bw_N"]
    assert impulse == pytest.approx(table["vertical_impulse_BW_s"][row], rel=2e-3)


def test_the_unfiltered_stream_differs_by_the_zero_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    missing = np.zeros(TRIAL.wrench.shape[1], np.bool_)
    missing[1500:1510] = True
    write_force_session(path, recording(missing=missing), RUNNER)
    with open_session(path) as session:
        filtered, plain = (list(ForceStream(session, filtered=how).stretches()) for how in (True, False))
    assert [part.segment for part in plain] == [part.segment for part in filtered]
    assert {part.segment for part in plain} == {0, 1}
    for part in plain:
        off = TRIAL.wrench[:, part.tick] - part.wrench[0]
        assert np.abs(off).max() < 40
        assert np.abs(np.diff(off, axis=1)).max() < 0.5  # the zero runs straight from flight to flight


def test_steps_are_columns_of_the_table(tmp_path: Path) -> None:
    write_force_session(tmp_path / "s.h5", recording(), RUNNER)
    with open_session(tmp_path / "s.h5") as session:
        assert StepTable(session.steps()).rows == len(stance.analyze(session).results["steps"])


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.h5"
    monkeypatch.setattr("daq.force_session.build_results", lambda *a, **k: path.write_text("mine") and build(*a, **k))
    with pytest.raises(SessionError, match="appeared under this name"):
        write_force_session(path, recording(), RUNNER)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("s.h5", "mine")]


def test_a_belt_that_nobody_ran_on_holds_up_nobody(tmp_path: Path) -> None:
    """Its force is not known, the other's is."""
    belts = {"L": np.full_like(TRIAL.wrench, 3.0), "R": TRIAL.wrench}
    write_force_session(tmp_path / "s.h5", recording(belts=belts, observable={"L": SEEN, "R": SEEN}), RUNNER)
    force = stance.force(tmp_path / "s.h5")
    assert force["Fz_N_R"].notna().all()
    assert force["Fz_N_L"].isna().all()
