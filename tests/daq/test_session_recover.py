"""Recovery after kills, full disks and damage: exactly a prefix of what was written, and never a lost journal."""

import contextlib
import errno
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorder_child import ATTRS, HEADER, RECORD, STEPS, pattern
from test_session import same

from daq import finalise as finalise_module
from daq import guarded_file
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.finalise import tmp_path as tmp_of
from daq.journal import journal_path
from daq.journal_reader import JournalReader
from daq.session import SessionWriter, find_unfinished, open_session, recover

CHILD = Path(__file__).parent / "recorder_child.py"
TRIALS = int(os.environ.get("STANCE_TRIALS", "5"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.h5"


def interrupted(path, rows=3000) -> Path:
    """An unfinished session: its journal."""
    with SessionWriter(path, HEADER) as writer:
        for at in range(0, rows, RECORD):
            writer.append(pattern(at, at + RECORD))
            if at % 1000 == 0:
                writer.event("marker", at, f"row {at}", {"row": at})
    return journal_path(path)


def assert_prefix(path) -> int:
    """Every row, gap and event of a session is what the recorder wrote, from the first on."""
    with open_session(path) as session:
        whole = Chunk.concat([Chunk.empty(), *session.chunks()])
        truth = pattern(0, session.rows)
        if len(whole.gap_row) > len(truth.gap_row):  # killed between a gap and the rows behind it
            truth = pattern(0, session.rows + 1)
            truth = Chunk(**{n: x[:-1] if not n.startswith("gap") else x for n, x in vars(truth).items()})
        same(whole, truth)
        expected = [(at, f"row {at}", {"row": at}) for at in range(0, session.rows, 1000)]
        found = [(event.row, event.text, event.data) for event in session.events]
        assert found in (expected, expected[:-1])
        assert session.header == HEADER
        return session.rows


def only(path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_an_interrupted_session_is_finished_by_either_name(path):
    for name in (path, journal_path(path)):
        journal = interrupted(path)
        assert find_unfinished(name) == journal
        result = recover(str(name))
        assert (result.rows, result.seconds, result.unusable_bytes, result.finished_now) == (3000, 3.0, 0, True)
        assert result.path == path
        assert result.kept is None
        assert "3000 samples, 3.0 s; the recording had not ended by itself." in result.text
        assert assert_prefix(path) == 3000
        assert only(path) == ["s.h5"]
        with open_session(path) as session:
            assert (session.ended, session.summary, session.steps()) == (False, {}, {})
        again = recover(name)
        assert (again.rows, again.finished_now) == (3000, False)
        assert "nothing to recover" in again.text
        path.unlink()


def test_there_must_be_something_to_recover(path):
    with pytest.raises(SessionError, match="nothing of that name"):
        recover(path)
    journal_path(path).touch()  # killed before the first record
    with pytest.raises(SessionError, match="nothing of that name"):
        recover(path)
    assert only(path) == []  # the name is free again


def test_a_session_being_recorded_is_left_alone(path):
    with SessionWriter(path, HEADER) as writer:
        writer.append(pattern(0, 20))
        with pytest.raises(SessionError, match="being recorded or recovered right now"):
            recover(path)
        writer.append(pattern(20, 40))
        writer.finish()
    assert recover(path).rows == 40


def test_a_torn_end_is_counted_and_reported(path):
    journal = interrupted(path)
    os.truncate(journal, journal.stat().st_size - 100)
    result = recover(path)
    assert result.rows == 2980
    assert result.unusable_bytes == RECORD * 59 + 40 - 100
    assert f"the last {result.unusable_bytes} bytes of the journal could not be used" in result.text
    assert only(path) == ["s.h5"]
    with open_session(path) as session:
        assert session.unusable_bytes == result.unusable_bytes


def test_whole_records_behind_damage_are_not_thrown_away(path):
    for number in (1, 2):
        journal = interrupted(path)
        size = journal.stat().st_size
        with journal.open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\xff\x00\xff")
        result = recover(path)
        assert 0 < result.rows < 3000
        assert result.kept is not None
        assert result.kept.name == f"s.h5.journal.damaged{number}"
        assert result.kept.stat().st_size == size
        assert f"kept as s.h5.journal.damaged{number}" in result.text
        assert_prefix(path)
        path.unlink()


@pytest.mark.parametrize("content", [b"\0" * 500, b"garbage", b"\x9dSJ\n" * 30])
def test_a_journal_without_a_usable_start_is_left_as_it_is(path, content):
    journal_path(path).write_bytes(content)
    with pytest.raises(SessionError, match=r"without one|newer|version"):
        recover(path)
    assert journal_path(path).read_bytes() == content
    assert only(path) == ["s.h5.journal"]


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"session_id": "x", "header": {"mass_kg": "heavy"}}', b"\xff"])
def test_a_header_that_makes_no_sense_is_an_error_not_a_crash(path, payload):
    from daq.journal import JournalWriter

    writer = JournalWriter(journal_path(path))
    writer.append(1, payload)
    writer.close()
    with pytest.raises(SessionError, match="the header of a session"):
        recover(path)


@pytest.mark.parametrize(
    ("kind", "payload", "n"),
    [
        (2, bytes(58), 1),
        (2, bytes(27), 1),
        (2, bytes(63), 1),
        (2, b"", 0),
        (3, b"[1]", 1),
        (3, b'{"row": 1}', 1),
        (4, b'{"row": 1, "boot": 99999999999999999999, "tick_offset": 0}', 1),
        (6, b'{"kind": "a", "row": 0, "what": 1}', 1),
        (7, b"\xff\xff", 1),
        (99, b"{}", 1),
    ],
)
def test_a_record_that_makes_no_sense_leaves_the_journal_and_nothing_else(path, kind, payload, n):
    from daq.journal import JournalWriter
    from daq.session_records import encode_rows

    writer = JournalWriter(journal_path(path))
    writer.append(1, b'{"session_id": "x", "header": {}}')
    writer.append(2, encode_rows(pattern(0, 5), 0, 5), 5)
    writer.append(kind, payload, n)
    writer.close()
    with pytest.raises(SessionError, match=r"records that this version understands.*left as it is"):
        recover(path)
    assert only(path) == ["s.h5.journal"]


def test_a_journal_of_a_newer_stance_asks_for_an_update(path, monkeypatch):
    monkeypatch.setattr("daq.journal.VERSION", 2)
    interrupted(path)
    monkeypatch.undo()
    with pytest.raises(SessionError, match=r"version 2\. Update stance"):
        recover(path)
    assert only(path) == ["s.h5.journal"]


def finish(writer) -> None:
    writer.finish(STEPS, ATTRS, {"steps": 3})


def assert_complete(path, rows) -> None:
    with open_session(path) as session:
        assert (session.rows, session.ended, session.summary) == (rows, True, {"steps": 3})
        assert {n: (c.dtype, c.tobytes()) for n, c in session.steps().items()} == {
            n: (c.dtype, c.tobytes()) for n, c in STEPS.items()
        }
        assert session.steps_attrs == ATTRS


def test_killed_between_replacing_and_removing_the_journal(path):
    journal = interrupted(path)
    kept = journal.read_bytes()
    recover(path)
    journal.write_bytes(kept)
    before = path.read_bytes()
    result = recover(path)
    assert (result.rows, result.finished_now) == (3000, False)
    assert "the journal left over is removed" in result.text
    assert only(path) == ["s.h5"]
    assert path.read_bytes() == before


def test_a_journal_beside_another_session_is_not_removed(path):
    other = interrupted(path.with_name("other.h5"))
    interrupted(path)
    recover(path)
    other.rename(journal_path(path))
    with pytest.raises(SessionError, match=r"Move it elsewhere, then recover again"):
        recover(path)
    path.unlink()
    assert recover(path).rows == 3000


def test_a_journal_beside_a_damaged_file_is_not_removed(path):
    journal = interrupted(path)
    kept = journal.read_bytes()
    recover(path)
    os.truncate(path, path.stat().st_size // 2)
    journal.write_bytes(kept)
    with pytest.raises(SessionError, match="truncated"):
        recover(path)
    assert journal.read_bytes() == kept


def test_an_unfinished_tmp_of_a_killed_run_is_replaced(path):
    interrupted(path)
    tmp_of(path).write_bytes(b"half a file" * 1000)
    assert recover(path).rows == 3000
    assert only(path) == ["s.h5"]


class FullDisk:
    """os.write of a disk that is full from the n-th write on; takes half of that one."""

    def __init__(self, n, code=errno.ENOSPC):
        self.left, self.code = n, code

    def __call__(self, fd, data):
        self.left -= 1
        if self.left == 0 and len(data) > 1:
            return os.write(fd, data[: len(data) // 2])
        if self.left < 0:
            raise OSError(self.code, os.strerror(self.code))
        return os.write(fd, data)


def test_a_disk_that_fills_at_any_write_of_the_finishing_costs_nothing(path, monkeypatch):
    with SessionWriter(path, HEADER) as writer:
        writer.append(pattern(0, 9000))
        monkeypatch.setattr(guarded_file, "_write", FullDisk(1))
        with pytest.raises(
            SessionError, match=r"s\.h5.*which takes up to 1 MB.*No space left.*stance recover .*s\.h5`"
        ):
            finish(writer)
    journal = journal_path(path)
    kept, refused = journal.read_bytes(), 0
    while journal.exists():
        assert (only(path), journal.read_bytes()) == (["s.h5.journal"], kept)
        refused += 1
        monkeypatch.setattr(guarded_file, "_write", FullDisk(refused))
        try:
            recover(path)
        except SessionError as error:
            assert "No space left" in str(error)  # noqa: PT017 - every outcome but these two is a failure
    assert refused > 20
    assert_complete(path, 9000)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    good=st.integers(0, 12),
    calls=st.lists(st.tuples(st.sampled_from("wwr"), st.integers(0, 60), st.integers(0, 30)), max_size=25),
)
def test_a_guarded_file_behaves_like_memory_whatever_the_disk_does(path, good, calls):
    path.unlink(missing_ok=True)
    truth, file = io.BytesIO(), guarded_file.GuardedFile(path)
    disk = FullDisk(good)
    with pytest.MonkeyPatch.context() as patch, contextlib.closing(file):
        patch.setattr(guarded_file, "_write", disk)
        for number, (what, at, n) in enumerate(calls):
            if what == "w":
                for target in (file, truth):
                    target.seek(at)
                    target.write(bytes([number + 1]) * n)
            elif what == "r":
                file.seek(at)
                truth.seek(at)
                assert file.read(n) == truth.read(n).ljust(n, b"\0")
            assert file.seek(0, 2) == file.tell() >= len(truth.getvalue())
        if disk.left < 0:
            with pytest.raises(OSError, match="No space left"):
                file.check()
            with pytest.raises(OSError, match="No space left"):
                file.sync()


@pytest.mark.parametrize("what", ["_sync", "replace"])
def test_a_disk_that_fails_when_the_file_is_put_in_place_costs_nothing(path, monkeypatch, what):
    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with SessionWriter(path, HEADER) as writer:
        writer.append(pattern(0, 100))
        with monkeypatch.context() as patch:
            patch.setattr(*((guarded_file, "_sync") if what == "_sync" else (finalise_module.os, "replace")), fail)
            with pytest.raises(SessionError, match=r"Input/output error.*see to the disk"):
                finish(writer)
    assert only(path) == ["s.h5.journal"]
    assert recover(path).rows == 100
    assert_complete(path, 100)


def test_an_interrupt_during_the_finishing_costs_nothing(path, monkeypatch):
    calls = iter(range(100))

    def interrupt(fd, data):
        if next(calls) == 5:
            raise KeyboardInterrupt
        return os.write(fd, data)

    with SessionWriter(path, HEADER) as writer:
        writer.append(pattern(0, 100))
        with monkeypatch.context() as patch:
            patch.setattr(guarded_file, "_write", interrupt)
            with pytest.raises(KeyboardInterrupt):
                finish(writer)
    assert only(path) == ["s.h5.journal"]
    assert recover(path).rows == 100


def test_a_full_disk_at_the_start_leaves_no_trace(path, monkeypatch):
    monkeypatch.setattr("daq.journal._write", FullDisk(0))
    with pytest.raises(SessionError, match="No space left"):
        SessionWriter(path, HEADER)
    assert only(path) == []


def test_rows_that_rotted_in_the_journal_before_the_end_are_reported_and_the_rest_finished(path):
    with SessionWriter(path, HEADER) as writer:
        for at in range(0, 1000, RECORD):
            writer.append(pattern(at, at + RECORD))
        with journal_path(path).open("r+b") as file:
            file.seek(30_000)
            file.write(b"rotten")
        with pytest.raises(SessionError, match=r"all 1000 rows written.*journal is kept"):
            finish(writer)
    assert 0 < assert_prefix(path) < 1000
    result = recover(path)
    assert result.kept is not None
    assert only(path) == ["s.h5", "s.h5.journal.damaged1"]


def run_child(*args, **popen):
    return subprocess.Popen(
        [sys.executable, CHILD, *map(str, args)], stdout=subprocess.PIPE, text=True, cwd=CHILD.parents[2], **popen
    )


@pytest.mark.parametrize("limit", [(20_000,), (200_000,), (0, "late"), (5_000, "late"), (50_000, "late")])
def test_a_recorder_on_a_full_disk_ends_in_good_order(path, limit):
    """A file size limit stands in for a full disk: while recording, or when HDF5 is written."""
    pytest.importorskip("resource")
    with run_child(path, 10_000, *limit) as child:
        lines = child.stdout.read().splitlines()
        assert child.wait(60) == 2  # not a segmentation fault
    assert ("finishing" in lines) == ("late" in limit)
    assert lines[-1].startswith("refused: ")
    assert "File too large. All earlier data is kept: free some space, then type" in lines[-1]
    taken = max([int(line) for line in lines if line.isdigit()], default=0)
    assert only(path) == ["s.h5.journal"]
    assert taken <= recover(path).rows <= taken + RECORD
    assert_prefix(path)


def kill_at_random(path, rng, rows) -> tuple[int, list[str]]:
    """Start a recorder, kill it some time after it has got going, and tell what it had reported."""
    with run_child(path, rows) as child:
        first = child.stdout.readline()
        time.sleep(rng.uniform(0, 0.15))
        child.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        lines = [first, *child.stdout.readlines()]
    whole = [line.strip() for line in lines if line.endswith("\n")]
    return max(int(line) for line in whole if line.isdigit()), whole


@pytest.mark.validate
@pytest.mark.parametrize("trial", range(TRIALS))
def test_kill_9_loses_nothing_that_had_been_taken(path, trial):
    """Odd trials are short, so that many kills fall into the finishing."""
    rng = random.Random(trial)
    taken, lines = kill_at_random(path, rng, rows=rng.choice([100, 1000, 3000]) if trial % 2 else 0)
    if trial % 2:
        assert set(only(path)) <= {"s.h5", "s.h5.journal", "s.h5.tmp"}
    result = recover(path)
    assert taken <= result.rows <= taken + RECORD
    assert assert_prefix(path) == result.rows
    assert only(path) == ["s.h5"]
    if "finished" in lines:
        assert_complete(path, result.rows)


@pytest.mark.validate
def test_journals_cut_or_changed_at_random_give_only_what_was_written(path):
    rng = random.Random(1)
    whole = interrupted(path).read_bytes()
    for _ in range(4 * TRIALS):
        hurt = bytearray(whole[: rng.choice([len(whole), rng.randrange(len(whole))])])
        for _ in range(rng.randrange(4)):
            hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
        journal_path(path).write_bytes(hurt)
        reader = JournalReader(journal_path(path))
        whole_records = sum(1 for _ in reader)
        if not whole_records:
            with pytest.raises(SessionError):
                recover(path)
            continue
        result = recover(path)
        assert assert_prefix(path) == result.rows
        assert result.unusable_bytes == len(hurt) - reader.good_bytes
        for entry in list(path.parent.iterdir()):
            entry.unlink()
