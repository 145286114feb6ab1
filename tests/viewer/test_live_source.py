"""A window's view of a true recorder: what it has is what was recorded, and it knows when nobody is there any more."""

import os
import signal
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from system.recorders import running, until

import daq.quality_watch
from analysis.setup import Runner
from analysis.steps import StepTable
from daq.live import LiveRings
from daq.recorder import Recorder, RecordOptions
from daq.recorder_process import RecorderProcess
from daq.recorders import running_recorders
from daq.session import open_session
from viewer.sources.live_source import CURVES_KEPT, LiveSource

SLOW = "virtual://virtual?seed=2"
RUN = f"{SLOW}&speed=10"
EMPTY = "virtual://virtual?load=none&offset_N=200&speed=10"
RATE = 1000
posix = pytest.mark.skipif(os.name != "posix", reason="stops and kills processes")


@pytest.fixture
def options(tmp_path):
    runner = Runner(mass_kg=82.9, name="R07", belt_speed_m_s=3.9)
    return RecordOptions(rig="virtual", port=RUN, out=str(tmp_path / "s.h5"), subject=runner)


@pytest.fixture
def given_out(monkeypatch):
    """(origin, output) of everything that recorders in this process give to their windows."""
    found, share = [], LiveRings.push
    monkeypatch.setattr(LiveRings, "push", lambda rings, output: (found.append((rings._origin, output)),
                                                                  share(rings, output)))  # fmt: skip
    return found


@contextmanager
def recorder_here(options, **changes):
    """A recorder in a thread, and the card by which windows find it."""
    ready = []
    recorder = Recorder(replace(options, **changes), on_ready=ready.append)
    with running(recorder):
        file = until(lambda: ready and ready[0])
        yield recorder, next(info for info in running_recorders() if info.file == file)


@contextmanager
def recorder_apart(options, **changes):
    """A recorder in a process of its own, killed at the end if it is still there."""
    recorder = RecorderProcess(replace(options, **changes))
    try:
        with recorder.connect():
            yield recorder, next(info for info in running_recorders() if info.pid == recorder.pid)
    finally:
        if recorder.alive:
            os.kill(recorder.pid, signal.SIGCONT)
            os.kill(recorder.pid, signal.SIGKILL)
        recorder._process.join()


def watch(source, condition, timeout_s=30.0):
    """Look as often as a window does, until something is seen."""
    return until(lambda: (source.update(), condition())[1], timeout_s)


def watch_to_the_end(source):
    watch(source, lambda: source.ended)
    source.update()


def obeyed(source, command, **args):
    """Give a command; what went wrong with it, or nothing."""
    source.commands.send(command, **args)
    ((answered, wrong),) = watch(source, source.commands.answers)
    assert answered == command
    return wrong


def check_samples(source, given_out, first=0):
    """Every sample is that of the pipeline, at its time, and what is missing is NaN."""
    outputs = [output for origin, output in given_out if origin == source.take]
    live = [output.live for output in outputs]
    tick = np.concatenate([part.tick for part in live]) - source.take
    wrench = np.concatenate([part.wrench for part in live], axis=2).astype(np.float32)
    contact = np.concatenate([part.contact for part in live], axis=1)
    index = np.rint(tick * (RATE / source._tick_rate)).astype(int)
    got = source.samples(source.first_s, source.last_s + 1)
    assert (got.start, got.start + got.contact.shape[1]) == (max(first, index[0]), index[-1] + 1)
    there = np.zeros(index[-1] + 1, bool)
    there[index] = True
    kept = index >= got.start
    np.testing.assert_array_equal(got.wrench[:, :, index[kept] - got.start], wrench[:, :, kept])
    np.testing.assert_array_equal(got.contact[:, index[kept] - got.start], contact[:, kept])
    assert np.isnan(got.wrench[:, :, ~there[got.start :]]).all()
    return int((~there[got.start :]).sum())


def check_curves(source, given_out):
    curves = {}
    for origin, output in given_out:
        if origin == source.take:
            curves |= dict(zip(output.curves.step.tolist(), output.curves.values, strict=True))
    steps = source.table["step"]
    np.testing.assert_array_equal(source.curves(steps).values, np.array([curves[step] for step in steps.tolist()]))
    assert np.isnan(source.curves(np.array([10**6])).values).all()


def check_rows(source, path):
    """Those of the session, bit for bit, but for the last ones, which only its end brings."""
    with open_session(path) as session:
        stored = StepTable(session.steps())
    shown = source.table
    assert stored.rows - 4 <= shown.rows <= stored.rows
    assert shown.equals(stored.select(np.arange(shown.rows)))
    return shown


def test_it_shows_what_is_recorded(options, given_out, tmp_path):
    with recorder_here(options) as (recorder, info), closing(LiveSource(info)) as source:
        assert (source.facts.rig, source.facts.runner, source.facts.belt_speed_m_s) == ("virtual", "R07", 3.9)
        assert source.live
        assert source.status.state == "recording"
        watch(source, lambda: source.table.rows > 40)
        assert source.bw_N == pytest.approx(82.9 * 9.80665)
        recorder.ask("stop")
        watch_to_the_end(source)
        assert (source.status.state, source.status.session) == ("ended", options.out)
        assert check_rows(source, options.out).rows > 40
        assert check_samples(source, given_out) == 0
        check_curves(source, given_out)
        assert source.first_s < 0.1  # the filter's half length
        assert source.last_s == pytest.approx(source.status.elapsed_s, abs=10 * 0.5)


def test_gaps_are_missing_samples_and_happenings(options, given_out):
    with recorder_here(options, port=RUN + "&drop=2e-3") as (recorder, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.last_s > 12 and len(source.happenings) > 8)
        recorder.ask("stop")
        watch_to_the_end(source)
        lost = check_samples(source, given_out)
        check_rows(source, options.out)
        assert source.status.lost > 8
    with open_session(options.out) as session:
        assert lost > session.gaps.lost.sum() > 8  # behind each the filter begins anew
        ticks = session.session_ticks()
        times = (ticks[session.gaps.row] - ticks[0]) / session.header.tick_rate_Hz
    told = [one for one in source.happenings if one.kind == "gap"]
    assert [one.time_s for one in told] == pytest.approx(times[: len(told)].tolist())


def test_a_reboot_is_a_hole(options, given_out):
    with (
        recorder_here(options, port=RUN + "&reset_at_s=4&boot_s=1") as (recorder, info),
        closing(LiveSource(info)) as source,
    ):
        watch(source, lambda: source.last_s > 12 and source.status.resets == 1)
        recorder.ask("stop")
        watch_to_the_end(source)
        assert check_samples(source, given_out) > 0
        check_rows(source, options.out)
        assert "reset" in [one.kind for one in source.happenings]


def test_commands_are_carried_out_and_their_marks_come_back(options):
    with recorder_here(options) as (_, info), closing(LiveSource(info)) as source:
        assert obeyed(source, "bout", name="Pose") == ""
        assert obeyed(source, "marker", text="3") == ""
        assert obeyed(source, "note", text="left shoe untied") == ""
        watch(source, lambda: len(source.happenings) == 3)
        assert source.status.bout == "Pose"
        assert "records already" in obeyed(source, "start")
        assert "expected an empty belt" in obeyed(source, "tare")
        assert "Did you mean marker" in obeyed(source, "maker")
        assert obeyed(source, "stop") == ""
        watch_to_the_end(source)
        assert obeyed(source, "marker", text="too late") != ""
        told = [(one.kind, one.text, one.time_s) for one in source.happenings]
    with open_session(options.out) as session:
        events = [event for event in session.events if event.kind != "system"]
        ticks = session.session_ticks()
        times = [(ticks[event.row] - ticks[0]) / session.header.tick_rate_Hz for event in events]
    assert [(kind, text) for kind, text, _ in told] == [(event.kind, event.text) for event in events]
    assert [time_s for *_, time_s in told] == pytest.approx(times, abs=1e-6)


def test_a_tare_is_seen_under_way_and_in_the_record(options):
    with recorder_here(options, port=EMPTY) as (_, info), closing(LiveSource(info)) as source:
        source.commands.send("tare", seconds="10")
        watch(source, lambda: source.status.taring)
        assert source.commands.answers() == []
        assert watch(source, source.commands.answers) == [("tare", "")]
        watch(source, lambda: [one.kind for one in source.happenings] == ["tare"] and not source.status.taring)
        newest = source.samples(source.last_s - 0.5, source.last_s)
        assert np.abs(newest.wrench[0, 2].mean()) < 2.0


def test_lights_and_reasons_arrive(options):
    with recorder_here(options) as (recorder, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.lights and source.missing and source.table.rows > 30)
        quality = recorder.ask("quality")
        assert {light.name for light in source.lights} == {light["name"] for light in quality["lights"]}
        assert source.missing.keys() == quality["missing"].keys()


def test_lights_that_take_long_to_compute_are_no_silence(options, monkeypatch):
    reckon = daq.quality_watch.session_lights
    monkeypatch.setattr("viewer.sources.talk.ANSWER_S", 0.5)
    monkeypatch.setattr("daq.quality_watch.session_lights", lambda *a, **k: (time.sleep(1.5), reckon(*a, **k))[1])
    with recorder_here(options) as (_, info), closing(LiveSource(info)) as source:
        states = set()
        watch(source, lambda: states.add(source.status.state) or (source.lights and source.last_s > 25))
        assert states == {"recording"}


def test_each_take_starts_anew(options, given_out, tmp_path):
    stays = replace(options, out=str(tmp_path / "day") + "/", autostart=False, stays=True)
    with recorder_here(stays) as (recorder, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.table.rows > 5)
        assert (source.status.state, source.status.session, source.status.can_restart) == ("waiting", "", True)
        obeyed(source, "marker", text="of the wait")
        watch(source, lambda: source.happenings)
        waiting = source.take
        obeyed(source, "start")
        watch(source, lambda: source.take != waiting)
        assert source.last_s < 5
        assert source.first_s < 0.1  # the filter's half length
        assert source.table.rows < 10
        assert [one.text for one in source.happenings if one.text == "of the wait"] == []
        status = watch(source, lambda: (s := source.status).state == "recording" and s)
        watch(source, lambda: source.table.rows > 20)
        assert source.table["step"][0] == 1
        assert source.table["touchdown_s"][0] < 1.0
        check_samples(source, given_out)
        recording = source.take
        obeyed(source, "stop")
        watch(source, lambda: source.take != recording)
        saved = watch(source, lambda: (s := source.status).state == "waiting" and s.session and s)
        assert saved.session == status.session
        watch(source, lambda: source.table.rows > 5)
        check_samples(source, given_out)
        recorder.ask("quit")
        watch_to_the_end(source)
        assert source.status.session == status.session


def test_who_comes_late_sees_what_the_rings_remember(options, given_out, monkeypatch):
    monkeypatch.setattr("daq.live.SAMPLES_S", 8.0)
    with recorder_here(options) as (recorder, info):
        recorder.ask("note", text="before you came")
        until(lambda: recorder.ask("status")["elapsed_s"] > 20)
        with closing(LiveSource(info)) as late, closing(LiveSource(info)) as other:
            late.update()
            first_s = late.first_s
            assert first_s > 10
            assert 7.0 < late.last_s - first_s <= 8.0
            assert late.table["step"][0] == 1  # rows are remembered for longer
            watch(late, lambda: late.happenings)
            watch(other, lambda: other.last_s > late.last_s)
            recorder.ask("stop")
            watch_to_the_end(late)
            watch_to_the_end(other)
            for source in (late, other):
                check_samples(source, given_out, first=round(source.first_s * RATE))
                check_rows(source, options.out)
            assert late.first_s == first_s


def test_a_window_frozen_for_longer_than_the_ring_has_a_hole_and_all_rows(options, given_out, monkeypatch):
    monkeypatch.setattr("daq.live.SAMPLES_S", 4.0)
    with recorder_here(options) as (recorder, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.last_s > 2)
        seen = round(source.last_s * RATE)
        until(lambda: recorder.ask("status")["elapsed_s"] > 12)
        watch(source, lambda: source.last_s > 12)
        recorder.ask("stop")
        watch_to_the_end(source)
        got = source.samples(0, source.last_s)
        missing = got.start + np.flatnonzero(np.isnan(got.wrench[0, 2]))
        assert missing[0] >= seen
        assert missing.size > 4000
        assert np.diff(missing).max() == 1
        check_rows(source, options.out)


def test_closed_and_attached_again(options):
    with recorder_here(options) as (recorder, info):
        last_s = 0.0
        for _ in range(3):
            with closing(LiveSource(info)) as source:
                watch(source, lambda source=source, last_s=last_s: source.last_s > last_s + 1)
                last_s = source.last_s
        assert recorder.ask("status")["lost"] == 0


def test_only_so_many_curves_are_kept(options, monkeypatch):
    monkeypatch.setattr("viewer.sources.live_source.CURVES_KEPT", 10)
    assert CURVES_KEPT >= 200
    with recorder_here(options) as (_, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.table.rows > 30)
        known = ~np.isnan(source.curves(source.table["step"]).values[:, 0, 0])
        assert not known[:-12].any()
        assert known[-8:].all()


def test_no_row_is_seen_before_its_curve(options, monkeypatch):
    """The recorder shares on between a window's reads, which is when a row could overtake its curve."""
    with recorder_here(options) as (_, info), closing(LiveSource(info)) as source:
        read = source._drawn.read

        def slowly():
            found = read()
            until(lambda before=source._rings[1].written: source._rings[1].written > before)
            return found

        monkeypatch.setattr(source._drawn, "read", slowly)
        for _ in range(5):
            source.update()
            steps = source.table["step"]
            assert not np.isnan(source.curves(steps).values[:, 0]).any()


def test_the_table_is_the_same_one_until_rows_come(options):
    with recorder_here(options) as (_, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.table.rows > 5)
        assert source.table is source.table


@posix
def test_silence_and_its_end(options):
    with recorder_apart(options, port=SLOW) as (recorder, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.last_s > 0.3)
        os.kill(recorder.pid, signal.SIGSTOP)
        watch(source, lambda: source.status.state == "silent")
        before_s = source.last_s
        source.commands.send("marker", text="are you there?")
        os.kill(recorder.pid, signal.SIGCONT)
        watch(source, lambda: source.status.state == "recording" and source.last_s > before_s)
        assert watch(source, source.commands.answers) == [("marker", "")]
        watch(source, lambda: "are you there?" in [one.text for one in source.happenings])


@posix
def test_a_recorder_that_is_killed_is_known_to_be_gone(options):
    with recorder_apart(options, port=SLOW) as (recorder, info), closing(LiveSource(info)) as source:
        watch(source, lambda: source.last_s > 0.5)
        os.kill(recorder.pid, signal.SIGKILL)
        watch(source, lambda: source.status.state == "ended", timeout_s=5)
        assert Path(source.status.session) == Path(options.out)
        assert source.samples(0, source.last_s).wrench.shape[-1] > 300  # what was seen can still be looked at
        assert "stance recover" in obeyed(source, "marker", text="hello?")


@posix
def test_closing_waits_for_nobody(options):
    """A recorder that is stopped, or takes its time for a tare, does not keep the window open."""
    with recorder_apart(options, port="virtual://virtual?load=none") as (recorder, info):
        source = LiveSource(info)
        source.commands.send("tare", seconds="30")
        watch(source, lambda: source.status.taring)
        os.kill(recorder.pid, signal.SIGSTOP)
        watch(source, lambda: source.talk.silent)
        source.close()
        assert not any(thread.is_alive() for thread in source.talk._threads)  # although nobody has answered
