"""`stance compare`: the bouts that were meant, refusals that say what to type, and the numbers of the statistics."""

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import stance as api
from analysis.comparison import compare_bouts
from analysis.errors import AnalysisError
from daq.analysed import analysed
from daq.bouts import BoutSpan, bout_tables
from daq.replay import Replay
from daq.session import open_session
from stance.cli import run
from stance.comparing import compare, prepare
from stance.comparing_choice import choose
from tests.comparisondata import Run, make_session
from tests.system.chain import force_url, record, write_csv

ORDER = [("easy", 0, 1.0), ("pose", 0, 1.0), ("pose", 3, 1.01), ("easy", 3, 0.99), ("easy", 6, 1.01), ("pose", 6, 0.99)]
TRIALS = {"easy": "RBDS008_T35", "pose": "RBDS010_T35"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sessions of one runner: bouts in turn, whole sessions, another protocol, another speed."""
    made = tmp_path_factory.mktemp("compare")
    make_session(made / "turns.h5", *(Run(name, TRIALS[name], 3, shift, tempo) for name, shift, tempo in ORDER))
    whole = Run("", "RBDS008_T35", 10)
    make_session(made / "before.h5", whole)
    make_session(made / "after.h5", Run("", "RBDS010_T35", 10), created_utc="2025-04-04T05:06:07+00:00")
    make_session(made / "other.h5", whole, protocol="Z50-20", created_utc="2025-04-04T05:06:07+00:00")
    make_session(made / "slow.h5", Run("", "RBDS008_T25", 10), created_utc="2025-04-05T05:06:07+00:00")
    return made


def stance(capfd, *arguments):
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


# Which bouts are meant.


def spans(*names):
    return tuple(
        BoutSpan(f"{name} ({names[:k].count(name) + 1})" if name in names[:k] else name, float(k), k + 1.0, name)
        for k, name in enumerate(names)
    )


BOUTS = {"a.h5": spans("easy", "pose", "pose", "easy"), "b.h5": spans("Pose drill", "easy"), "w.h5": spans("")}


def chosen(*sessions, before=(), after=()):
    choice = choose(sessions, before, after, lambda path: BOUTS[path.name])
    sides = [{str(pick.path): [span.name for span in pick.spans] for pick in side}
             for side in (choice.before, choice.after)]  # fmt: skip
    return choice.names, *sides


def test_two_sessions_are_compared_whole():
    assert chosen("a.h5", "w.h5") == (("a", "w"), {"a.h5": ["easy", "pose", "pose (2)", "easy (2)"]}, {"w.h5": [""]})


def test_bouts_of_a_session_are_found_by_name_whatever_their_number():
    names, before, after = chosen("a.h5", before=["easy"], after=["POSE"])
    assert names == ("easy", "POSE")
    assert before == {"a.h5": ["easy", "easy (2)"]}
    assert after == {"a.h5": ["pose", "pose (2)"]}
    assert chosen("a.h5", before=["pose (2)"], after=["easy"])[1] == {"a.h5": ["pose (2)"]}


def test_a_pattern_finds_bouts_across_sessions():
    _, before, after = chosen("a.h5", "b.h5", before=["easy"], after=["pose*"])
    assert before == {"a.h5": ["easy", "easy (2)"], "b.h5": ["easy"]}
    assert after == {"a.h5": ["pose", "pose (2)"], "b.h5": ["Pose drill"]}


def test_several_sessions_for_each_side_and_bouts_within_them():
    names, before, after = chosen(before=["w.h5", "b.h5#easy"], after=["a.h5#pose", "b.h5#pose*"])
    assert names == ("before", "after")
    assert before == {"w.h5": [""], "b.h5": ["easy"]}
    assert after == {"a.h5": ["pose", "pose (2)"], "b.h5": ["Pose drill"]}
    assert chosen("a.h5#easy", "b.h5#easy") == (
        ("a easy", "b easy"), {"a.h5": ["easy", "easy (2)"]}, {"b.h5": ["easy"]})  # fmt: skip


def test_one_session_with_two_names_needs_no_more_words():
    assert chosen("a.h5") == (("easy", "pose"), {"a.h5": ["easy", "easy (2)"]}, {"a.h5": ["pose", "pose (2)"]})


@pytest.mark.parametrize(("arguments", "words"), [
    ({"sessions": ["a.h5"], "before": ["esy"], "after": ["pose"]}, ["'esy'", "--before", "easy, pose in a.h5"]),
    ({"sessions": ["a.h5"], "before": ["easy"]}, ["--before only", "Add --after"]),
    ({"sessions": ["a.h5", "b.h5", "w.h5"]},
     ["which sessions are before", "stance compare --before a.h5 --after b.h5 --after w.h5"]),
    ({"sessions": []}, ["none", "stance compare before.h5 after.h5"]),
    ({"sessions": ["w.h5"]}, ["no bout was named", "B in the window"]),
    ({"sessions": ["a.h5"], "before": ["easy"], "after": ["*"]}, ["in both", "easy in a.h5"]),
    ({"sessions": ["a.h5", "a.h5"]}, ["in both"]),
    ({"sessions": ["w.h5"], "before": ["a"], "after": ["b"]}, ["no named bouts in w.h5"]),
])  # fmt: skip
def test_what_is_not_clear_is_asked_with_what_there_is(arguments, words):
    with pytest.raises(AnalysisError) as error:
        chosen(*arguments["sessions"], before=arguments.get("before", ()), after=arguments.get("after", ()))
    for word in words:
        assert word in str(error.value)


def test_a_file_whose_name_has_the_mark_is_a_file(tmp_path):
    path = tmp_path / "run#2.h5"
    path.touch()
    assert choose([str(path), "w.h5"], [], [], lambda _: spans("")).before[0].path == path


# What is compared.


def test_json_is_what_the_statistics_say_of_these_bouts(folder, capfd):
    turns = folder / "turns.h5"
    code, out, err = stance(capfd, "compare", turns, "--before", "easy", "--after", "pose", "--primary",
                            "contact_time_ms", "--json")  # fmt: skip
    assert code == 0
    assert "turns.h5 under P60-50/20" in err
    told = json.loads(out)
    assert told == json.loads(json.dumps(told, allow_nan=False))
    assert told["design"]["kind"] == "test"
    assert told["design"]["bouts"] == [3, 3]
    assert told["before"] == [{"session": str(turns), "bouts": ["easy", "easy (2)", "easy (3)"]}]
    assert told["protocol"] == "P60-50/20"
    assert [name for name, one in told["differences"].items() if one["primary"]] == ["contact_time_ms"]
    with open_session(turns) as session:
        tables = bout_tables(session, analysed(turns).table)
    means = {name: np.mean([table["contact_time_ms"].mean() for span, table in tables if span.said == name])
             for name in ("easy", "pose")}  # fmt: skip
    one = told["differences"]["contact_time_ms"]
    assert one["before"] == pytest.approx(means["easy"], rel=2e-3)
    assert one["after"] == pytest.approx(means["pose"], rel=2e-3)
    assert one["low"] < one["difference"] < one["high"] < 0
    assert one["percent"] == pytest.approx(100 * one["difference"] / one["before"])
    assert told["differences"]["heel_share"]["before"] > 0.9 > 0.1 > told["differences"]["heel_share"]["after"]
    assert set(told["not_compared"]) == {"strike_index", "midfoot_load_pct"}


def test_the_public_function_gives_the_same_as_the_statistics_under_it(folder, monkeypatch):
    given = {}

    def noted(bouts, *rest, **more):
        given["bouts"] = bouts
        return compare_bouts(bouts, *rest, **more)

    monkeypatch.setattr("stance.comparing.compare_bouts", noted)
    comparison = compare(folder / "turns.h5", before="easy", after="pose")
    with open_session(folder / "turns.h5") as session:
        again = compare(session, before=["easy"], after=["pose"])
    assert again == comparison
    bouts = given["bouts"]
    assert [(bout.name, bout.condition, bout.table.rows) for bout in bouts] == [
        ("easy", "easy", 6), ("easy (2)", "easy", 6), ("easy (3)", "easy", 6),
        ("pose", "pose", 6), ("pose (2)", "pose", 6), ("pose (3)", "pose", 6)]  # fmt: skip
    began = {bout.name: bout.began_s for bout in bouts}
    assert sorted(began, key=began.__getitem__) == ["easy", "pose", "pose (2)", "easy (2)", "easy (3)", "pose (3)"]
    assert {bout.belt_speed_m_s for bout in bouts} == {3.5}
    assert len({bout.calibration_id for bout in bouts}) == 1
    assert all(bout.u_mean["contact_time_ms"] > 0 for bout in bouts)


def test_a_known_change_of_tempo_is_found_and_the_same_tempo_is_not(tmp_path):
    shifts = (0, 3, 6)
    runs = [Run(name, "RBDS012_T35", 3, shift, tempo) for shift in shifts for name, tempo in (("a", 1.0), ("b", 1.05))]
    path = make_session(tmp_path / "tempo.h5", *runs)
    found = compare(path, before="a", after="b").differences
    assert found["cadence_spm"].percent == pytest.approx(5.0, abs=0.4)
    assert found["contact_time_ms"].percent == pytest.approx(-100 / 21, abs=0.5)
    assert found["cadence_spm"].excludes_zero
    same = [Run(name, "RBDS012_T35", 3, shift) for shift in shifts for name in ("a", "b")]
    level = compare(make_session(tmp_path / "same.h5", *same), before="a", after="b").differences
    assert abs(level["cadence_spm"].percent) < 0.3
    assert not level["cadence_spm"].excludes_zero


def test_a_baseline_gives_the_runners_own_variation(folder, tmp_path, capfd):
    paths = []
    for day, tempo in enumerate((0.99, 1.0, 1.012)):
        runs = [Run("", "RBDS008_T35", 8, tempo=tempo)]
        paths.append(make_session(tmp_path / f"day{day}.h5", *runs, created_utc=f"2025-02-0{day + 1}T05:00:00+00:00"))
    baseline = [word for path in paths for word in ("--baseline", path)]
    code, out, _ = stance(capfd, "compare", folder / "turns.h5", *baseline, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["baseline"] == [str(path) for path in paths]
    assert 1 < told["differences"]["contact_time_ms"]["mdc"] < 27
    assert told["differences"]["contact_time_ms"]["verdict"] == "changed"
    assert told["conditions"] == ["easy", "pose"]


# What a terminal shows.


def test_the_primary_metric_stands_on_top_and_every_pose_measure_has_a_line(folder, capfd):
    code, out, _ = stance(capfd, "compare", folder / "turns.h5", "--primary", "vertical_oscillation_mm")
    assert code == 0
    lines = out.splitlines()
    head = next(k for k, line in enumerate(lines) if line.lstrip().startswith("before") and "verdict" in line)
    assert lines[head + 1].startswith("* Bounce, mm")
    assert sum(line.startswith("* ") for line in lines) == 1
    assert sum(line.startswith("Primary: ") for line in lines) == 1
    assert sum(line.startswith("- ") for line in lines) == 5
    assert "NOT A TEST" not in out
    assert max(map(len, lines[head : head + 18])) <= 120


def test_what_is_not_a_test_says_so_before_any_number(folder, capfd):
    code, out, _ = stance(capfd, "compare", folder / "before.h5", folder / "after.h5")
    assert code == 0
    assert out.index("NOT A TEST") < out.index("verdict")
    assert "exploratory" in out
    assert not [line for line in out.splitlines() if line.endswith("changed")]


# What is refused.


def test_unequal_protocols_are_refused_with_the_command_that_helps(folder, tmp_path, capfd):
    page = tmp_path / "page.html"
    given = ("compare", folder / "before.h5", folder / "other.h5", "--out", page, "--json")
    code, out, err = stance(capfd, *given)
    assert (code, out) == (2, "")
    assert "before.h5 under P60-50/20, other.h5 under Z50-20" in err
    words = shlex.split(err[err.index("stance compare") :])
    assert words[-2:] == ["--protocol", "P60-50/20"]
    code, out, err = stance(capfd, *words[1:])
    assert code == 0
    told = json.loads(out)
    assert told["protocol"] == "P60-50/20"
    assert told["differences"]["contact_time_ms"]["difference"] == pytest.approx(0.0, abs=0.02)
    assert page.exists()


def test_unequal_speeds_are_refused_with_both_speeds(folder, capfd):
    code, out, err = stance(capfd, "compare", folder / "before.h5", folder / "slow.h5", "--json")
    assert (code, out) == (2, "")
    for word in ("2.500 m/s", "3.500 m/s", "before.h5", "slow.h5", "one speed"):
        assert word in err


@pytest.mark.parametrize(("arguments", "words"), [
    (("before.h5", "none.h5"), ["none.h5"]),
    (("before.h5", "after.h5", "--primary", "speed_of_light"), ["speed_of_light"]),
    (("before.h5", "after.h5", "--protocol", "Z1"), ["Z1", "P60-50/20"]),
    (("turns.h5", "--before", "easy", "--after", "trot"), ["trot", "easy, pose"]),
])  # fmt: skip
def test_mistakes_get_one_message_and_write_nothing(folder, tmp_path, capfd, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    page = tmp_path / "page.html"
    code, out, err = stance(capfd, "compare", *arguments, "--out", page)
    assert (code, out) == (2, "")
    for word in words:
        assert word in err
    assert not page.exists()


def test_a_page_that_exists_is_refused_before_any_work(folder, tmp_path, capfd, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text("mine")
    monkeypatch.setattr("stance.comparing.prepare", None)
    code, _, err = stance(capfd, "compare", folder / "before.h5", folder / "after.h5", "--out", page)
    assert code == 2
    assert "page.html" in err
    assert page.read_text() == "mine"


# Where the steps come from.


def test_stored_steps_are_used_and_another_protocol_is_analysed_anew(folder, monkeypatch):
    analysed_anew = []
    true_run = Replay.run

    def noted(self):
        analysed_anew.append((self.session.path.name, self.protocol.name))
        return true_run(self)

    monkeypatch.setattr(Replay, "run", noted)
    assert not any("wrong way round" in one for one in compare(folder / "before.h5", folder / "after.h5").notes)
    assert analysed_anew == []
    found = compare(folder / "before.h5", folder / "other.h5", protocol="Z50-20")
    assert analysed_anew == [("before.h5", "Z50-20")]
    assert found.differences["contact_time_ms"].difference == pytest.approx(0.0, abs=0.02)


def test_no_claim_is_made_of_what_is_in_doubt(folder, monkeypatch):
    doubts = {"contact_time_ms": "a loose cell", "foot_strike": "a loose cell"}

    def doubted(*arguments):
        one = analysed(*arguments)
        return replace(one, results={**one.results, "doubtful": doubts})

    monkeypatch.setattr("stance.comparing.analysed", doubted)
    found = compare(folder / "turns.h5", before="easy", after="pose")
    for name in ("contact_time_ms", "heel_share"):
        assert found.differences[name].verdict == "in doubt"
        assert found.differences[name].doubt == "a loose cell"
        assert found.differences[name].excludes_zero
    assert found.differences["cadence_spm"].verdict != "not a test"
    assert any("contact_time_ms" in note and "a loose cell" in note for note in found.notes)


def test_what_was_recorded_later_is_not_silently_the_before(folder):
    assert any("wrong way round" in one for one in compare(folder / "after.h5", folder / "before.h5").notes)


def test_sessions_whose_dates_were_stripped_go_by_the_order_given(tmp_path):
    paths = []
    for name in ("one", "two"):
        path = make_session(tmp_path / f"{name}.h5", Run("", "RBDS008_T35", 4))
        _strip_date(path)
        paths.append(str(path))
    assert not any("wrong way round" in note for note in prepare(paths, [], []).comparison.notes)


def test_files_of_one_afternoon_are_bouts_of_one_day(tmp_path, capfd):
    runs = [("RBDS008_T35", shift, 1.0) for shift in (0, 3, 6)] + [("RBDS008_T35", shift, 1.05) for shift in (1, 4, 7)]
    paths = []
    for k, (trial, shift, tempo) in enumerate(runs):
        run_ = Run("", trial, 3, shift, tempo)
        paths.append(make_session(tmp_path / f"{k}.h5", run_, created_utc=f"2025-03-04T23:59:{k}0+00:00"))
    _set_date(paths[5], "2025-03-05T00:00:30+00:00")  # midnight, UTC, falls into somebody's afternoon
    sides = [word for k, path in enumerate(paths) for word in ("--after" if k > 2 else "--before", path)]
    code, out, _ = stance(capfd, "compare", *sides, "--json")
    told = json.loads(out)
    assert (code, told["design"]["days"], told["design"]["sessions"]) == (0, 1, 6)
    verdicts = {one["verdict"] for one in told["differences"].values()}
    assert verdicts.isdisjoint({"changed", "within the runner's own variation"})
    assert all(one["mdc"] is None for one in told["differences"].values())
    assert any("6 recordings of 2025-03-04" in note for note in told["notes"])
    code, out, _ = stance(capfd, "compare", *sides)
    assert "of one day" in out
    assert "day-to-day variation is" not in out
    for path in paths:
        _strip_date(path)
    told = json.loads(stance(capfd, "compare", *sides, "--json")[1])
    assert told["design"]["days"] is None
    assert "do not say on which days" in told["design"]["why"]
    told = json.loads(stance(capfd, "compare", *sides, "--days-apart", "--json", "--out", tmp_path / "p.html")[1])
    assert told["design"]["days"] == 6
    assert told["differences"]["cadence_spm"]["mdc"] > 0
    for path in paths:
        _set_date(path, "2000-01-03T00:00:00+00:00")  # what stands for a date in files anonymised one by one
    assert json.loads(stance(capfd, "compare", *sides, "--json")[1])["design"]["days"] is None


def test_a_copy_under_another_name_is_refused(folder, tmp_path, capfd):
    copy = shutil.copy(folder / "before.h5", tmp_path / "copy.h5")
    for given in (
        ("--before", folder / "before.h5", "--before", copy, "--after", folder / "after.h5"),
        (folder / "before.h5", copy),
        (folder / "before.h5", folder / "after.h5", "--baseline", copy, "--baseline", folder / "before.h5"),
    ):
        code, out, err = stance(capfd, "compare", *given)
        assert (code, out) == (2, "")
        assert "same recording" in err
        assert "copy.h5" in err
    other = shutil.copy(folder / "turns.h5", tmp_path / "turns.h5")
    code, _, _ = stance(capfd, "compare", "--before", f"{folder / 'turns.h5'}#easy", "--after", f"{other}#pose")
    assert code == 0, "other bouts of it are no copies"


def _strip_date(path: Path) -> None:
    _set_date(path, "")


def _set_date(path: Path, text: str) -> None:
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs["created_utc"] = np.bytes_(text.encode())


def test_recorded_sessions_are_compared_as_they_come(tmp_path, capfd):
    """From force through the virtual treadmill's bytes and the recorder, which was told the bout's name."""
    from tests.comparisondata import RATE, bout_force

    for name, trial in TRIALS.items():
        force = write_csv(tmp_path / f"{name}.csv", bout_force(Run(name, trial, 9)), RATE)
        record(force_url("virtual", force, seed=1, speed="max"), tmp_path / f"{name}.h5", seconds=6.0, mass_kg=69.0,
               belt_speed_m_s=3.5, name="runner 7")  # fmt: skip
    code, out, _ = stance(capfd, "compare", tmp_path / "easy.h5", tmp_path / "pose.h5", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["design"]["kind"] == "not a test"
    assert told["differences"]["contact_time_ms"]["percent"] == pytest.approx(-11.5, abs=2.0)
    assert told["differences"]["heel_share"]["difference"] < -0.9


def test_compare_is_public():
    assert api.compare is compare
