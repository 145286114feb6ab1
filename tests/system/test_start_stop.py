"""A recorder that stays: one recording after the other, each as good as if it were the only one."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recorders import check_whole, running, until

from analysis.quality import Light
from analysis.setup import Runner
from daq import finisher
from daq.errors import DeviceError, LinkError, SessionError
from daq.live import sample_dtype
from daq.recorder import Recorder, RecordOptions
from daq.recorder_process import RecorderProcess
from daq.recorders import running_recorders
from daq.ring import Ring
from daq.session import open_session

RUN = "virtual://virtual?seed=2&speed=5"
EMPTY = "virtual://virtual?load=none&offset_N=200&speed=5"


@pytest.fixture
def options(tmp_path):
    return RecordOptions(rig="virtual", port=RUN, out=str(tmp_path / "day") + "/", autostart=False, stays=True)


def recorded(control, rows=3000):
    """One recording of some rows: the answer to start."""
    begun = control.call("start")
    until(lambda: control.call("status")["rows"] > rows)
    return begun


def finished(control, path):
    control.call("stop")
    return until(lambda: (s := control.call("status"))["last_session"] == path and s)


def test_two_recordings_in_a_row_each_as_if_it_were_alone(options):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        waiting = until(lambda: (s := control.call("status"))["rows"] > 2000 and s)
        assert (waiting["state"], waiting["session"], waiting["can_restart"]) == ("waiting", "", True)
        assert not [*Path(options.out).iterdir()]
        first = recorded(control)
        assert Path(first["session"]).parent == Path(options.out)
        assert first["take"] > waiting["take"]
        assert [info.session for info in running_recorders() if info.pid == recorder.pid] == [first["session"]]
        control.call("marker", text="in the first")
        status = finished(control, first["session"])
        assert (status["state"], status["session"], status["last_error"]) == ("waiting", "", "")
        until(lambda: control.call("status")["rows"] > 1000)
        second = recorded(control)
        assert second["session"] != first["session"]
        assert second["first_tick"] == 0 or second["first_tick"] > first["first_tick"]
        with pytest.raises(SessionError, match="records already"):
            control.call("start")
        control.call("stop")
        with pytest.raises(SessionError, match="quit"):
            control.call("stop")
        control.call("quit")
    results = recorder.wait()
    assert results["session"] == second["session"]
    assert len(results["steps"]) > 5
    for path in (first["session"], second["session"]):
        assert 3000 < check_whole(path) < 3000 + 5 * 2000
    with open_session(first["session"]) as one, open_session(second["session"]) as two:
        assert one.session_ticks()[-1] < two.session_ticks()[0]
        events = [[(e.kind, e.text) for e in s.events if e.kind != "system"] for s in (one, two)]
        assert events == [[("marker", "in the first")], []]
        links = [next(e.data for e in s.events if e.text == "link counters") for s in (one, two)]
        for session, link in zip((one, two), links, strict=True):  # of this recording, not of the recorder's life
            assert session.rows <= link["frames"] <= session.rows + 1
            parts = ("frame_bytes", "control_bytes", "skipped_bytes", "pending_bytes")
            assert link["bytes_received"] == sum(link[part] for part in parts)
            assert min(link[part] for part in parts) >= 0
    assert [*Path(options.out).glob("*.journal")] == []


def test_frames_of_the_wait_are_never_in_the_file(options):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        info = next(info for info in running_recorders() if info.pid == recorder.pid)
        with Ring.attach(info.rings[0], sample_dtype(1)) as samples:
            last = until(lambda: samples.written > 4000 and int(samples.latest(1)["tick"][0]))
            begun = recorded(control)
            started = until(lambda: (s := control.call("status"))["first_tick"] and s)
            origins = np.unique(samples.latest(samples.capacity)["origin"])
            finished(control, begun["session"])
        control.call("quit")
    recorder.wait()
    with open_session(begun["session"]) as session:
        ticks = session.session_ticks()
    assert ticks[0] > last
    assert ticks[0] == started["first_tick"]
    assert origins.tolist() == sorted({int(origins[0]), int(ticks[0])})  # the wait's, then the recording's


def test_names_are_chosen_given_and_never_used_twice(options, tmp_path):
    recorder = RecorderProcess(replace(options, subject=Runner(name="P 07/ä"), bout="easy"))
    with recorder.connect() as control:
        paths = [recorded(control, 200)["session"]]
        control.call("stop")
        paths.append(control.call("start")["session"])
        until(lambda: control.call("status")["rows"] > 200)
        control.call("stop")
        control.call("bout", name="pose")
        answer = control.call("start", out=str(tmp_path / "mine.h5"))
        assert (answer["session"], answer["bout"]) == (str(tmp_path / "mine.h5"), "pose")
        control.call("stop")
        assert control.call("start", out="bare", bout="strides")["session"] == str(Path(options.out) / "bare.h5")
        control.call("stop")
        with pytest.raises(SessionError, match="new session file"):
            control.call("start", out="bare")
        assert control.call("status")["state"] == "waiting"
        control.call("quit")
    recorder.wait()
    assert len(set(paths)) == 2
    assert all(Path(path).name.endswith("_P-07-ä.h5") or "_P-07-ä_2" in path for path in paths)
    begun = {}
    for path in (*paths, tmp_path / "mine.h5", Path(options.out) / "bare.h5"):
        with open_session(path) as session:
            begun[Path(path).name] = [(e.row, e.text) for e in session.events if e.kind == "bout"]
    assert [*begun.values()] == [[(0, "easy")], [(0, "easy")], [(0, "pose")], [(0, "strides")]]


@pytest.mark.parametrize("name", ["a\0b", "a" * 300, "\ud800", "no/such/folder/x.h5"])
def test_a_bad_name_is_refused_and_the_recorder_goes_on(options, name):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        with pytest.raises(SessionError):
            control.call("start", out=name)
        assert control.call("status")["state"] == "waiting"
        path = recorded(control, 200)["session"]
        control.call("quit")
    recorder.wait()
    check_whole(path)
    assert [*Path(options.out).iterdir()] == [Path(path)]


def test_a_fault_of_ours_in_a_command_is_told_to_who_asked_and_the_recording_goes_on(options, monkeypatch):
    recorder = Recorder(replace(options, autostart=True))
    with running(recorder) as ended:
        path = until(lambda: recorder.ask("status")["session"])
        with monkeypatch.context() as here:
            here.setattr("daq.takes.Takes.name_bout", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                recorder.ask("bout", name="x")
        rows = recorder.ask("status")["rows"]
        until(lambda: recorder.ask("status")["rows"] > rows + 1000)
        recorder.ask("quit")
    assert ended[0]["ended_by"] is None
    check_whole(path)


def test_a_fault_of_ours_in_the_recording_itself_ends_it(options, monkeypatch):
    recorder = Recorder(replace(options, autostart=True))
    failures = []

    def run():
        try:
            recorder.run()
        except ZeroDivisionError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    path = until(lambda: recorder.ask("status")["rows"] > 500 and recorder.ask("status")["session"])
    monkeypatch.setattr("daq.takes.Takes.feed", lambda *_, **__: 1 / 0)
    thread.join(30)
    assert len(failures) == 1
    with open_session(path) as session:
        assert [e.text for e in session.events if e.kind == "ended early"] == ["division by zero"]


# ---- waiting all day


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("daq.takes.RENEW_S", 3.0)
    monkeypatch.setattr("daq.takes.EMPTY_S", 1.0)


def test_a_long_wait_is_begun_anew_and_the_zero_survives(options, impatient):
    recorder = Recorder(replace(options, port=EMPTY))
    with running(recorder):
        info = until(running_recorders)[0]
        with Ring.attach(info.rings[0], sample_dtype(1)) as samples:
            zero = recorder.ask("tare", seconds=1.0)["tare"]
            first = recorder.ask("status")["take"]
            recorder.ask("bout", name="to come")
            status = until(lambda: (s := recorder.ask("status", since=0))["take"] > first + 1 and s["rows"] > 500 and s)
            newest = samples.latest(samples.capacity)
        assert status["state"] == "waiting"
        assert status["bout"] == "to come"
        assert status["elapsed_s"] < 10.0
        assert [one["kind"] for one in status["happenings"]] == ["tare"]
        assert len(np.unique(newest["origin"])) > 2  # windows see each as another take
        assert status["first_tick"] in newest["origin"]
        own = newest[newest["origin"] == status["first_tick"]]
        assert np.abs(own["wrench"][:, 0, 2]).max() < 20.0  # of the 200 N of the empty belt
        begun = recorder.ask("start")
        until(lambda: recorder.ask("status")["elapsed_s"] > 10.0)  # a recording is never cut in two
        assert recorder.ask("status")["take"] == begun["take"]
        recorder.ask("quit")
    with open_session(begun["session"]) as session:
        assert session.rows > 10_000
        assert [e.data["counts"] for e in session.events if e.kind == "tare"] == [zero["counts"]]


def test_nobody_is_disturbed_on_the_belt(options, impatient):
    recorder = Recorder(options)
    with running(recorder):
        status = until(lambda: (s := recorder.ask("status"))["elapsed_s"] > 20.0 and s)
        assert status["take"] == 1
        assert status["steps"] > 30
        recorder.ask("quit")


def test_a_tare_under_way_is_not_cut_in_two(options, impatient):
    recorder = Recorder(replace(options, port="virtual://virtual?load=none&speed=5"))
    with running(recorder):
        before = recorder.ask("status")["take"]
        assert recorder.ask("tare", seconds=10.0)["tare"]["n"] == 10_000
        assert recorder.ask("status")["take"] <= before + 1
        until(lambda: recorder.ask("status")["take"] > before + 1)
        recorder.ask("quit")


def test_a_file_instead_of_a_folder_is_numbered_from_the_second_on(options, tmp_path):
    recorder = RecorderProcess(replace(options, out=str(tmp_path / "s.h5"), seconds=0.5))
    with recorder.connect() as control:
        for name in ("s.h5", "s_2.h5"):
            path = str(tmp_path / name)
            assert control.call("start")["session"] == path
            until(lambda path=path: control.call("status")["last_session"] == path)  # ends by itself
        control.call("quit")
    recorder.wait()
    assert check_whole(tmp_path / "s.h5") == check_whole(tmp_path / "s_2.h5") == 500


def test_nothing_recorded_is_no_error(options):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        until(lambda: control.call("status")["rows"] > 3000)
        control.call("quit")
    results = recorder.wait()
    assert (results["session"], results["frames"], results["steps"]) == (None, 0, [])
    json.dumps(results, allow_nan=False)


def test_quit_ends_a_recording_too(options):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        path = recorded(control)["session"]
        control.call("quit")
    assert recorder.wait()["session"] == path
    check_whole(path)


def test_a_session_that_cannot_be_finished_is_told_and_the_next_goes_well(options, monkeypatch):
    """Runs in this process, so that finishing can be made to fail."""
    told = []
    failing = [True]
    whole = finisher.finish_take

    def finish(take, link):
        if failing.pop() if failing else False:
            take.abandon()
            raise SessionError(str(take.path), expected="room", seen="No space left", next_step="stance recover it")
        return whole(take, link)

    monkeypatch.setattr(finisher, "finish_take", finish)
    recorder = Recorder(options, on_finished=lambda path, error: told.append((str(path), error)))
    with running(recorder) as ended:
        lost = recorder.ask("start")["session"]
        until(lambda: recorder.ask("status")["rows"] > 500)
        recorder.ask("stop")
        status = until(lambda: (s := recorder.ask("status"))["last_error"] and s)
        assert "No space left" in status["last_error"]
        assert lost in status["last_error"]
        assert "No space left" in recorder.ask("marker", text="x")["last_error"]
        good = recorder.ask("start")["session"]
        until(lambda: recorder.ask("status")["rows"] > 500)
        recorder.ask("stop")
        status = until(lambda: (s := recorder.ask("status"))["last_session"] and s)
        assert (status["last_session"], status["last_error"]) == (good, "")
        recorder.ask("quit")
    assert ended[0]["session"] == good
    check_whole(good)
    assert Path(lost + ".journal").exists()
    assert [(path, error is None) for path, error in told] == [(lost, False), (good, True)]


def test_a_full_disk_ends_the_recording_but_not_a_recorder_that_stays(options, monkeypatch):
    from daq.session_writer import SessionWriter

    append, full = SessionWriter.append, []

    def until_full(self, chunk):
        if full:
            raise SessionError(str(self.path), expected="a disk that takes it", seen="No space left")
        append(self, chunk)

    monkeypatch.setattr(SessionWriter, "append", until_full)
    recorder = Recorder(options)
    with running(recorder):
        path = recorder.ask("start")["session"]
        until(lambda: recorder.ask("status")["rows"] > 500)
        full.append(True)
        status = until(lambda: (s := recorder.ask("status"))["last_error"] and s)
        assert status["state"] == "waiting"
        assert "No space left" in status["last_error"]
        full.clear()
        until(lambda: recorder.ask("status")["rows"] > 500)
        recorder.ask("quit")
    with open_session(path) as session:
        assert session.rows > 400
        assert [e.text for e in session.events if e.kind == "ended early"]


def test_finishing_a_session_does_not_hold_up_the_next(options, monkeypatch):
    whole = finisher.finish_take

    def slowly(take, link):
        time.sleep(1.5)
        return whole(take, link)

    monkeypatch.setattr(finisher, "finish_take", slowly)
    recorder = Recorder(options)
    with running(recorder):
        first = recorder.ask("start")["session"]
        until(lambda: recorder.ask("status")["rows"] > 500)
        recorder.ask("stop")
        assert recorder.ask("status")["finishing"] == first
        second = recorder.ask("start")["session"]
        until(lambda: recorder.ask("status")["rows"] > 1000)
        assert recorder.ask("status")["finishing"] == first
        recorder.ask("quit")
    for path in (first, second):
        check_whole(path)


# ---- status, quality, facts


def whole_json(answer):
    return json.loads(json.dumps(answer, allow_nan=False))


def test_status_says_how_it_goes(options):
    runner = Runner(name="P1", mass_kg=70.0, belt_speed_m_s=3.0)
    recorder = RecorderProcess(replace(options, port="virtual://virtual?seed=2", subject=runner))
    with recorder.connect() as control:
        early = whole_json(control.call("status"))
        assert early["bw_N"] == pytest.approx(70.0 * 9.80665)
        assert early["bw_source"] == "mass"
        recorded(control, 11_000)
        status = control.call("status")
        assert early.keys() == status.keys()
        assert status["sample_rate_Hz"] == 1000.0
        assert status["rate_Hz"] == pytest.approx(1000.0, rel=0.2)
        assert 140 < status["cadence_spm"] < 200
        assert status["disk_free_bytes"] > 0
        per_s = Path(status["session"] + ".journal").stat().st_size / status["elapsed_s"]
        left = (status["disk_free_bytes"] - per_s * status["elapsed_s"]) / (2 * per_s)
        assert status["disk_left_s"] == pytest.approx(left, rel=0.15)
        clock, ticks = status["clock"], status["tick_rate_Hz"]
        assert clock["s_per_tick"] == pytest.approx(1 / ticks, rel=0.01)
        newest = status["first_tick"] + status["elapsed_s"] * ticks
        age = time.perf_counter() - (clock["host_s"] + (newest - clock["tick"]) * clock["s_per_tick"])
        assert 0.0 <= age < 1.0  # another process's clock, and it fits
        assert {status[name] for name in ("lost", "resets", "crc_errors", "skipped_bytes", "saturated", "late")} == {0}
        facts = whole_json(control.call("facts"))
        assert (facts["rig"], facts["runner"], facts["belts"], facts["belt_speed_m_s"]) == ("virtual", "P1", [""], 3.0)
        assert facts["observable"] == ["Fx", "Fy", "Fz", "Mx", "My", "Mz"]
        control.call("quit")
    recorder.wait()


def test_counts_of_losses_are_those_of_the_take(options):
    url = "virtual://virtual?seed=2&speed=5&corrupt=2e-3"
    recorder = RecorderProcess(replace(options, port=url))
    with recorder.connect() as control:
        until(lambda: control.call("status")["crc_errors"] > 2)
        begun = control.call("start")
        assert (begun["lost"], begun["crc_errors"], begun["skipped_bytes"]) == (0, 0, 0)
        status = until(lambda: (s := control.call("status"))["lost"] > 2 and s)
        assert status["skipped_bytes"] >= 40 * status["crc_errors"] > 0
        news = control.call("status", since=0)
        gaps = [one for one in news["happenings"] if one["kind"] == "gap"]
        control.call("stop")
        control.call("quit")
    recorder.wait()
    with open_session(begun["session"]) as session:
        ticks = session.session_ticks()
        times = (ticks[session.gaps.row] - ticks[0]) / session.header.tick_rate_Hz
        for gap, time_s, lost in zip(gaps, times.tolist(), session.gaps.lost.tolist(), strict=False):
            assert gap["time_s"] == pytest.approx(time_s, abs=1e-9)
            assert gap["text"].startswith(f"{lost} frame")


def test_a_window_that_comes_late_sees_what_happened(options):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        control.call("marker", text="of the wait")
        path = recorded(control, 200)["session"]
        control.call("bout", name="pose")
        for number in range(150):
            control.call("note", text=f"{number} " + "ä" * 400)
        with recorder.connect() as late:
            seen, page = [], {"next": 0, "more": True, "take": 0}
            while page["more"]:
                page = whole_json(late.call("status", since=page["next"], take=page["take"]))
                seen += page["happenings"]
            assert page["happened"] == page["next"] == len(seen) == 151
            assert (seen[0]["kind"], seen[0]["text"]) == ("bout", "pose")
            assert [one["text"].split()[0] for one in seen[1:]] == [str(number) for number in range(150)]
            assert late.call("status", since=151)["happenings"] == []
            assert len(late.call("quality", since=141)["happenings"]) == 10
        control.call("stop")
        again = control.call("status", since=151, take=page["take"])  # of a take that is over
        assert (again["happenings"], again["take"]) == ([], page["take"] + 1)
        control.call("quit")
    recorder.wait()
    with open_session(path) as session:
        ticks = session.session_ticks()
        rows = [event.row for event in session.events if event.kind in ("bout", "note")]
        times = (ticks[rows] - ticks[0]) / session.header.tick_rate_Hz
    np.testing.assert_allclose([one["time_s"] for one in seen], times, atol=1e-6)


def test_lights_and_reasons_are_those_of_the_finished_session(options):
    recorder = RecorderProcess(options)
    with recorder.connect() as control:
        path = recorded(control, 8000)["session"]
        quality = until(lambda: (q := whole_json(control.call("quality")))["missing"] and q)
        assert control.call("quality")["lights"] == quality["lights"]  # computed once for all who ask
        control.call("quit")
    results = recorder.wait()
    lights = [Light(**light) for light in quality["lights"]]
    assert {light.state for light in lights} <= {"green", "amber", "red", "info"}
    names = [light.name for light in lights]
    assert [light["name"] for light in results["quality"]] == names
    with open_session(path) as session:
        kept = session.steps_attrs
        assert kept["quality"] == whole_json(results["quality"])
        assert kept["missing"] == results["missing"]
        assert kept["bw_N"] == results["bw_N"]
        assert kept["episodes"] == whole_json(results["episodes"])
    assert quality["missing"].keys() >= results["missing"].keys()


# ---- tare


def test_a_tare_is_refused_while_somebody_stands_still(options):
    url = "virtual://virtual?load=0@0,0;700@0.1,0.05&load_s=4&offset_N=200"
    recorder = RecorderProcess(replace(options, port=url))
    with recorder.connect() as control:
        zero = control.call("tare", seconds=0.5)["tare"]  # nothing is known of the zero yet
        path = control.call("start")["session"]
        assert control.call("tare", seconds=0.5)["tare"]["n"] == 500  # nobody came: fine
        until(lambda: control.call("status")["elapsed_s"] > 5)
        with pytest.raises(DeviceError, match=r"empty belt, saw 7\d\d N on it.*Step off"):
            control.call("tare")
        control.call("quit")
    recorder.wait()
    with open_session(path) as session:
        tares = [event.data["counts"] for event in session.events if event.kind == "tare"]
    assert len(tares) == 2
    assert tares[0] == zero["counts"]


def test_a_tare_takes_as_long_as_was_asked_and_nonsense_is_refused(options):
    recorder = RecorderProcess(replace(options, port=EMPTY))
    with recorder.connect() as control:
        assert control.call("tare", seconds=30)["tare"]["n"] == 30_000  # 6 s: longer than any other answer may take
        for wrong in (0, -1, "x", 61, None):
            with pytest.raises(DeviceError, match="seconds"):
                control.call("tare", seconds=wrong)
        control.call("quit")
    recorder.wait()


def test_a_tare_that_nobody_waits_for_any_more_changes_nothing(options, monkeypatch):
    import daq.commands

    recorder = Recorder(replace(options, port="virtual://virtual?load=none"))
    with running(recorder):
        monkeypatch.setattr(daq.commands, "REPLY_S", -1.9)
        with pytest.raises(LinkError, match="within"):
            recorder.ask("tare", seconds=2.0)
        monkeypatch.setattr(daq.commands, "REPLY_S", 5.0)
        status = recorder.ask("status", since=0)
        assert not status["taring"]
        assert "tare" not in [one["kind"] for one in status["happenings"]]
        assert recorder.ask("tare", seconds=0.2)["tare"]["n"] == 200
        recorder.ask("quit")


def test_the_tare_of_the_options_is_taken_while_waiting_and_may_fail(options):
    recorder = RecorderProcess(replace(options, tare_s=1.0))
    with recorder.connect() as control:
        status = until(lambda: (s := control.call("status"))["last_error"] and s)
        assert "empty belt" in status["last_error"]
        path = recorded(control, 500)["session"]
        control.call("quit")
    recorder.wait()
    check_whole(path)
