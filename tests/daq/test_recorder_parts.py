"""Parts of the recorder that need no device: names, room on the disk, happenings, losing one's patience."""

import json
import os
import shutil
import threading
from collections import namedtuple
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import daq.disk
from analysis.protocol import get_protocol
from daq.chunk import Chunk
from daq.clock import DeviceClock
from daq.commands import Inbox
from daq.disk import Disk
from daq.errors import LinkError, SessionError
from daq.happenings import MOST_TEXT, Happenings
from daq.recording_names import Names, is_folder
from daq.rig import load_rig
from daq.session import SessionWriter, open_session
from daq.session_format import SessionHeader
from daq.take import Mark, Take
from daq.wire import Status

NOW = datetime(2026, 11, 23, 14, 15, 2)

# ---- names


def test_each_recording_in_a_folder_has_a_name_of_its_own(tmp_path):
    names = Names(str(tmp_path / "new") + os.sep, "Anna B.")
    assert names.folder == tmp_path / "new"
    assert names.expected == ""
    first = names.next(now=NOW)
    assert first == tmp_path / "new" / "2026-11-23_141502_Anna-B.h5"
    for taken, name in ((".h5", "_2"), ("_2.h5.journal", "_3"), ("_3.h5.tmp", "_4")):
        (first.parent / f"2026-11-23_141502_Anna-B{taken}").touch()
        assert names.next(now=NOW).name == f"2026-11-23_141502_Anna-B{name}.h5"
    assert Names(str(tmp_path)).next(now=NOW).name == "2026-11-23_141502.h5"


def test_a_runner_s_name_cannot_leave_the_folder(tmp_path):
    path = Names(str(tmp_path), "../../etc/passwd\0" + "x" * 300).next(now=NOW)
    assert path.parent == tmp_path
    path.touch()


def test_a_file_is_taken_as_it_is_once_and_then_numbered(tmp_path):
    names = Names(str(tmp_path / "s.h5"))
    assert names.expected == str(tmp_path / "s.h5")
    names.check()
    assert names.next() == names.next() == tmp_path / "s.h5"
    (tmp_path / "s.h5").touch()
    assert names.next() == tmp_path / "s.h5"  # refused by whoever opens it
    names.taken()
    assert names.next() == tmp_path / "s_2.h5"
    assert names.expected == ""
    with pytest.raises(SessionError, match="new session file"):
        names.check()


def test_names_that_are_asked_for(tmp_path):
    names = Names(str(tmp_path / "day") + "/")
    assert names.next("bare") == tmp_path / "day" / "bare.h5"
    assert names.next("bare.x") == tmp_path / "day" / "bare.x"
    assert names.next(str(tmp_path / "else.h5")) == tmp_path / "else.h5"
    assert names.next(str(tmp_path), now=NOW) == tmp_path / "2026-11-23_141502.h5"
    assert Names(None).next() is None
    assert Names(None).next("x.h5") == Path("x.h5")
    (tmp_path / "file").touch()
    with pytest.raises(SessionError, match="folder to record into"):
        Names(str(tmp_path / "file") + "/").check()
    assert not is_folder("")


@pytest.mark.parametrize("name", ["a\0b", "a" * 300, "a" * 250, "\ud800", "x/" * 5000, "a\0b/", "a" * 300 + "/"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name):
    begin = str(tmp_path) + os.sep
    for names, wanted in ((Names(begin), name), (Names(begin), begin + name), (Names(None), begin + name)):
        with pytest.raises(SessionError) as refused:
            names.next(wanted)
        assert len(str(refused.value)) < 1000
        assert str(refused.value).isprintable()
    with pytest.raises(SessionError):
        Names(begin + name).check()
    assert [*tmp_path.iterdir()] == []


# ---- disk

Usage = namedtuple("Usage", "total used free")


def test_room_counts_the_finished_file_too_and_is_looked_at_once_a_second(monkeypatch, tmp_path):
    looks = []

    def usage(place):
        looks.append(place)
        if not Path(place).exists():
            raise FileNotFoundError(place)
        return Usage(10_000, 0, 7_000)

    now = [100.0]
    monkeypatch.setattr(shutil, "disk_usage", usage)
    monkeypatch.setattr(daq.disk, "host_now", lambda: now[0])
    disk = Disk()
    room = disk.room(tmp_path / "to come", 1_000, 100.0)
    assert (room.free_bytes, room.left_s) == (7_000, 30.0)
    assert looks == [tmp_path / "to come", tmp_path]
    now[0] += 0.9
    assert disk.room(tmp_path / "to come", 8_000, 100.0).left_s == 0.0
    assert len(looks) == 2
    now[0] += 0.2
    disk.room(tmp_path / "to come", 0, 100.0)
    assert len(looks) == 4
    assert disk.room(None, 0, 100.0) is None


def test_a_disk_that_does_not_tell_is_no_error(monkeypatch, tmp_path):
    def refuse(_):
        raise PermissionError

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert Disk().room(tmp_path, 0, 1.0) is None


# ---- happenings


@pytest.mark.parametrize("text", ["x", "ä" * 2 * MOST_TEXT, "\0" * MOST_TEXT, "\N{PILE OF POO}" * 300])
def test_pages_fit_into_an_answer_and_together_hold_everything(text):
    happened = Happenings()
    for number in range(1000):
        happened.add(float(number), "note", text)
    happened.gap(1000.0, 1)
    happened.gap(1001.0, -1)
    seen, page = [], {"next": 0, "more": True}
    while page["more"]:
        page = happened.page(page["next"])
        assert len(json.dumps(page)) < 150_000
        seen += page["happenings"]
    assert [one["time_s"] for one in seen] == [float(number) for number in range(1002)]
    assert [(one["kind"], one["text"]) for one in seen[-2:]] == [
        ("gap", "1 frame lost"),
        ("reset", "the device was reset"),
    ]
    assert happened.page(-5)["happenings"] == happened.page(0)["happenings"]
    assert happened.page(10**9) == {"happenings": [], "next": 1002, "more": False}


# ---- commands


def test_who_gives_up_is_known_to_the_recorder(monkeypatch):
    monkeypatch.setattr("daq.commands.REPLY_S", 0.0)
    inbox, taken = Inbox(), threading.Event()
    found = []

    def record():
        while not found:
            found.extend(inbox.waiting())
        taken.set()

    thread = threading.Thread(target=record)
    thread.start()
    with pytest.raises(LinkError, match=r"within 0.3 s"):
        inbox.ask("tare", {}, extra_s=0.3)
    thread.join()
    assert found[0].given_up.is_set()
    assert not found[0].future.done()


# ---- takes that follow each other


def frames(first_tick, n, boot):
    row = np.arange(n)
    return Chunk(
        counts=np.zeros((n, 8), np.int32), seq=row, tick=first_tick + 2000 * row, boot=np.full(n, boot, np.uint16),
        status=np.zeros(n, np.uint8), belt=np.zeros(n, np.int64),
        gap_row=np.empty(0, np.int64), gap_lost=np.empty(0, np.int64),
    )  # fmt: skip


def test_a_take_that_begins_with_a_reboot_begins_behind_the_one_before(tmp_path):
    rig, clock = load_rig("virtual"), DeviceClock(2e6, boot=1)
    header = SessionHeader(sample_rate_Hz=1000.0, tick_rate_Hz=2e6, rig_text=rig.text)
    before = Take(None, header, rig, get_protocol(), clock)
    before.feed(frames(500_000, 100, boot=1), arrived_s=1.0)
    after = Take(tmp_path / "s.h5", header, rig, get_protocol(), clock, before.last_tick)
    assert (after.duration_s, after.first_tick, after.rows) == (0.0, 0, 0)
    after.feed(frames(0, 50, boot=2), arrived_s=2.0)
    assert after.first_tick > before.last_tick
    assert after.duration_s == pytest.approx(0.049)
    after.mark(Mark("marker", "now"))
    assert after.happenings.page(0)["happenings"] == [
        {"time_s": pytest.approx(0.05), "kind": "marker", "text": "now"},
    ]
    after.finish()
    with open_session(tmp_path / "s.h5") as session:
        assert session.session_ticks()[0] == after.first_tick


def test_saturated_samples_are_counted_once_each():
    rig, clock = load_rig("virtual"), DeviceClock(2e6, boot=1)
    header = SessionHeader(sample_rate_Hz=1000.0, tick_rate_Hz=2e6, rig_text=rig.text)
    take = Take(None, header, rig, get_protocol(), clock)
    chunk = frames(0, 100, boot=1)
    chunk.counts[10:13, :3] = (1 << 23) - 1
    chunk.status[12:15] = Status.SATURATED
    chunk.status[40] = Status.ADC_CRC
    take.feed(chunk, arrived_s=0.0)
    assert (take.analyser.saturated, take.analyser.adc_errors) == (5, 1)


# ---- what is kept for windows


def test_large_particulars_of_the_step_table_survive(tmp_path):
    """An attribute of HDF5 that is written the old way ends at 64 KB."""
    extra = {"missing": {f"column_{n}": "ä" * 500 for n in range(400)}}
    with SessionWriter(tmp_path / "s.h5", SessionHeader(sample_rate_Hz=1000.0, tick_rate_Hz=2e6)) as writer:
        writer.finish({"step": []}, {"algorithm_version": "1", "protocol": {}, **extra}, {"text": "y" * 300_000})
    with open_session(tmp_path / "s.h5") as session:
        assert session.steps_attrs["missing"] == extra["missing"]
        assert session.summary["text"] == "y" * 300_000
