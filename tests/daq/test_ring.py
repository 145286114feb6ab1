"""The ring against a plain list, against half-finished writes, and between real processes."""

import errno
import multiprocessing
import os
import struct
import subprocess
import sys
import threading
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq import ring as ring_module
from daq import ring_segment
from daq.errors import LinkError
from daq.ring import _COMMITTED, _RESERVED, Ring, RingReader

ROW = np.dtype(("<i8", (8,)))
PUSHES = 30_000


def pattern(start: int, stop: int) -> np.ndarray:
    """Rows that tell their own index in every column."""
    return np.arange(start * 8, stop * 8, dtype="<i8").reshape(-1, 8)


@pytest.fixture
def ring():
    with Ring.create(8, ROW) as made:
        yield made


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.integers(1, 9),
    steps=st.lists(st.tuples(st.sampled_from("pprl"), st.integers(0, 30)), max_size=40),
)
def test_any_sequence_of_calls_equals_a_list(capacity, steps):
    everything: list[int] = []
    delivered: list[int] = []
    with Ring.create(capacity, "<i8") as made:
        reader = made.reader(0)
        for what, n in steps:
            if what == "p":
                made.push(np.arange(len(everything), len(everything) + n, dtype="<i8"))
                everything += range(len(everything), len(everything) + n)
            elif what == "r":
                before = reader.index
                got = reader.read(limit=n if n % 3 else None)
                delivered += got.tolist()
                assert got.tolist() == everything[reader.index - len(got) : reader.index]
                assert before <= reader.index <= len(everything)
            else:
                assert made.latest(n).tolist() == everything[-capacity:][-n:] if n else not len(made.latest(0))
        delivered += reader.read().tolist()
        assert len(delivered) + reader.overrun == len(everything) == made.written
        assert delivered == sorted(set(delivered))


def test_a_push_larger_than_the_ring_keeps_its_end_and_counts_the_rest(ring):
    reader = ring.reader()
    ring.push(pattern(0, 3))
    ring.push(pattern(3, 30))
    np.testing.assert_array_equal(reader.read(), pattern(22, 30))
    assert (reader.index, reader.overrun) == (30, 22)


def half_push(ring: Ring, n: int) -> None:
    """Leave the ring as it is in the middle of a push: reserved, rows partly overwritten, not committed."""
    start = ring.written
    ring._counters[_RESERVED] = start + n
    for i in range(start, start + n):
        ring._rows[i % ring.capacity] = -1


def test_rows_being_overwritten_are_never_returned_though_the_commit_counter_says_they_are_there(ring):
    ring.push(pattern(0, 8))
    half_push(ring, 3)
    assert ring._counters[_COMMITTED] == 8  # all that a reader with a single counter could look at
    assert (ring._copy(0, 8)[:3] == -1).all()  # and what it would have returned
    data, next_index, overrun = ring.read(0)
    np.testing.assert_array_equal(data, pattern(3, 8))
    assert (next_index, overrun) == (8, 3)
    np.testing.assert_array_equal(ring.latest(8), pattern(3, 8))


@pytest.mark.parametrize("pushed", [1, 5, 8, 11])
def test_a_push_during_the_copy_is_noticed_after_it(ring, monkeypatch, pushed):
    ring.push(pattern(0, 8))
    copy = ring._copy

    def interrupted(start, stop):
        half_push(ring, pushed)
        return copy(start, stop)

    monkeypatch.setattr(ring, "_copy", interrupted)
    data, next_index, overrun = ring.read(0)
    np.testing.assert_array_equal(data, pattern(min(pushed, 8), 8))
    assert (next_index, overrun) == (8, min(pushed, 8))


def test_structured_rows_survive_the_way_through_another_handle():
    kind = np.dtype([("tick", "<i8"), ("force_N", "<f8", (6,)), ("status", "u1")])
    rows = np.zeros(5, kind)
    rows["tick"], rows["force_N"], rows["status"] = np.arange(5), np.arange(30).reshape(5, 6), 7
    with Ring.create(100, kind) as writer:
        writer.push(rows)
        other = Ring.attach(writer.name, kind)
        assert other.dtype == kind
        np.testing.assert_array_equal(other.latest(100), rows)
        other.close()


def test_readers_see_the_end_only_when_they_have_read_everything(ring):
    other = Ring.attach(ring.name)
    reader = other.reader()
    ring.push(pattern(0, 2))
    assert not other.ended
    ring.end()
    assert other.ended
    assert not reader.ended
    reader.read()
    assert reader.ended
    with pytest.raises(RuntimeError, match="until it ends"):
        ring.push(pattern(2, 3))
    other.close()


def test_only_the_creator_writes_and_only_rows_of_the_right_kind(ring):
    other = Ring.attach(ring.name)
    with pytest.raises(RuntimeError, match="only the creator"):
        other.push(pattern(0, 1))
    other.close()
    assert not ring.ended  # a reader that goes does not end it
    for wrong in (np.zeros((2, 8), "<i4"), np.zeros((2, 7), "<i8"), np.zeros(8, "<i8")):
        with pytest.raises(ValueError, match="the ring holds"):
            ring.push(wrong)
    assert ring._counters[_RESERVED] == 0


@pytest.mark.parametrize("since", [-1, 3])
def test_reading_rows_that_do_not_exist_yet_is_a_mistake(ring, since):
    ring.push(pattern(0, 2))
    with pytest.raises(ValueError, match="is not one of the 2"):
        ring.read(since)


@pytest.mark.parametrize(("capacity", "dtype"), [(0, "i4"), (4, object), (4, "V0")])
def test_impossible_rings_are_refused(capacity, dtype):
    with pytest.raises(ValueError, match="a ring needs"):
        Ring.create(capacity, dtype)


def damaged(change) -> str:
    made = Ring.create(4, ROW)
    change(made._segment.buf)
    return made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.__setitem__(0, 0), "no ring of stance"),
        (lambda b: b.__setitem__(slice(8, 12), struct.pack("<I", 9)), "version 9"),
        (lambda b: b.__setitem__(slice(16, 24), struct.pack("<Q", 1 << 40)), "does not fit"),
        (lambda b: b.__setitem__(slice(256, 260), b"(((("), "expected a shared ring"),
    ],
)
def test_attaching_to_something_else_says_what_it_is(change, message):
    made = damaged(change)
    with pytest.raises(LinkError, match=message):
        Ring.attach(made.name)
    made.close()
    made.unlink()


def test_attaching_checks_name_size_and_type(ring):
    with pytest.raises(LinkError, match="not of float64"):
        Ring.attach(ring.name, "f8")
    with pytest.raises(LinkError, match="stance record"):
        Ring.attach("no_such_ring")
    foreign = SharedMemory(create=True, size=16)
    message = "too small" if foreign.size < 256 else "no ring of stance"  # some systems round up to a page
    with pytest.raises(LinkError, match=message):
        Ring.attach(foreign.name)
    foreign.close()
    foreign.unlink()


def test_a_name_is_given_once(ring):
    with pytest.raises(LinkError, match="free name"):
        Ring.create(4, ROW, ring.name)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system reserves shared memory by itself")
def test_full_shared_memory_is_an_error_and_leaves_no_name(monkeypatch):
    def full(fd, offset, length):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    name = f"stance_{os.getpid():x}"
    with pytest.raises(LinkError, match="No space left"):
        Ring.create(4, ROW, name)
    with pytest.raises(LinkError, match="stance record"):
        Ring.attach(name)


def test_close_and_unlink_can_be_repeated_in_any_order():
    made = Ring.create(4, ROW)
    other = Ring.attach(made.name)
    made.push(pattern(0, 2))
    made.unlink()
    np.testing.assert_array_equal(other.latest(9), pattern(0, 2))  # who is attached keeps the rows
    for handle in (made, other, made, other):
        handle.close()
        handle.unlink()
    assert not len(made._rows)
    with pytest.raises(LinkError):
        Ring.attach(made.name)


ATTACH_AND_GO = """
import multiprocessing, sys
from daq.ring import Ring
def attach(name):
    ring = Ring.attach(name)
    assert ring.latest(4).tolist() == [1, 2, 3]
if __name__ == "__main__":
    attach(sys.argv[1])
    child = multiprocessing.get_context("spawn").Process(target=attach, args=(sys.argv[1],))
    child.start()
    child.join()
    sys.exit(child.exitcode)
"""


def test_processes_that_attach_and_go_leave_the_ring_to_its_owner(tmp_path):
    script = tmp_path / "attach.py"
    script.write_text(ATTACH_AND_GO)
    with Ring.create(4, "<i8") as made:
        made.push(np.array([1, 2, 3]))
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, script, made.name], capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
        Ring.attach(made.name).close()


CREATE_AND_GO = """
import multiprocessing
from daq.ring import Ring
def attach(name):
    Ring.attach(name).close()
if __name__ == "__main__":
    with Ring.create(4, "<i8") as ring:
        Ring.attach(ring.name).close()
        child = multiprocessing.get_context("spawn").Process(target=attach, args=(ring.name,))
        child.start()
        child.join()
"""


def test_the_owner_leaves_nothing_behind_and_no_warning(tmp_path):
    script = tmp_path / "create.py"
    script.write_text(CREATE_AND_GO)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def hammer_writer(name_pipe, barrier, seed):
    sizes = np.random.default_rng(seed).integers(1, 160, PUSHES)
    sizes[::1000] = 700  # more than the ring holds
    block = pattern(0, 700)
    with Ring.create(512, ROW) as made:
        for pipe in name_pipe:
            pipe.send(made.name)
        barrier.wait(60)
        at = 0
        for n in sizes.tolist():
            made.push(block[:n] + at * 8)
            at += n
        made.end()
        barrier.wait(60)  # until every reader has drained it


def hammer_reader(pipe, barrier, results):
    made = Ring.attach(pipe.recv(), ROW)
    reader: RingReader = made.reader(0)
    barrier.wait(60)
    delivered = torn = reads = 0
    while not reader.ended:
        data = reader.read()
        stop = reader.index
        torn += not np.array_equal(data, pattern(stop - len(data), stop))
        newest = made.latest(100)
        torn += (
            not np.array_equal(newest, pattern(newest[0, 0] // 8, newest[0, 0] // 8 + len(newest)))
            if len(newest)
            else 0
        )
        delivered += len(data)
        reads += 2
    results.put((delivered, reader.overrun, made.written, torn, reads))
    barrier.wait(60)
    made.close()


def test_one_writing_and_three_reading_processes_never_tear_and_count_every_row():
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(4), context.Queue()
    pipes = [context.Pipe(duplex=False) for _ in range(3)]
    workers = [context.Process(target=hammer_writer, args=([w for _, w in pipes], barrier, 1))]
    workers += [context.Process(target=hammer_reader, args=(r, barrier, results)) for r, _ in pipes]
    for worker in workers:
        worker.start()
    seen = [results.get(timeout=120) for _ in range(3)]
    for worker in workers:
        worker.join(60)
    for end in (end for pair in pipes for end in pair):
        end.close()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    for delivered, overrun, written, torn, reads in seen:
        assert torn == 0
        assert delivered + overrun == written > 1_000_000
        assert reads > 100
    assert sum(overrun for _, overrun, *_ in seen) > 0  # the readers were really lapped


def test_processors_that_reorder_memory_get_fences(ring, monkeypatch):
    fences = []
    monkeypatch.setattr("daq.ring._REORDERS", True)
    monkeypatch.setattr("daq.ring._fence", lambda f=ring_module._fence: (fences.append(ring.written), f()))
    ring.push(pattern(0, 2))
    assert fences == [0, 0]  # both between reserving and committing
    np.testing.assert_array_equal(ring.read(0).data, pattern(0, 2))
    assert len(fences) == 4


def test_while_one_thread_attaches_another_still_creates_tracked_memory(monkeypatch):
    seen = []
    monkeypatch.setattr(resource_tracker, "register", lambda name, kind: seen.append(name))
    with ring_segment._untracked():
        resource_tracker.register("attached", "shared_memory")
        other = threading.Thread(target=lambda: resource_tracker.register("created", "shared_memory"))
        other.start()
        other.join(60)
    resource_tracker.register("later", "shared_memory")
    assert seen == ["created", "later"]
