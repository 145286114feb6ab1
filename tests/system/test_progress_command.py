"""`stance progress` over folders of sessions: which are taken, in what order, and what is printed of them."""

import csv
import json
import shutil

import h5py
import numpy as np
import pytest
from progresssessions import write_bouts

from analysis.steps import StepTable
from daq.session import SessionWriter, open_session
from daq.session_hdf5 import put_text
from stance.cli import run

BOUTS = [("easy", 12.0, 3.0, 1.0), ("fast", 12.0, 3.6, 0.9)]


def command(capfd, *arguments):
    code = run(["progress", *(str(one) for one in arguments)])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


def told(capfd, *arguments):
    code, out, _ = command(capfd, *arguments, "--json")
    assert code == 0
    return json.loads(out)


def write_weeks(folder):
    """Three sessions written in another order than they were run in; the last is quicker and has a drill."""
    folder.mkdir()
    (folder / "deeper").mkdir()
    write_bouts(folder / "a.h5", BOUTS, day=10, seed=2)
    write_bouts(folder / "b.h5", [("easy", 12.0, 3.0, 0.9), ("Drill: skips", 12.0, 3.0, 0.8)], day=17, seed=3)
    write_bouts(folder / "deeper/c.h5", BOUTS, day=3, seed=1)
    return folder


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    return write_weeks(tmp_path_factory.mktemp("progress") / "weeks")


def change(path, **texts):
    """Give a session other words, as another recording would have."""
    with h5py.File(path, "r+") as file:
        for name, text in texts.items():
            del file.attrs[name]
            put_text(file.attrs, name, text)


@pytest.fixture
def copy(weeks, tmp_path):
    return shutil.copytree(weeks, tmp_path / "copy")


def test_sessions_stand_in_order_of_time_and_speeds_apart(weeks, capfd):
    found = told(capfd, weeks)
    assert [one["session"] for one in found["sessions"]] == ["deeper/c.h5", "a.h5", "b.h5"]
    assert found["runner"] == "R-1"
    assert found["protocol"] == "P60-50/20"
    assert found["skipped"] == []
    assert [(one["speed_m_s"], one["sessions"]) for one in found["speeds"]] == [(3.0, 3), (3.6, 2)]
    easy = found["speeds"][0]["metrics"]["cadence_spm"]
    assert [point["session"] for point in easy["points"]] == ["deeper/c.h5", "a.h5", "b.h5"]
    assert [point["session"] for point in easy["drills"]] == ["b.h5"]
    assert easy["points"][2]["state"] in ("outside", "beyond")
    assert easy["points"][0]["state"] == "baseline"
    assert found["sessions"][2]["drills"] == ["Drill: skips"]


def test_numbers_are_those_of_the_step_table(weeks, capfd):
    points = told(capfd, weeks)["speeds"][0]["metrics"]["contact_time_ms"]["points"]
    with open_session(weeks / "a.h5") as session:
        steps = StepTable(session.steps())
    mine = steps["valid"] & (np.abs(steps["belt_speed_m_s"] - 3.0) < 0.03) & (steps["touchdown_s"] < 12.0)
    assert points[1]["mean"] == pytest.approx(float(np.nanmean(steps["contact_time_ms"][mine])), rel=1e-12)
    assert points[1]["low"] < points[1]["mean"] < points[1]["high"]
    assert points[1]["u_instrument"] > 0.0
    assert points[1]["method"] == "strides"


def test_load_is_summed_by_session_and_week(weeks, capfd):
    found = told(capfd, weeks)
    loads = [one["load"] for one in found["sessions"]]
    assert [week["monday"] for week in found["weeks"]] == ["2025-03-03", "2025-03-10", "2025-03-17"]
    assert [week["load"]["contacts"] for week in found["weeks"]] == [load["contacts"] for load in loads]
    ratio = loads[1]["contacts"] / loads[0]["contacts"]
    assert found["weeks"][1]["ratio"]["contacts"] == pytest.approx(ratio)
    # each bout of 12 s runs belt of its speed, but for what lies before the first step and after the last
    assert loads[0]["km"] == pytest.approx((3.0 + 3.6) * 12.0 / 1000, rel=0.08)
    assert loads[0]["km_source"] == "measured"


def test_stored_results_are_used_and_nothing_is_analysed(weeks, capfd, monkeypatch):
    monkeypatch.setattr("stance.progress_data.Replay", None)
    assert len(told(capfd, weeks)["sessions"]) == 3


def test_terminal_page_and_table(weeks, tmp_path, capfd):
    code, out, _ = command(capfd, weeks)
    assert code == 0
    assert "At 3.00 m/s (3 of 3 sessions)" in out
    assert "Load by week" in out
    assert "Drill: skips" in out
    page, table = tmp_path / "p.html", tmp_path / "p.csv"
    code, out, err = command(capfd, weeks, "-o", page, "--csv", table, "--speed", 3.0)
    assert code == 0
    assert out == ""
    assert str(page) in err
    assert "At 3.00 m/s" in page.read_text()
    assert "At 3.60" not in page.read_text()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert {row["kind"] for row in rows} == {"run", "drill", "load"}
    assert {row["speed_m_s"] for row in rows} == {
        "3.0",
        "",
    }
    for again in ("-o", page), ("--csv", table):
        before = again[1].read_bytes()
        code, _, err = command(capfd, weeks, *again)
        assert code == 2
        assert "one that exists" in err
        assert again[1].read_bytes() == before


def test_foreign_files_and_copies_are_named_and_left_out(copy, capfd):
    (copy / "notes.h5").write_text("no session")
    with h5py.File(copy / "other.h5", "w") as file:
        file["x"] = 1
    (copy / "whole.h5").write_bytes((copy / "a.h5").read_bytes())
    (copy / "torn.h5").write_bytes((copy / "a.h5").read_bytes()[:100_000])
    with open_session(copy / "a.h5") as old, SessionWriter(copy / "now.h5", old.header):
        found = told(capfd, copy)
    reasons = {one["file"].rsplit("/", 1)[1]: one["reason"] for one in found["skipped"]}
    assert set(reasons) == {"notes.h5", "other.h5", "torn.h5", "now.h5.journal", "whole.h5"}
    assert "same session as a.h5" in reasons["whole.h5"]
    assert "stance recover" in reasons["now.h5.journal"]
    assert len(found["sessions"]) == 3


def test_several_runners_are_refused_until_one_is_chosen(copy, capfd):
    change(copy / "b.h5", subject="R-2")
    code, _, err = command(capfd, copy)
    assert code == 2
    assert "2 runners: R-1 (2), R-2 (1)" in err
    assert "--runner" in err
    assert [one["session"] for one in told(capfd, copy, "--runner", "R-2")["sessions"]] == ["b.h5"]
    assert command(capfd, copy, "--runner", "R-3")[0] == 2


def test_several_protocols_are_refused_until_all_are_analysed_under_one(copy, capfd):
    (copy / "b.h5").unlink()
    write_bouts(copy / "b.h5", BOUTS[:1], day=17, seed=3, protocol="Z50-20")
    code, _, err = command(capfd, copy)
    assert code == 2
    assert "P60-50/20 (2), Z50-20 (1)" in err
    assert "--protocol" in err
    code, out, err = command(capfd, copy, "--protocol", "Z50-20", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["protocol"] == "Z50-20"
    assert err.count("analysing") == 2
    assert "recorded under" in found["changes"][0]["words"]
    assert command(capfd, copy, "--protocol", "Z99")[0] == 2


def test_another_rig_is_marked(copy, capfd):
    change(copy / "b.h5", rig_name="deck_4z")
    assert told(capfd, copy)["changes"] == [{"session": "b.h5", "words": "rig: imported → deck_4z"}]


def test_without_dates_names_give_the_order_and_there_are_no_weeks(copy, capfd):
    for path in copy.rglob("*.h5"):
        change(path, created_utc="")
    found = told(capfd, copy)
    assert [one["session"] for one in found["sessions"]] == ["a.h5", "b.h5", "deeper/c.h5"]
    assert found["weeks"] == []
    assert any("no dates" in note for note in found["notes"])


def test_files_of_one_afternoon_are_one_day_and_no_baseline(copy, capfd):
    for minute, path in enumerate(sorted(copy.rglob("*.h5"))):
        change(path, created_utc=f"2025-03-04T10:0{minute}:00+00:00")
    easy = told(capfd, copy)["speeds"][0]["metrics"]["cadence_spm"]
    assert easy["baseline"] is None
    assert [point["sessions"] for point in easy["points"]] == [["a.h5", "b.h5", "deeper/c.h5"]]


def test_without_dates_nothing_is_judged_until_somebody_says_that_they_are_days(copy, tmp_path, capfd):
    for stand_in in ("", "2000-01-03T00:00:00+00:00"):
        for path in copy.rglob("*.h5"):
            change(path, created_utc=stand_in)
        found = told(capfd, copy)
        assert {point["state"] for point in found["speeds"][0]["metrics"]["cadence_spm"]["points"]} == {None}
        assert any("--days-apart" in note for note in found["notes"])
    found = told(capfd, copy, "--days-apart")
    assert found["speeds"][0]["metrics"]["cadence_spm"]["baseline"]["days"] == 2
    code, _, _ = command(capfd, copy, "-o", tmp_path / "p.html", "--csv", tmp_path / "p.csv")
    assert code == 0


def test_a_folder_with_nothing_in_it(tmp_path, capfd):
    for where in (tmp_path, tmp_path / "none", __file__):
        code, _, err = command(capfd, where)
        assert code == 2
        assert "expected" in err


def test_without_a_belt_speed_nothing_is_mixed_and_no_way_is_claimed(tmp_path, capfd):
    for day in (3, 10):
        write_bouts(tmp_path / f"{day}.h5", [(None, 12.0, 3.0, 1.0)], day=day, seed=day, speeds=False)
    found = told(capfd, tmp_path)
    assert [one["speed_m_s"] for one in found["speeds"]] == [None]
    assert [one["load"]["km"] for one in found["sessions"]] == [None, None]
    assert found["sessions"][0]["load"]["valr_per_km"] is None


def test_a_bout_too_short_for_a_mean_is_named(tmp_path, capfd):
    write_bouts(tmp_path / "a.h5", [("easy", 12.0, 3.0, 1.0), ("short", 4.0, 3.0, 1.0)], day=3)
    found = told(capfd, tmp_path)
    assert [bout["name"] for bout in found["sessions"][0]["bouts"]] == ["easy"]
    assert any("1 bout" in note for note in found["notes"])


def test_a_speed_where_only_drills_were_done(tmp_path, capfd):
    write_bouts(tmp_path / "a.h5", [("Drill: skips", 12.0, 3.0, 0.8)], day=3, seed=1)
    code, _, err = command(capfd, tmp_path, "--speed", 3.0)
    assert code == 2
    assert "expected runs at a known speed, saw none" in err
    assert "none known m/s" not in err
