"""Link: every way in which opening a device can fail is provoked for real where this computer can."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import serial
from fakes import HELLO, TICKS, Script, on_pty, on_socket

import daq.link
from daq.decoder import Chunk, Decoder
from daq.errors import DeviceError, LinkError, ProtocolError, StanceError
from daq.link import Link, Patience, list_ports, open_link
from daq.pending import Pending
from daq.ports import PortInfo, load_link_handlers, open_port
from daq.wire import LAYOUT_SEED, REPLY, ClockReply, Control, ErrorReply, Kind, Stats

QUICK = Patience(retry_s=0.03, give_up_s=0.3, bootloader_s=0.25, stuck_s=0.4)
posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def read_frames(link: Link, n: int, decoder: Decoder | None = None) -> Chunk:
    """Read until n frames are there, or fail."""
    decoder = decoder or Decoder(ticks_per_sample=TICKS)
    chunks: list[Chunk] = []
    end_s = time.perf_counter() + 5
    while sum(map(len, chunks)) < n:
        assert time.perf_counter() < end_s, f"only {sum(map(len, chunks))} frames"
        chunks.append(decoder.feed(link.read(0.5)).chunk)
    return Chunk.concat(chunks)


def read_to_the_end(link: Link) -> None:
    for _ in range(1000):
        link.read(0.1)


def message(error: pytest.ExceptionInfo[StanceError], where: str) -> str:
    """The message; it names the port and what to do next."""
    assert error.value.where == where
    assert error.value.next_step
    return str(error.value)


# ---- a good device


@posix
def test_every_frame_after_start_arrives() -> None:
    with on_pty() as (name, device), open_link(name, patience=QUICK) as link:
        assert link.hello == HELLO
        link.start()
        chunk = read_frames(link, 200)
        assert np.array_equal(np.diff(chunk.seq), np.ones(len(chunk) - 1))
        assert np.array_equal(chunk.counts[:, 0], chunk.seq)
        assert chunk.seq[0] == device.start_seq  # it came in one write with the acknowledgement


@posix
def test_stop_hands_over_the_last_frames_and_may_be_repeated() -> None:
    with on_pty() as (name, device), open_link(name, patience=QUICK) as link:
        link.start()
        decoder = Decoder(ticks_per_sample=TICKS)
        chunks = [read_frames(link, 60, decoder), decoder.feed(link.stop()).chunk]
        assert Chunk.concat(chunks).seq[-1] == device.sent_seq
        assert not device.streaming
        assert link.stop() == b""
        link.close()
        link.close()
        with pytest.raises(LinkError, match="closed"):
            link.read(0)


@pytest.mark.parametrize("streaming", [False, True])
def test_socket(streaming: bool) -> None:
    with on_socket(Script(streaming=streaming)) as url, open_link(url, patience=QUICK) as link:
        link.start()
        chunk = read_frames(link, 100)
        assert np.array_equal(np.diff(chunk.seq), np.ones(len(chunk) - 1))


@posix
def test_a_streaming_device_is_stopped_and_its_stale_frames_are_not_data() -> None:
    with on_pty(Script(streaming=True)) as (name, device):
        time.sleep(0.05)
        with open_link(name, patience=QUICK) as link:
            assert not device.streaming
            stale = device.sent_seq
            link.start()
            chunk = read_frames(link, 100)
            assert chunk.seq[0] > stale
            assert len(chunk.gap_row) == 0


@posix
def test_requests_before_and_during_streaming() -> None:
    with on_pty() as (name, _), open_link(name, patience=QUICK) as link:
        assert Stats.decode(link.request(Kind.STATS).payload).frames_dropped == 2
        link.start()
        decoder = Decoder(ticks_per_sample=TICKS)
        seq = [read_frames(link, 60, decoder).seq]
        assert link.request(Kind.STATS).kind == Kind.STATS | REPLY
        seq.append(read_frames(link, 60, decoder).seq)
        assert np.array_equal(np.diff(np.concatenate(seq)), np.ones(sum(map(len, seq)) - 1))


@posix
def test_round_trips_bracket_the_device_clock() -> None:
    with on_pty() as (name, device), open_link(name, patience=QUICK) as link:
        link.start()
        trips = list(link.take_round_trips())
        assert len(trips) == 5
        assert link.take_round_trips() == ()
        decoder = Decoder(ticks_per_sample=TICKS)
        link._clock_s = -1e9
        token = None
        while len(trips) < 6:
            token = token or link.clock_request()
            for control in decoder.feed(link.read(0.5)).controls:
                trip = link.pending.match(control, link.heard_s)
                trips += [trip] if trip else []
        assert link.clock_request() is None  # one a second
        for trip in trips:
            at = device.boot_s + trip.tick / HELLO.tick_rate_Hz
            assert trip.sent_s <= at + 1e-6
            assert at <= trip.received_s


@posix
def test_no_clock_question_to_a_silent_device() -> None:
    with on_pty() as (name, _), open_link(name, patience=QUICK) as link:
        now = link.heard_s
        link._clock_s = now - 10
        assert link.clock_request(now + 1.0) is None
        assert link.clock_request(now + 0.01) is not None


# ---- slow and resetting devices


@posix
def test_deaf_at_first_is_asked_again() -> None:
    with on_pty(Script(deaf_s=0.15)) as (name, device), open_link(name, patience=QUICK) as link:
        assert link.hello.board == "fake"
        tokens_heard = [kind for _, kind in device.heard]
        assert tokens_heard[-2:] == [Kind.STOP, Kind.HELLO]


@posix
@pytest.mark.parametrize("announce", [False, True])
def test_bootloader_is_left_in_peace(announce: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Mega's bootloader stays as long as bytes come; a port that resets boards gets a pause after the first try."""
    monkeypatch.setattr(daq.link, "resets_on_open", lambda port: True)
    mega = Script(reset_s=0.3, bootloader_s=0.1, stuck_s=5.0, announce=announce)
    with on_pty(mega) as (name, device):
        start_s = time.perf_counter()
        with open_link(name, patience=replace(QUICK, bootloader_s=5.0 if announce else 0.8)) as link:
            assert link.hello == HELLO
            if announce:  # asked when it said that it had booted, not after the whole pause
                assert device.heard[0][0] - start_s < 4.0


@posix
def test_impatience_would_keep_a_bootloader_for_ever() -> None:
    """The same device on a port taken for one that does not reset: this is why there is a pause."""
    mega = Script(bootloader_s=0.2, stuck_s=5.0)
    with on_pty(mega) as (name, _), pytest.raises(LinkError, match="silence"):
        open_link(name, patience=replace(QUICK, give_up_s=0.6))


@posix
@pytest.mark.parametrize("kind", [Kind.STOP, Kind.HELLO])
def test_reset_during_the_handshake(kind: Kind) -> None:
    with on_pty(Script(reset_on=kind, deaf_s=0.05)) as (name, _), open_link(name, patience=QUICK) as link:
        assert link.hello.boot == 2


@posix
@pytest.mark.parametrize("kind", [Kind.CLOCK, Kind.START])
def test_reset_before_start_is_acknowledged(kind: Kind) -> None:
    with on_pty(Script(reset_on=kind, deaf_s=0.05)) as (name, _), open_link(name, patience=QUICK) as link:
        link.start()
        assert link.hello.boot == 2
        chunk = read_frames(link, 60)
        assert set(chunk.boot) == {2}


@posix
def test_lost_answers_are_asked_again() -> None:
    with on_pty(Script(ignore_first=3)) as (name, _), open_link(name, patience=QUICK) as link:
        link.start()
        assert len(read_frames(link, 60).gap_row) == 0


@posix
@pytest.mark.parametrize("may_reset", [False, True])
def test_revive_after_a_reset_loses_no_byte(may_reset: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daq.link, "resets_on_open", lambda port: may_reset)
    slow = replace(QUICK, bootloader_s=0.6)
    with on_pty(Script()) as (name, device), open_link(name, patience=slow) as link:
        device.script.bootloader_s, device.script.stuck_s = 0.25, 5.0 if may_reset else 0.0
        device._reset_after = 120
        link.start()
        link.take_round_trips()
        decoder = Decoder(ticks_per_sample=TICKS)
        before = read_frames(link, 120, decoder)
        assert link.read(0.1) == b""
        after = [decoder.feed(link.revive()).chunk, read_frames(link, 60, decoder)]
        chunk = Chunk.concat([before, *after])
        assert link.hello.boot == 2
        assert {trip.boot for trip in link.take_round_trips()} == {2}
        assert list(chunk.gap_lost) == [-1]
        for boot in (1, 2):
            seq = chunk.seq[chunk.boot == boot]
            assert np.array_equal(np.diff(seq), np.ones(len(seq) - 1))
        assert chunk.seq[chunk.boot == 2][0] == device.start_seq


@posix
def test_revive_in_vain_can_be_repeated_and_keeps_what_was_read() -> None:
    with on_pty(Script()) as (name, device), open_link(name, patience=QUICK) as link:
        link.start()
        device.script.mute = frozenset({Kind.HELLO})
        with pytest.raises(LinkError, match="HELLO"):
            link.revive(give_up_s=0.1)
        assert not link.gone
        device.script.mute = frozenset()
        decoder = Decoder(ticks_per_sample=TICKS)
        chunk = Chunk.concat([decoder.feed(link.revive()).chunk, read_frames(link, 60, decoder)])
        assert len(chunk) > 100  # what arrived during the vain attempt, too
        assert len(chunk.gap_row) == 0


@posix
def test_revive_waits_for_a_bootloader_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daq.link, "resets_on_open", lambda port: True)
    with on_pty(Script(reset_after=60)) as (name, device), open_link(name, patience=QUICK) as link:
        link.start()
        read_frames(link, 60)
        heard = len(device.heard)
        with pytest.raises(LinkError, match="boot"):
            link.revive(give_up_s=0.01)
        assert len(device.heard) == heard  # nothing was said
        assert link.revive()


@posix
def test_another_device_after_a_reset_is_refused() -> None:
    script = Script(reset_after=60, hello_after_reset=replace(HELLO, rate_num=80))
    with on_pty(script) as (name, _), open_link(name, patience=QUICK) as link:
        link.start()
        read_frames(link, 60)
        for _ in range(2):  # it does not get used to it
            with pytest.raises(DeviceError, match="80 Hz"):
                link.revive()


# ---- wrong devices


@posix
def test_silence() -> None:
    with on_pty(Script(deaf_s=99)) as (name, _):
        with pytest.raises(LinkError, match="silence") as error:
            open_link(name, patience=QUICK)
        assert "powered" in message(error, name)


@posix
def test_text() -> None:
    with on_pty(Script(chatter=b"T:21.3 /0.0 ok\r\n")) as (name, _):
        with pytest.raises(ProtocolError, match=r"text: 'T:21.3 /0.0 ok") as error:
            open_link(name, patience=QUICK)
        assert "another program or device" in message(error, name)


@posix
def test_garbage_names_other_baud_rates() -> None:
    with on_pty(Script(chatter=random.Random(1).randbytes(64))) as (name, _):
        with pytest.raises(ProtocolError, match=r"without one valid frame, e\.g\. (?:[0-9a-f]{2} ){15}") as error:
            open_link(name, patience=QUICK)
        assert "115200" in message(error, name)


@posix
def test_one_way_line() -> None:
    with on_pty(Script(streaming=True, mute=frozenset(Kind))) as (name, _):
        with pytest.raises(LinkError, match="valid frames, but no answer") as error:
            open_link(name, patience=QUICK)
        assert "receive pin" in message(error, name)


def test_loop_is_recognised() -> None:
    with pytest.raises(LinkError, match="our own question") as error:
        open_link("loop://", patience=QUICK)
    message(error, "loop://")


@posix
@pytest.mark.parametrize(
    ("script", "seen"),
    [
        (Script(hello=replace(HELLO, layout_seed=LAYOUT_SEED ^ 1)), f"layout {LAYOUT_SEED ^ 1:#06x}"),
        (Script(hello=replace(HELLO, protocol_version=2), version=2), "protocol 2"),
        (Script(hello=replace(HELLO, protocol_version=3)), "protocol 3"),
        (Script(version=2, refuse={Kind.STOP: ErrorReply(3, "version")}), "protocol 2"),
    ],
)
def test_other_version_or_layout_names_both(script: Script, seen: str) -> None:
    with on_pty(script) as (name, _):
        with pytest.raises(ProtocolError, match=seen) as error:
            open_link(name, patience=QUICK)
        assert f"protocol 1, layout {LAYOUT_SEED:#06x}" in message(error, name)
        assert "Flash" in error.value.next_step


@posix
def test_refusal_of_start() -> None:
    with on_pty(Script(refuse={Kind.START: ErrorReply(5, "ADC silent")})) as (name, _):
        with open_link(name, patience=QUICK) as link, pytest.raises(DeviceError, match="error 5: ADC silent") as error:
            link.start()
        message(error, name)


@posix
def test_expect_sees_hello_and_its_error_closes_the_port() -> None:
    def expect(hello: object) -> None:
        assert hello == HELLO
        raise DeviceError("rig", expected="8 channels", seen="7")

    with on_pty() as (name, _):
        with pytest.raises(DeviceError, match="7"):
            open_link(name, expect=expect, patience=QUICK)
        open_link(name, patience=QUICK).close()  # not busy


@posix
def test_unplugged() -> None:
    with on_pty() as (name, device), open_link(name, patience=QUICK) as link:
        link.start()
        device.end()
        os.close(device.fd)
        with pytest.raises(LinkError, match="ended") as error:
            read_to_the_end(link)
        assert link.gone
        with pytest.raises(LinkError, match=r"ended|takes no bytes"):
            link.revive()
        assert "recorded is kept" in message(error, name)


def test_socket_hung_up() -> None:
    with on_socket(Script(reset_after=60)) as url:
        link = open_link(url, patience=QUICK)
        link.start()
        read_frames(link, 60)
        link._port._socket.shutdown(2)
        with pytest.raises(LinkError, match="ended"):
            read_to_the_end(link)
        link.close()


# ---- ports that do not open


def test_missing_port_lists_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [PortInfo("/dev/ttyACM0", "Arduino Mega 2560", "USB VID:PID=2341:0042"), PortInfo("COM7", "", "")]
    monkeypatch.setattr("daq.ports.list_ports", lambda: ports)
    with pytest.raises(LinkError, match="no such port") as error:
        open_link("/dev/ttyACM1")
    assert "Did you mean /dev/ttyACM0? Ports here: /dev/ttyACM0 (Arduino Mega 2560), COM7." in message(
        error, "/dev/ttyACM1"
    )
    monkeypatch.setattr("daq.ports.list_ports", list)
    with pytest.raises(LinkError, match="no serial port here"):
        open_link("/dev/ttyACM1")


@posix
def test_busy_port_is_opened_once() -> None:
    with on_pty() as (name, _), open_link(name, patience=QUICK) as link:
        with pytest.raises(LinkError, match="busy") as error:
            open_link(name)
        text = message(error, name)
        if sys.platform == "linux":
            assert f"process {os.getpid()} (" in text
        link.start()  # the first is not disturbed
        assert len(read_frames(link, 60).gap_row) == 0


@posix
@pytest.mark.parametrize("path", [".", "/dev/null", __file__])
def test_no_serial_port(path: str) -> None:
    with pytest.raises(LinkError, match="a directory" if path == "." else "no serial port") as error:
        open_link(path)
    message(error, path)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)", "busy"),
        ("could not open port 'COM3': FileNotFoundError(2, 'The system cannot find the file.', None, 2)", "no such"),
        (
            "could not open port 'COM3': OSError(22, 'The semaphore timeout period has expired.', None, 121)",
            "no serial",
        ),
    ],
)
def test_what_pyserial_says_on_windows(text: str, seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise serial.SerialException(f"could not open port 'COM3': {text}")

    monkeypatch.setattr(serial, "serial_for_url", fail)
    with pytest.raises(LinkError, match=seen):
        open_port("COM3", 500_000)


@pytest.mark.skipif(sys.platform != "linux", reason="names a Linux group")
def test_no_permission_names_group_and_command() -> None:
    """Root may open anything, so a child gives its rights up before it tries."""
    code = (
        "import grp, os, pwd, sys\n"
        "from daq.ports import open_port\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: open_port(sys.argv[1], 500000)\n"
        "except Exception as e: print(type(e).__name__, e)\n"
    )
    with on_pty() as (name, _):
        Path(name).chmod(0)
        root = Path(__file__).parents[2]
        run = subprocess.run([sys.executable, "-c", code, name], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.startswith(f"LinkError {name}: expected a port you may use, saw permission denied")
    assert "sudo usermod -aG " in run.stdout


def test_connection_refused() -> None:
    with pytest.raises(LinkError, match="connection refused") as error:
        open_link("socket://127.0.0.1:1")
    assert "stance rigs serve" in message(error, "socket://127.0.0.1:1")


def test_unknown_scheme_names_the_nearest() -> None:
    with pytest.raises(LinkError, match="sockt://") as error:
        open_link("sockt://127.0.0.1:1")
    assert "Did you mean socket://?" in message(error, "sockt://127.0.0.1:1")


def test_link_handlers_come_from_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "their_links"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "protocol_theirs.py").write_text(
        "from serial.urlhandler.protocol_loop import Serial as Loop\n"
        "class Serial(Loop):\n    def from_url(self, url): pass\n"
    )
    (package / "protocol_broken.py").write_text("import a_module_that_is_not_there\n")
    entry = type("Entry", (), {"value": "their_links"})()
    monkeypatch.setattr("daq.ports.entry_points", lambda group: [entry] if group == "stance.links" else [])
    monkeypatch.setattr(serial, "protocol_handler_packages", ["serial.urlhandler"])
    monkeypatch.syspath_prepend(tmp_path)
    assert load_link_handlers() == load_link_handlers() == ("serial.urlhandler", "their_links")
    open_port("theirs://x", 500_000).close()
    with pytest.raises(LinkError, match="a missing Python module: a_module_that_is_not_there"):
        open_port("broken://x", 500_000)


def test_list_ports_is_what_the_system_says() -> None:
    assert all(isinstance(port, PortInfo) and port.device for port in list_ports())


# ---- bookkeeping


def test_pending_matches_by_token_and_kind() -> None:
    pending = Pending(forget_s=5.0)
    pending.sent(7, Kind.CLOCK, 1.0)
    pending.sent(8, Kind.STATS, 1.0)
    reply = ClockReply(tick=123, boot=9)
    assert pending.match(Control(Kind.CLOCK | REPLY, 6, reply.encode(), 1), 2.0) is None
    assert pending.match(Control(Kind.STATS | REPLY, 7, b"", 1), 2.0) is None
    trip = pending.match(Control(Kind.CLOCK | REPLY, 7, reply.encode(), 1), 2.0)
    assert trip is not None
    assert (trip.sent_s, trip.received_s, trip.tick, trip.boot) == (1.0, 2.0, 123, 9)
    assert pending.match(Control(Kind.CLOCK | REPLY, 7, reply.encode(), 1), 3.0) is None  # a copy
    assert pending.match(Control(Kind.STATS | REPLY, 8, b"", 1), 2.0) is None
    pending.sent(7, Kind.CLOCK, 10.0)
    assert pending.match(Control(Kind.CLOCK | REPLY, 7, b"\0", 1), 10.1) is None  # mutilated
    pending.sent(8, Kind.CLOCK, 10.0)
    pending.sent(9, Kind.CLOCK, 16.0)
    assert len(pending) == 1  # the question of 10.0 is forgotten
    assert pending.match(Control(Kind.CLOCK | REPLY, 8, reply.encode(), 1), 16.1) is None
