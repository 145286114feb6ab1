"""An archive into two tables: what they hold, what is done again and what is not, and what becomes of bad files."""

import json
import re
import shutil
from pathlib import Path

import pytest
from batcharchives import Here, batch, content, copy_session, shelf, tables

import stance
from daq.errors import SessionError
from daq.journal import journal_path
from daq.session import SessionHeader, SessionWriter
from stance.batch import run_batch
from stance.batch_job import Settings, make_job
from stance.batch_progress import BatchProgress
from stance.batch_session import analyse_session
from stance.cli import run

OTHER = "Z50-20"


@pytest.fixture
def archive(tmp_path):
    """Three sessions in a folder of folders, for a test to change."""
    return Path(shutil.copytree(shelf(), tmp_path / "archive"))


def test_only_what_is_new_or_changed_is_analysed(archive, tmp_path):
    out = tmp_path / "out"
    first, seen = batch(archive, out)
    assert (first.analysed, first.kept, len(seen)) == (3, 0, 3)
    before = content(out)
    again, seen = batch(archive, out)
    assert (again.analysed, again.kept, seen) == (0, 3, [])
    assert content(out) == before

    copy_session(shelf() / "b.h5", archive / "2025/d.h5")
    copy_session(shelf() / "b.h5", archive / "b.h5")
    more, seen = batch(archive, out)
    assert seen == ["2025/d.h5", "b.h5"]
    assert (more.kept, more.merged.done) == (2, 4)
    assert len(list(out.glob("parts/*.arrow"))) == 4  # what was kept of the old b.h5 is gone

    shutil.rmtree(archive / "2024")
    less, seen = batch(archive, out)
    assert (seen, less.merged.done) == ([], 2)
    assert tables(out)[1]["path"].to_pylist() == ["2025/d.h5", "b.h5"]


def test_another_protocol_is_analysed_and_the_first_one_kept(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out)
    own = content(out)
    _, seen = batch(archive, out, Settings(OTHER))
    assert len(seen) == 3
    steps, sessions = tables(out)
    assert set(steps["protocol"].to_pylist()) == set(sessions["protocol"].to_pylist()) == {OTHER}
    expected = stance.analyze(archive / "b.h5", OTHER).results["summary"]["contact_time_ms"]["mean"]
    assert sessions["contact_time_ms"].to_pylist()[2] == expected
    _, seen = batch(archive, out)
    assert seen == []
    assert content(out) == own


def test_a_new_algorithm_or_rule_is_a_new_part(archive, tmp_path, monkeypatch):
    job = make_job(archive, archive / "b.h5", Settings())
    before = job.part
    monkeypatch.setattr("stance.batch_job.ALGORITHM_VERSION", "1000")
    assert job.part != before
    assert job.part.startswith(job.family)
    assert before.startswith(job.family)


def test_bad_files_are_told_and_skipped(archive, tmp_path, capfd):
    (archive / "cut.h5").write_bytes((shelf() / "b.h5").read_bytes()[:50_000])
    (archive / "empty.h5").touch()
    (archive / "notes.h5").write_text("not HDF5")
    (archive / "notes.txt").write_text("not looked at")
    (archive / ".hidden.h5").write_text("not looked at")
    with SessionWriter(archive / "dead.h5", SessionHeader()):
        pass
    assert journal_path(archive / "dead.h5").exists()
    report, _ = batch(archive, tmp_path / "out")
    told = capfd.readouterr().err
    assert [path for path, _ in report.merged.failed] == ["cut.h5", "empty.h5", "notes.h5"]
    assert report.unfinished == ("dead.h5.journal",)
    assert report.merged.done == 3
    for name in ("cut.h5", "empty.h5", "notes.h5"):
        assert f"{name} is skipped: " in told
    lines = {line["path"]: line for line in tables(tmp_path / "out")[1].to_pylist()}
    assert lines["notes.h5"]["error"] == "expected a session file (HDF5), saw a file of another kind"
    assert lines["dead.h5.journal"]["state"] == "unfinished"
    assert lines["cut.h5"]["state"] == "failed"
    assert lines["cut.h5"]["contact_time_ms"] is None
    assert json.dumps(report.as_dict())


def test_what_failed_is_tried_again_only_if_asked(archive, tmp_path):
    (archive / "notes.h5").write_text("not HDF5")
    out = tmp_path / "out"
    batch(archive, out)
    assert batch(archive, out)[1] == []
    report, seen = batch(archive, out, retry=True)
    assert seen == ["notes.h5"]
    assert len(report.merged.failed) == 1


def test_what_could_not_be_tried_is_tried_next_time(archive, tmp_path):
    class Shaky(Here):
        def run(self, jobs):
            (archive / "b.h5").rename(archive / "away")
            yield from super().run(jobs)

    report = run_batch(archive, tmp_path / "out", Settings(), Shaky())
    assert [path for path, _ in report.merged.failed] == ["b.h5"]
    assert report.merged.done == 2
    (archive / "away").rename(archive / "b.h5")
    report, seen = batch(archive, tmp_path / "out")
    assert seen == ["b.h5"]
    assert report.merged.done == 3


def test_a_mistake_of_ours_costs_one_session(archive, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("stance.batch_session.session_bouts", broken)
    outcome = analyse_session(make_job(archive, archive / "b.h5", Settings()))
    assert outcome.part is not None
    assert "unexpected ZeroDivisionError (oops) in test_batch.py" in outcome.trouble


def test_a_damaged_part_is_noticed_and_made_again(archive, tmp_path):
    out = tmp_path / "out"
    batch(archive, out)
    before = content(out)
    part = min(out.glob("parts/*.arrow"))
    part.write_bytes(part.read_bytes()[:1000])
    report, _ = batch(archive, out)
    assert len(report.merged.failed) == 1
    _, seen = batch(archive, out)
    assert len(seen) == 1
    assert content(out) == before


def test_nothing_of_others_is_overwritten(archive, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "steps.parquet").write_text("somebody else's")
    with pytest.raises(SessionError, match="nothing is overwritten"):
        batch(archive, out)
    assert [path.name for path in out.iterdir()] == ["steps.parquet"]


def test_a_full_disk_leaves_the_old_tables(archive, tmp_path, monkeypatch):
    out = tmp_path / "out"
    batch(archive, out)
    before = content(out)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stance.batch_merge.os.fsync", full)
    with pytest.raises(SessionError, match="No space left"):
        batch(archive, out, Settings(OTHER))
    assert content(out) == before
    assert sorted(path.name for path in out.iterdir()) == ["parts", "sessions.parquet", "steps.parquet"]


def test_two_batches_do_not_share_a_folder(archive, tmp_path):
    class Second(Here):
        def run(self, jobs):
            with pytest.raises(SessionError, match="another batch"):
                run_batch(archive, tmp_path / "out", Settings(), Here())
            yield from super().run(jobs)

    assert run_batch(archive, tmp_path / "out", Settings(), Second()).merged.done == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing", "-o", "out"], "expected a folder of sessions"),
        (["void", "-o", "out"], r"expected session files \(\*.h5\)"),
        (["archive", "-o", "out", "--protocol", "Z99"], "expected one of P60-50/20"),
        (["archive", "-o", "out", "--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"], "give one of them"),
        (["archive"], "Missing option"),
        (["archive", "-o", "file"], "expected a folder to write in"),
    ],
)
def test_what_cannot_be_is_said(arguments, message, archive, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "void").mkdir()
    (tmp_path / "file").touch()
    assert run(["batch", *arguments]) == 2
    err = capfd.readouterr().err
    assert re.search(message, err)
    assert not (tmp_path / "out").exists()


def test_progress_tells_how_long_the_rest_takes():
    progress = BatchProgress(1200, 1000)
    assert progress.text(0.0) == "0 of 1,200 sessions  0 %"
    for _ in range(3):
        progress.step(100, failed=False)
    progress.step(100, failed=True)
    assert progress.text(100.0) == "4 of 1,200 sessions  40 %  1 skipped  2:30 min left"
    assert progress.text(20_000.0).endswith("8:20 h left")


def test_the_command_says_what_it_did(archive, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("stance.commands.batch._workers", lambda *_: Here())
    out = str(tmp_path / "out")
    assert run(["batch", str(archive), "-o", out]) == 0
    told, err = capfd.readouterr()
    assert told.startswith("3 session files: 3 analysed now, 0 from earlier runs; protocol of each session\n3 sessions")
    assert err == ""
    (archive / "bad.h5").write_text("no")
    assert run(["batch", str(archive), "-o", out, "--json"]) == 0
    told, err = capfd.readouterr()
    assert json.loads(told)["failed"][0]["path"] == "bad.h5"
    assert "1 skipped:\n  bad.h5: expected" in err


def test_nothing_succeeded_is_an_error(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("stance.commands.batch._workers", lambda *_: Here())
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/a.h5").write_text("no")
    assert run(["batch", str(tmp_path / "archive"), "-o", str(tmp_path / "out"), "--json"]) == 2
    assert json.loads(capfd.readouterr().out)["done"] == 0
