"""`stance analyze --budget`: where the uncertainty of one number comes from, of a recorded session."""

import json
import subprocess
import sys

import pytest

from stance.budget import budget_lines


def stance(*arguments):
    return subprocess.run([sys.executable, "-m", "stance", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path = tmp_path_factory.mktemp("budget") / "s.h5"
    done = stance(
        "record", "--port", "virtual://virtual?speed=max&seed=3", "--seconds", "15", "--mass", "70", "-o", str(path)
    )
    assert done.returncode == 0, done.stderr
    return path


def test_a_budget_lists_its_sources_and_adds_up(session):
    done = stance("analyze", str(session), "--budget", "contact_time_ms")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert {"calibration", "noise", "steps", "together"} <= set(rows)
    parts = [float(rows[name][1]) for name in ("calibration", "noise", "deck", "clock") if name in rows]
    assert sum(u * u for u in parts) ** 0.5 == pytest.approx(float(rows["together"][1]), rel=0.02)
    assert "stance calibrate" in done.stdout
    assert "protocol" in done.stdout
    assert all(float(row[1]) > 1e-6 * float(rows["together"][1]) for name, row in rows.items() if name == "clock")


def test_a_budget_for_programs_and_no_row_for_what_is_nothing(session):
    done = stance("analyze", str(session), "--budget", "vertical_impulse_BW_s", "--json")
    assert done.returncode == 0, done.stderr
    (budget,) = json.loads(done.stdout).values()
    assert {"calibration", "noise"} <= set(budget["budget"])
    assert {"steps"} <= set(budget["mean"])
    results = {"uncertainty": {"budget": {"x": {"noise": 1.0, "clock": 1e-16}}, "mean": {"x": {"noise": 0.1}},
                               "bias": {}, "calibration": "assumed"},
               "summary": {"x": {"mean": 1.0, "n": 3}}, "protocol": "p"}  # fmt: skip
    lines = list(budget_lines(results, "x"))
    assert any(line.startswith("noise") for line in lines)
    assert not any(line.startswith("clock") for line in lines)


def test_an_unknown_metric_gets_the_nearest_and_one_that_the_rig_lacks_its_reason(session):
    done = stance("analyze", str(session), "--budget", "contac_time_ms")
    assert done.returncode == 2
    assert "contact_time_ms" in done.stderr
    assert "stance analyze SESSION --json" in stance("analyze", str(session), "--budget", "qqqqqq").stderr
    done = stance("analyze", str(session), "--budget", "strike_index")
    assert done.returncode == 2
    assert "registered" in done.stderr


def test_results_hold_means_with_uncertainty_and_the_table_each_step_s(session):
    results = json.loads(stance("analyze", str(session), "--json").stdout)
    told = results["uncertainty"]
    assert told["calibration"] in ("assumed", "calibrated")
    assert {"calibration", "noise", "steps"} <= set(told["sources"])
    for name, values in results["summary"].items():
        if name != "flight_noise_N":
            assert values["u"] is None or values["u"] > 0.0, name
    u = results["summary"]["contact_time_ms"]["u"]
    assert u == pytest.approx(sum(value**2 for value in told["mean"]["contact_time_ms"].values()) ** 0.5)
    steps = [step for step in results["steps"] if step["contact_time_ms"] is not None]
    assert all(step["u_contact_time_ms"] > 0.0 for step in steps)
    assert set(results["by_side"]["L"]) == set(results["by_side"]["R"])
    assert results["by_side"]["L"]["contact_time_ms"]["u"] > 0.0
