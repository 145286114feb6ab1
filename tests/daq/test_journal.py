"""The journal: what comes back is always a prefix of what went in, whatever happens to the file or the disk."""

import errno
import os
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daq import journal as journal_module
from daq.errors import SessionError
from daq.journal import CRC, HEAD, MAX_PAYLOAD, JournalWriter, open_locked
from daq.journal_reader import JournalReader

RECORD = HEAD.size + CRC.size
PAYLOADS = [b"", b"a", b"header", bytes(range(256)), b"\x9dSJ\n" * 9, np.arange(100).tobytes()]


def write(path, payloads=PAYLOADS):
    with_closed = JournalWriter(path)
    for i, payload in enumerate(payloads):
        with_closed.append(i, payload, n=len(payload))
    with_closed.close()
    return path


def read(path):
    reader = JournalReader(path)
    return [record.payload for record in reader], reader


def assert_prefix(path, payloads=PAYLOADS):
    """Whatever is read is what was written, from the start; and the byte counts agree with it."""
    found, reader = read(path)
    assert found == payloads[: len(found)]
    assert reader.good_bytes == sum(RECORD + len(payload) for payload in found)
    assert reader.good_bytes + reader.unusable_bytes == path.stat().st_size
    return len(found)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.h5.journal"


def test_records_come_back_as_they_went_in_even_while_the_journal_is_open(path):
    before = time.time_ns()
    writer = JournalWriter(path)
    for i, payload in enumerate(PAYLOADS):
        writer.append(i + 7, payload, n=i)
        reader = JournalReader(path)
        records = list(reader)
        assert [(r.kind, r.n, r.seq, r.payload) for r in records] == [(k + 7, k, k, PAYLOADS[k]) for k in range(i + 1)]
        assert reader.good_bytes == reader.size == writer.size
        assert before <= records[-1].time_ns <= time.time_ns()
    writer.close()
    assert list(reader) == records  # a reader can be asked again


def test_cut_at_any_byte_every_whole_record_before_the_cut_is_read(path):
    whole = write(path).read_bytes()
    ends = np.cumsum([RECORD + len(payload) for payload in PAYLOADS])
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        assert assert_prefix(path) == np.searchsorted(ends, cut, side="right")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_anywhere_never_give_a_record_that_was_not_written(path, data):
    path.unlink(missing_ok=True)
    whole = bytearray(write(path).read_bytes())
    at = data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4, unique=True))
    for i in at:
        whole[i] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    ends = np.cumsum([RECORD + len(payload) for payload in PAYLOADS])
    assert assert_prefix(path) == np.searchsorted(ends, min(at), side="right")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=300), after_magic=st.booleans(), good=st.integers(0, 3))
def test_garbage_is_never_an_error(path, garbage, after_magic, good):
    path.unlink(missing_ok=True)
    start = write(path, PAYLOADS[:good]).read_bytes()
    path.write_bytes(start + (journal_module.MAGIC if after_magic else b"") + garbage)
    assert assert_prefix(path) == good
    JournalReader(path).more_behind_the_damage()


def test_an_absurd_length_costs_no_memory(path):
    write(path, [b"x"])
    sizes = (MAX_PAYLOAD, MAX_PAYLOAD + 1, (1 << 32) - 1)
    for length in sizes:
        head = HEAD.pack(journal_module.MAGIC, JournalReader(path).journal_id, 1, 1, 1, length, 1, 0)
        path.write_bytes(path.read_bytes()[: RECORD + 1] + head + CRC.pack(0) + bytes(1000))
        tracemalloc.start()
        assert assert_prefix(path, [b"x"]) == 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1 << 22


def test_a_record_missing_in_the_middle_ends_the_reading_though_every_checksum_is_right(path):
    whole = write(path).read_bytes()
    first, second = RECORD, RECORD + 1
    path.write_bytes(whole[:first] + whole[first + second :])
    assert assert_prefix(path) == 1
    reader = read(path)[1]
    assert reader.more_behind_the_damage()


def test_records_of_another_journal_are_not_taken_for_ours(path, tmp_path):
    ours, others = write(path).read_bytes(), write(tmp_path / "other").read_bytes()
    path.write_bytes(ours[:RECORD] + others[RECORD:])  # an old file's blocks, left behind by a power loss
    assert assert_prefix(path) == 1


def test_a_torn_end_and_damage_in_the_middle_are_told_apart(path):
    whole = bytearray(write(path).read_bytes())
    path.write_bytes(whole[:-1])
    reader = read(path)[1]
    assert (reader.unusable_bytes, reader.more_behind_the_damage()) == (RECORD + len(PAYLOADS[-1]) - 1, False)
    for at in (5, RECORD + 3):  # in the very first record, and in a later one
        hurt = bytearray(whole)
        hurt[at] ^= 1
        path.write_bytes(hurt)
        reader = read(path)[1]
        assert reader.more_behind_the_damage() == (at > 8)  # without the id nothing can be told


def fail_after(monkeypatch, n_bytes, code=errno.ENOSPC):
    """A disk that takes so many bytes more and then is full, as the kernel does it: first short, then an error."""
    left = [n_bytes]
    real = os.write

    def write_some(fd, data):
        if not left[0]:
            raise OSError(code, os.strerror(code))
        take = min(left[0], len(data))
        left[0] -= take
        return real(fd, data[:take])

    monkeypatch.setattr(journal_module, "_write", write_some)


@pytest.mark.parametrize("room", [0, 1, RECORD, RECORD + 50])
def test_on_a_full_disk_all_earlier_records_stay_and_the_error_says_what_to_do(path, monkeypatch, room):
    writer = JournalWriter(path)
    writer.append(1, b"kept")
    fail_after(monkeypatch, room)
    with pytest.raises(
        SessionError, match=r"s\.h5\.journal.*No space left.*earlier data is kept.*stance recover .*s\.h5`"
    ):
        writer.append(2, bytes(100))
    assert path.stat().st_size == RECORD + 4  # cut back to the last whole record
    monkeypatch.setattr(journal_module, "_write", os.write)
    with pytest.raises(SessionError, match="No space left"):
        writer.append(3, b"a hole in the middle would be worse")
    writer.close()
    assert assert_prefix(path, [b"kept"]) == 1


def test_if_it_cannot_even_be_cut_back_the_reader_stops_by_itself(path, monkeypatch):
    writer = JournalWriter(path)
    writer.append(1, b"kept")
    fail_after(monkeypatch, 20)

    def refuse(fd, size):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "ftruncate", refuse)
    with pytest.raises(SessionError):
        writer.append(2, bytes(100))
    writer.close()
    found, reader = read(path)
    assert (found, reader.unusable_bytes) == ([b"kept"], 20)


def test_a_disk_that_takes_writes_in_pieces_is_fine(path, monkeypatch):
    real = os.write
    monkeypatch.setattr(journal_module, "_write", lambda fd, data: real(fd, data[:7]))
    assert assert_prefix(write(path)) == len(PAYLOADS)


@pytest.mark.parametrize("written", [0, 10, RECORD + 3])
def test_an_interrupt_during_an_append_leaves_no_hole(path, monkeypatch, written):
    writer = JournalWriter(path)
    writer.append(1, b"one")
    real = os.write

    def interrupted(fd, data):
        real(fd, data[:written])
        raise KeyboardInterrupt

    monkeypatch.setattr(journal_module, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.append(1, b"two")
    monkeypatch.setattr(journal_module, "_write", real)
    writer.append(1, b"three")
    writer.close()
    assert assert_prefix(path, [b"one", b"three"]) == 2


def test_an_interrupt_before_the_end_leaves_no_torn_record(path, monkeypatch):
    writer = JournalWriter(path)
    writer.append(1, b"one")

    def interrupted(fd, data):
        os.write(fd, data[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(journal_module, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.append(1, b"two")
    writer.close()
    assert path.stat().st_size == RECORD + 3


def test_a_sync_that_fails_on_the_side_thread_is_raised_at_the_next_append(path, monkeypatch):
    def broken(fd):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(journal_module, "_sync", broken)
    writer = JournalWriter(path, sync_every_s=0.001)
    writer.append(1, b"one")
    writer._syncer.join(60)
    with pytest.raises(SessionError, match=r"Input/output error.*see to the disk"):
        writer.append(1, b"two")
    with pytest.raises(SessionError, match="Input/output error"):
        writer.sync()
    writer.close()
    assert assert_prefix(path, [b"one"]) == 1


def test_the_side_thread_syncs_what_was_appended_and_rests_otherwise(path, monkeypatch):
    synced = []
    monkeypatch.setattr(journal_module, "_sync", synced.append)
    writer = JournalWriter(path, sync_every_s=0.001)
    time.sleep(0.02)
    assert not synced
    writer.append(1, b"one")
    deadline = time.monotonic() + 60
    while not synced and time.monotonic() < deadline:
        time.sleep(0.001)
    assert synced
    monkeypatch.undo()
    writer.close()


def test_a_sync_that_fails_at_the_end_is_raised_there_and_the_file_is_closed(path, monkeypatch):
    writer = JournalWriter(path)
    writer.append(1, b"one")

    def broken(fd):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(journal_module, "_sync", broken)
    with pytest.raises(SessionError, match="Input/output error"):
        writer.close()
    writer.close()
    assert open_and_close(path)


def test_a_closed_journal_takes_nothing(path):
    writer = JournalWriter(path)
    writer.close()
    writer.close()
    with pytest.raises(SessionError, match="closed"):
        writer.append(1, b"late")


def test_a_payload_that_no_reader_would_believe_is_refused(path):
    writer = JournalWriter(path)
    with pytest.raises(ValueError, match="67108865 bytes"):
        writer.append(1, bytes(MAX_PAYLOAD + 1))
    writer.append(1, b"x")
    writer.close()
    assert assert_prefix(path, [b"x"]) == 1


def test_nothing_is_overwritten_and_no_directory_is_made_up(path, tmp_path):
    path.write_bytes(b"precious")
    with pytest.raises(SessionError, match=r"unfinished session.*stance recover .*s\.h5`"):
        JournalWriter(path)
    assert path.read_bytes() == b"precious"
    with pytest.raises(SessionError, match="No such file"):
        JournalWriter(tmp_path / "missing" / "s.h5.journal")
    with pytest.raises(SessionError, match=r"Not a directory|No such file"):
        JournalWriter(path / "s.h5.journal")
    with pytest.raises(SessionError, match="can be read"):
        JournalReader(tmp_path / "missing")


def open_and_close(path) -> bool:
    file = open_locked(path)
    held = file.held
    file.close()
    file.close()
    return held


def test_the_lock_is_held_while_the_journal_is_open(path):
    writer = JournalWriter(path)
    assert not open_and_close(path)
    assert not open_and_close(path)  # a refused attempt takes nothing away
    writer.append(1, b"x")
    assert assert_prefix(path, [b"x"]) == 1  # readers need no lock
    writer.close()
    assert open_and_close(path)


FORK = """
import os, sys, time
from pathlib import Path
from daq.journal import JournalWriter
writer = JournalWriter(Path(sys.argv[1]))
writer.append(1, b"x")
child = os.fork()
if not child:
    sys.stdin.read()  # outlives the recorder, as a forked window would
    os._exit(0)
print("forked", flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_that_outlives_a_killed_recorder_does_not_keep_the_lock(path):
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORK, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"forked\n"
        assert process.wait(60) == -9
        assert open_and_close(path)
        process.stdin.close()


def test_file_systems_without_locks_are_recorded_on_all_the_same(path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def unknown(fd, how):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", unknown)
    assert assert_prefix(write(path)) == len(PAYLOADS)
