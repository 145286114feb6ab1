"""A device that is unplugged and plugged in again: the link finds it, and the recorder waits for it."""

import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import pytest
import serial
from fakes import HELLO, TICKS, Cable, FakeDevice, Script

from daq.decoder import Chunk, Decoder
from daq.errors import DeviceError, LinkError
from daq.gather import Gatherer
from daq.link import Link, Patience, Settings, open_link
from daq.recorder import Recorder, RecordOptions
from daq.rig import load_rig
from daq.session import open_session
from daq.wire import Kind, Parameter

QUICK = Patience(retry_s=0.03, give_up_s=0.3, bootloader_s=0.25, stuck_s=0.4)
posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
RIG = load_rig("virtual")
DEVICE = replace(HELLO, adc=RIG.adc.name, gains=(round(RIG.adc.gain),) * 8)


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def read_frames(link, n, decoder):
    chunks = []
    while sum(map(len, chunks)) < n:
        chunks.append(decoder.feed(link.read(0.5)).chunk)
    return Chunk.concat(chunks)


def read_to_the_end(link, decoder):
    chunks = []
    while not link.gone:
        with suppress(LinkError):
            chunks.append(decoder.feed(link.read(0.5)).chunk)
    chunks.append(decoder.feed(link.let_go()).chunk)
    return Chunk.concat(chunks)


# ---- the link


@posix
def test_the_same_board_on_another_terminal_goes_on_with_its_settings(tmp_path):
    settings = {Parameter.GAIN: (1.0, 64.0), Parameter.RATE_mHz: (1000.0,)}
    with Cable(tmp_path / "board", Script(settings=settings)) as cable:
        wanted = Settings(HELLO.adc, 64, 1000)
        with open_link(str(cable.link), patience=QUICK, wanted=wanted) as link:
            link.start()
            decoder = Decoder(TICKS)
            read_frames(link, 60, decoder)
            cable.pull()
            read_to_the_end(link, decoder)
            assert link.gone
            for _ in range(2):
                with pytest.raises(LinkError, match="no such port"):
                    link.reopen()
                assert link.let_go() == b""
            with pytest.raises(LinkError, match="closed"):
                link.read(0)
            device = cable.plug()
            link.reopen()
            after = [decoder.feed(link.revive()).chunk, read_frames(link, 60, decoder)]
            chunk = Chunk.concat(after)
            assert not link.gone
            assert set(chunk.boot) == {2} == {trip.boot for trip in link.take_round_trips()} - {1}
            assert link.hello.gains == device.hello.gains == (64,) * 8
            assert chunk.gap_lost.tolist() == [-1]
            assert link.stop() is not None
            assert not device.streaming


@posix
def test_another_board_on_the_port_is_not_even_started(tmp_path):
    with Cable(tmp_path / "board") as cable, open_link(str(cable.link), patience=QUICK) as link:
        link.start()
        cable.pull()
        read_to_the_end(link, Decoder())
        device = cable.plug(board="other", channels=4)
        link.reopen()
        for _ in range(2):
            with pytest.raises(DeviceError, match="expected fake with none at 1000 Hz, as before, saw other with none"):
                link.revive()
        assert Kind.START not in [kind for _, kind in device.heard]
        assert link.hello.board == "fake"


@posix
def test_a_port_that_somebody_else_has_taken_meanwhile_is_busy_until_he_leaves(tmp_path):
    with Cable(tmp_path / "board") as cable, open_link(str(cable.link), patience=QUICK) as link:
        link.start()
        cable.pull()
        read_to_the_end(link, Decoder())
        cable.plug()
        with serial.serial_for_url(str(cable.link), exclusive=True), pytest.raises(LinkError, match="busy"):
            link.reopen()
        link.reopen()
        assert link.revive()


@pytest.mark.parametrize(("url", "comes_back"), [("/dev/pts/3", False), ("/dev/ttyACM0", True), ("COM3", True)])
def test_a_pseudo_terminal_s_number_may_be_somebody_else_s(url, comes_back, monkeypatch):
    monkeypatch.setattr("daq.link.open_port", lambda *_: serial.serial_for_url("loop://"))
    monkeypatch.setattr("daq.link.Link._greet", lambda link: None)
    with open_link(url) as link:
        assert link.comes_back is comes_back


def test_what_had_come_before_is_handed_on_before_the_loss_is_told():
    parts = [b"one", b"two"]

    class Line:
        hello = HELLO
        pending = type("", (), {"awaits": lambda *_: False})

        def read(self, _):
            if not parts:
                raise LinkError("x", expected="", seen="")
            return parts.pop(0)

    gatherer = Gatherer(Line())
    assert gatherer.read() == b"onetwo"
    with pytest.raises(LinkError):
        gatherer.read()


def test_what_the_dead_port_still_holds_is_not_lost():
    with on_twice() as (url, _), open_link(url, patience=QUICK) as link:
        parts = [b"more"]

        class Reader:
            def read(self, _):
                if not parts:
                    raise LinkError("x", expected="", seen="")
                return parts.pop(0)

        link._reader = Reader()
        link._held += b"held "
        assert link.let_go() == b"held more"
        assert link.gone


@contextmanager
def on_twice():
    """One device that stays powered, behind a TCP port; when it is told to end, the connection breaks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        device = FakeDevice(-1, Script())

        def serve():
            for _ in range(2):
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    return
                with connection:
                    device.fd = connection.fileno()
                    device.seq = max(device.seq, device._due())  # it goes on converting, and drops what it cannot send
                    device.run()
                    device._end.clear()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}", device
        device._end.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_board_that_kept_its_power_has_lost_exactly_what_its_numbers_say():
    with on_twice() as (url, device), open_link(url, patience=QUICK) as link:
        decoder = Decoder(TICKS)
        link.start()
        chunks = [read_frames(link, 60, decoder)]
        device._end.set()
        chunks.append(read_to_the_end(link, decoder))
        time.sleep(0.05)
        link.reopen()
        chunks += [decoder.feed(link.revive()).chunk, read_frames(link, 60, decoder)]
        chunk = Chunk.concat(chunks)
        assert set(chunk.boot) == {1}
        (row,) = chunk.gap_row
        assert chunk.gap_lost[0] == chunk.seq[row] - chunk.seq[row - 1] - 1 > 20
        assert np.array_equal(chunk.counts[:, 0], chunk.seq)


# ---- the recorder


@contextmanager
def recording(cable, path, **options):
    """A recorder in a thread, and what became of it."""
    recorder = Recorder(RecordOptions(rig="virtual", port=str(cable.link), out=str(path), **options))
    outcome = []

    def run():
        try:
            outcome.append(recorder.run())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: outcome or recorder.ask("status")["rows"] > 300)
        yield recorder, outcome
    finally:
        recorder.stop()
        thread.join(30)
        assert not thread.is_alive()


def unplugged(recorder, *, is_it=True):
    until(lambda: recorder.ask("status")["unplugged"] is is_it)


@pytest.fixture
def cable(tmp_path):
    if os.name != "posix":
        pytest.skip("needs a pseudo-terminal")
    with Cable(tmp_path / "board", Script(hello=DEVICE)) as cable:
        yield cable


def system_events(session):
    return [event.text for event in session.events if event.kind == "system" and "plugged" in event.text]


def test_a_recording_goes_on_when_the_board_is_plugged_in_again_and_again(cable, tmp_path):
    with recording(cable, tmp_path / "s.h5") as (recorder, outcome):
        for number in range(2):
            cable.pull()
            unplugged(recorder)
            rows = recorder.ask("marker", text=f"out {number}")["rows"]
            cable.plug()
            until(lambda rows=rows: recorder.ask("status")["rows"] > rows + 300)
            assert not recorder.ask("status")["unplugged"]
        recorder.ask("stop")
        until(lambda: outcome)
    assert outcome[0]["ended_by"] is None
    assert outcome[0]["lost_frames"] == 0  # how many a boot has lost is not known
    assert [gap["reason"] for gap in outcome[0]["gaps"]] == ["device reset"] * 2
    with open_session(tmp_path / "s.h5") as session:
        assert session.epochs.boot.tolist() == [1, 2, 3]
        told = system_events(session)
        assert [text.split(" ")[0] for text in told] == ["unplugged;", "plugged", "unplugged;", "plugged"]
        assert (np.diff(session.session_ticks()) > 0).all()
        markers = [event.row for event in session.events if event.kind == "marker"]
        assert markers == session.gaps.row.tolist() == session.epochs.row[1:].tolist()


def test_the_port_may_be_busy_when_the_board_comes_back(cable, tmp_path):
    with recording(cable, tmp_path / "s.h5") as (recorder, _):
        cable.pull()
        unplugged(recorder)
        cable.plug()
        other = serial.serial_for_url(str(cable.link), exclusive=True)
        rows = recorder.ask("status")["rows"]
        time.sleep(0.5)
        assert recorder.ask("status")["unplugged"]
        assert recorder.ask("status")["rows"] == rows
        other.close()
        unplugged(recorder, is_it=False)


@pytest.mark.parametrize("command", ["stop", "quit"])
def test_it_can_be_ended_while_the_board_is_away(cable, tmp_path, command):
    with recording(cable, tmp_path / "s.h5") as (recorder, outcome):
        cable.pull()
        unplugged(recorder)
        recorder.ask(command)
        until(lambda: outcome)
    assert outcome[0]["ended_by"] is None
    with open_session(tmp_path / "s.h5") as session:
        assert session.ended
        assert session.rows > 300


def test_a_recorder_that_stays_ends_and_begins_recordings_while_the_board_is_away(cable, tmp_path):
    (tmp_path / "day").mkdir()
    with recording(cable, tmp_path / "day", stays=True) as (recorder, outcome):
        cable.pull()
        unplugged(recorder)
        first = recorder.ask("status")["session"]
        assert recorder.ask("stop")["state"] == "waiting"
        second = recorder.ask("start")["session"]
        assert second != first
        cable.plug()
        until(lambda: recorder.ask("status")["rows"] > 300)
        recorder.ask("stop")
        cable.pull()
        unplugged(recorder)
        recorder.ask("quit")
        until(lambda: outcome)
    with open_session(first) as one, open_session(second) as two:
        assert set(one.epochs.boot) == {1}
        assert set(two.epochs.boot) == {2}
        assert one.session_ticks()[-1] < two.session_ticks()[0]
        assert not two.gaps.row.size


@pytest.mark.parametrize(("replug_s", "waits"), [(0.0, False), (0.3, True)])
def test_a_board_that_does_not_come_back_ends_the_recording_and_it_is_saved(cable, tmp_path, replug_s, waits):
    with recording(cable, tmp_path / "s.h5", replug_s=replug_s) as (_, outcome):
        cable.pull()
        until(lambda: outcome)
    (error,) = outcome
    assert isinstance(error, LinkError)
    assert "expected a connected device" in str(error)
    assert any("no such port" in note for note in error.__notes__) is waits
    assert any("s.h5" in note for note in error.__notes__)
    with open_session(tmp_path / "s.h5") as session:
        assert session.ended
        assert [event.text for event in session.events if event.kind == "ended early"] == [str(error)]
        assert bool(system_events(session)) is waits


def test_nobody_waits_longer_than_the_recording_would_have_lasted(cable, tmp_path):
    with recording(cable, tmp_path / "s.h5", seconds=1.5) as (_, outcome):
        cable.pull()
        until(lambda: outcome)
    assert isinstance(outcome[0], LinkError)


def test_another_board_ends_the_recording_and_it_is_saved(cable, tmp_path):
    with recording(cable, tmp_path / "s.h5") as (recorder, outcome):
        cable.pull()
        unplugged(recorder)
        cable.plug(board="another")
        until(lambda: outcome)
    assert isinstance(outcome[0], DeviceError)
    assert "saw another with" in str(outcome[0])
    with open_session(tmp_path / "s.h5") as session:
        assert session.ended
        assert session.rows > 300
        assert set(session.epochs.boot) == {1}


def test_what_waits_in_the_port_when_a_question_cannot_be_sent_is_recorded(tmp_path, monkeypatch):
    ask, drop, due = Link.clock_request, Link.drop, []

    def cannot_be_sent(link):
        if not due and link._port.device.ledger.due > 1000:
            time.sleep(0.1)
            link.gone = True
            raise LinkError("port", expected="", seen="")
        return ask(link)

    def counted(link):
        rest = drop(link)
        due.append(link._port.device.ledger.due)
        return rest

    monkeypatch.setattr(Link, "clock_request", cannot_be_sent)
    monkeypatch.setattr(Link, "drop", counted)
    options = RecordOptions(rig="virtual", port="virtual://virtual?load=none", out=str(tmp_path / "s.h5"), seconds=2)
    assert len(Recorder(options).run()["gaps"]) == 1
    with open_session(tmp_path / "s.h5") as session:
        assert session.epochs.row.tolist() == [0, due[0]]
        assert due[0] > 1090
