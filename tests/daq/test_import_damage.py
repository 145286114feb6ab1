"""What is no measurement becomes a gap, and never a step: dropouts, stuck signals, numbers that stand for nothing."""

import numpy as np
import pytest
from realdata import fukuchi, fukuchi_trial

from analysis.setup import Runner
from daq.force_session import write_force_session
from daq.imports.read import ImportOptions
from daq.imports.understand import understand

RATE_Hz = 300.0
HEADER = "time_s,Fx_N,Fy_N,Fz_N"


@pytest.fixture(scope="module")
def trial():
    return fukuchi_trial("RBDS016_T35")


def understood(path, trial, force, fmt="%.6f"):
    table = np.column_stack([np.arange(force.shape[1]) / RATE_Hz, force.T])
    np.savetxt(path, table, fmt, ",", header=HEADER, comments="")
    return understand([path], ImportOptions(), Runner(mass_kg=trial.mass_kg, belt_speed_m_s=trial.speed_m_s))


def stance_of(trial, number):
    """First sample of a contact, and the one after its last."""
    on = np.concatenate([[False], trial.wrench[2] > 50, [False]])
    edges = np.flatnonzero(np.diff(on.astype(int)))
    pairs = edges.reshape(-1, 2)
    return pairs[number] if on[1] == on[0] else pairs[number + 1]


def notes(found):
    return {doubt.name: doubt for doubt in found.doubts}


def missing(found):
    none = np.zeros(found.recording.n, bool)
    return none if found.recording.missing is None else found.recording.missing


def valid_contact_ms(path, found, trial):
    results = write_force_session(path, found.recording, Runner(mass_kg=trial.mass_kg, belt_speed_m_s=3.5))
    return np.array([step["contact_time_ms"] for step in results["steps"] if step["valid"]]), results


@pytest.mark.parametrize("length_s", [0.05, 0.5])
def test_zeros_in_the_middle_of_a_stance_are_a_gap(tmp_path, trial, length_s):
    whole, _ = valid_contact_ms(tmp_path / "whole.h5", understood(tmp_path / "w.csv", trial, trial.wrench[:3]), trial)
    force = trial.wrench[:3].copy()
    begin, end = stance_of(trial, 8)
    first = (begin + end) // 2
    last = first + round(length_s * RATE_Hz)
    force[:, first:last] = 0.0
    found = understood(tmp_path / "a.csv", trial, force)
    assert np.array_equal(np.flatnonzero(missing(found)), np.arange(first, last))
    assert notes(found)["dropout"].weight == "note"
    contact, results = valid_contact_ms(tmp_path / "s.h5", found, trial)
    assert results["lost_frames"] == last - first
    assert np.abs(contact[:, None] - whole).min(axis=1).max() < 2.0  # no step that was not there before
    assert contact.size < whole.size


def test_zeros_of_a_force_that_was_cut_off_below_a_threshold_are_none(tmp_path, trial):
    """As many programs write it: exactly 0 in every flight. It comes in as it is, dropouts apart."""
    force = np.where(trial.wrench[2] < 50, 0.0, trial.wrench[:3])
    found = understood(tmp_path / "a.csv", trial, force)
    assert found.recording.missing is None
    assert set(notes(found)) == {"threshold"}
    begin, end = stance_of(trial, 8)
    first = (begin + end) // 2
    force[:, first : first + 30] = 0.0
    found = understood(tmp_path / "b.csv", trial, force)
    gone = np.flatnonzero(missing(found))
    assert gone[0] == first
    assert gone.size >= 30


@pytest.mark.parametrize("threshold_N", [10, 20, 100, 200])
@pytest.mark.parametrize("fast", [300.0, 100.0])
def test_no_threshold_of_a_real_runner_is_taken_for_a_dropout(tmp_path, threshold_N, fast):
    for each in fukuchi()[::6]:
        force = np.where(each.wrench[2] < threshold_N, 0.0, each.wrench[:3])[:, :: round(300 / fast)]
        table = np.column_stack([np.arange(force.shape[1]) / fast, force.T])
        np.savetxt(tmp_path / "a.csv", table, "%.6f", ",", header=HEADER, comments="")
        found = understand([tmp_path / "a.csv"], ImportOptions(), Runner(mass_kg=each.mass_kg))
        assert found.recording.missing is None
        assert not {"cut", "dropout", "impossible"} & set(notes(found))


@pytest.mark.parametrize("fmt", ["%.6f", "%.1f", "%.0f"])
def test_rounding_alone_makes_no_gap(tmp_path, trial, fmt):
    found = understood(tmp_path / "a.csv", trial, trial.wrench[:3], ["%.6f", fmt, fmt, fmt])
    assert found.recording.missing is None


def test_a_signal_that_sticks_under_load_is_a_gap(tmp_path, trial):
    force = trial.wrench[:3].copy()
    begin, end = stance_of(trial, 8)
    first = begin + (end - begin) // 3
    force[:, first : first + 20] = force[:, first, None]
    found = understood(tmp_path / "a.csv", trial, force)
    assert np.array_equal(np.flatnonzero(missing(found)), np.arange(first, first + 20))


@pytest.mark.parametrize("number", [-9999.0, 9999.0, -99999.0, 1e10, 45_000.0])
def test_numbers_that_stand_for_nothing_are_a_gap(tmp_path, trial, number):
    force = trial.wrench[:3].copy()
    begin, _ = stance_of(trial, 8)
    force[2, begin + 20 : begin + 26] = number
    found = understood(tmp_path / "a.csv", trial, force)
    assert np.array_equal(np.flatnonzero(missing(found)), np.arange(begin + 20, begin + 26))
    assert "6 samples in 1 places" in notes(found)["impossible"].text
    assert np.abs(found.recording.belts[""]).max() < 5_000
    assert [doubt.name for doubt in found.doubts if doubt.weight != "note"] == []


def test_a_wrong_unit_is_told_as_such_and_not_as_damage(tmp_path, trial):
    found = understood(tmp_path / "a.csv", trial, 1000.0 * trial.wrench[:3])
    assert "impossible" not in notes(found)
    assert notes(found)["weight"].weight == "stop"


def test_a_force_cut_in_every_contact_is_asked_about(tmp_path, trial):
    force = trial.wrench[:3].copy()
    for number in range(8):
        begin, end = stance_of(trial, number)
        force[:, (begin + end) // 2 : end + 5] = 0.0
    found = understood(tmp_path / "a.csv", trial, force)
    assert notes(found)["cut"].weight == "ask"
    assert not missing(found).any()
