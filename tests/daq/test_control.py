"""The control channel: honest clients, rude clients, dead recorders; between real processes where that matters."""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import daq.control_server
from daq.channel import COMMANDS, MAX_REQUEST_BYTES, Patient, describe, parse, raise_again
from daq.control import ControlClient, ControlServer, running_recorders
from daq.errors import LinkError, RigError, SessionError, StanceError
from daq.recorders import FAMILY, _read, runtime_directory

posix = pytest.mark.skipif(os.name != "posix", reason="speaks to the socket directly")


@pytest.fixture(autouse=True)
def own_directory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Recorders of this test only, in a path short enough for a socket."""
    tmp_path_factory.getbasetemp()  # pytest keeps its own place
    with tempfile.TemporaryDirectory(prefix="st") as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


def echo(command: str, args: dict[str, Any]) -> dict[str, Any]:
    return {"command": command, **args}


def raw_greeting(server: ControlServer) -> Any:
    """A client that has passed the greeting, to be rude with."""
    return ControlClient.connect(_read(server.file))._connection


def wait_for(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.005)


# ---- the ordinary day


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_reaches_the_handler(command: str) -> None:
    with ControlServer(echo), ControlClient.connect() as client:
        assert client.call(command, text="heel ä", n=3, nested={"a": [1, None]}) == {
            "command": command,
            "text": "heel ä",
            "n": 3,
            "nested": {"a": [1, None]},
        }


def test_several_clients_at_once() -> None:
    def visit(who: int) -> None:
        with ControlClient.connect() as client:
            answers.extend(
                (who, client.call("marker", who=who, n=n) == echo("marker", {"who": who, "n": n})) for n in range(10)
            )

    answers: list[tuple[int, bool]] = []
    with ControlServer(echo):
        threads = [threading.Thread(target=visit, args=(who,)) for who in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(answers) == 60
    assert all(right for _, right in answers)


def test_a_tare_under_way_does_not_hold_up_a_marker() -> None:
    done = threading.Event()

    def handler(command: str, args: dict[str, Any]) -> dict[str, Any]:
        return {"in_time": done.wait(5)} if command == "tare" else {}

    with ControlServer(handler), ControlClient.connect() as coach, ControlClient.connect() as lab:
        answers: list[dict[str, Any]] = []
        thread = threading.Thread(target=lambda: answers.append(lab.call("tare")))
        thread.start()
        coach.call("marker", text="x")
        done.set()
        thread.join(5)
        assert answers == [{"in_time": True}]


def test_errors_cross_the_channel_with_their_class_and_parts(caplog: pytest.LogCaptureFixture) -> None:
    class OwnError(SessionError):
        """Not known at the other side: its nearest known base is raised there."""

    errors: list[Exception] = [
        RigError("rig.toml", expected="a", seen="b", next_step="c"),
        OwnError("s.h5", expected="a", seen="b"),
        ZeroDivisionError("division by zero"),
    ]

    def handler(command: str, args: dict[str, Any]) -> dict[str, Any]:
        raise errors[args["n"]]

    with ControlServer(handler), ControlClient.connect() as client:
        with pytest.raises(RigError) as rig:
            client.call("start", n=0)
        assert (rig.value.where, rig.value.expected, rig.value.seen, rig.value.next_step) == ("rig.toml", "a", "b", "c")
        with pytest.raises(SessionError):
            client.call("start", n=1)
        with pytest.raises(StanceError, match=r"ZeroDivisionError.*our fault"):
            client.call("start", n=2)
    assert "ZeroDivisionError" in caplog.text  # with its traceback, at the recorder


def test_unknown_command_names_the_nearest() -> None:
    with ControlServer(echo), ControlClient.connect() as client:
        with pytest.raises(LinkError, match="Did you mean marker"):
            client.call("maker", text="x")
        assert client.call("status") == {"command": "status"}


def test_too_much_is_refused_on_both_ways(caplog: pytest.LogCaptureFixture) -> None:
    def handler(command: str, args: dict[str, Any]) -> dict[str, Any]:
        return {"nan": float("nan")} if command == "note" else {"text": "x" * 300_000}

    with ControlServer(handler), ControlClient.connect() as client:
        with pytest.raises(LinkError, match="at most 16384 bytes"):
            client.call("note", text="x" * MAX_REQUEST_BYTES)
        with pytest.raises(StanceError, match="our fault"):
            client.call("status")
        with pytest.raises(StanceError, match="our fault"):
            client.call("note")
    assert "300" in caplog.text


def test_late_answers_are_not_taken_for_the_next() -> None:
    def handler(command: str, args: dict[str, Any]) -> dict[str, Any]:
        time.sleep(args.get("wait", 0))
        return {"command": command}

    with ControlServer(handler), ControlClient.connect() as client:
        with pytest.raises(LinkError, match=r"no answer within"):
            client.call("tare", wait=0.1, timeout_s=0.02)
        assert client.call("status") == {"command": "status"}


# ---- finding recorders


def test_a_recorder_is_found_by_session_by_file_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ControlServer(lambda *_: {"who": 1}, session="a.h5", rings=("raw", "steps")) as one:
        with ControlClient.connect() as client:
            assert client.call("status") == {"who": 1}
        with ControlServer(lambda *_: {"who": 2}) as two:
            two.publish(tmp_path / "b.h5")
            first, second = running_recorders()
            assert (first.pid, first.session, first.rings) == (os.getpid(), str(tmp_path / "a.h5"), ("raw", "steps"))
            assert first.started_unix_s == pytest.approx(time.time(), abs=60)
            assert first.authkey.hex() not in repr(first)
            for where, who in (("a.h5", 1), (tmp_path / "b.h5", 2), (one.file, 1), (second, 2)):
                with ControlClient.connect(where) as client:
                    assert client.call("status") == {"who": who}
            with pytest.raises(LinkError, match="saw 2") as error:
                ControlClient.connect()
            assert "a.h5" in str(error.value)
            assert "b.h5" in str(error.value)
            with pytest.raises(LinkError, match="saw none"):
                ControlClient.connect("c.h5")
    assert running_recorders() == []
    with pytest.raises(LinkError, match="stance record"):
        ControlClient.connect()


def test_close_leaves_nothing_and_may_be_repeated() -> None:
    server = ControlServer(echo)
    client = ControlClient.connect()
    info = client.info
    server.close()
    server.close()
    assert list(runtime_directory().iterdir()) == []
    wait_for(lambda: not any(t.name.startswith("stance-control") for t in threading.enumerate()))
    with pytest.raises(LinkError, match="stance recover"):
        client.call("status")
    client.close()
    client.close()
    with pytest.raises(LinkError):
        ControlClient.connect(info)


@posix
def test_files_are_private_and_a_foreign_directory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = runtime_directory()
    directory.chmod(0o777)
    with ControlServer(echo) as server:
        assert directory.stat().st_mode & 0o777 == 0o700
        assert server.file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(LinkError, match="a directory of your own"):
        runtime_directory()


@posix
def test_a_planted_link_is_refused(own_directory: Path) -> None:
    (own_directory / "elsewhere").mkdir()
    directory = runtime_directory()
    directory.rmdir()
    directory.symlink_to(own_directory / "elsewhere")
    with pytest.raises(LinkError, match="a directory of your own"):
        ControlServer(echo)


@posix
def test_a_path_too_long_for_a_socket_says_so(own_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = own_directory / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(LinkError, match="TMPDIR"):
        ControlServer(echo)


def test_files_that_are_none_of_ours_are_ignored() -> None:
    directory = runtime_directory()
    for name, text in (("a", ""), ("b", "[1]"), ("c", '{"pid": "x"}'), ("d", "[" * 9000), ("e", '{"authkey": "zz"}')):
        (directory / f"{name}.json").write_text(text)
    with ControlServer(echo):
        assert len(running_recorders()) == 1
    with pytest.raises(LinkError):
        ControlClient.connect(directory / "a.json")


RECORDER = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from daq.control import ControlServer
server = ControlServer(lambda command, args: {"command": command, "text": args.get("text")}, session=sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
server.close()
"""


@pytest.fixture
def recorder(own_directory: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A recorder in a process of its own; it ends when its standard input does."""
    command = [sys.executable, "-c", RECORDER, str(own_directory), str(tmp_path / "s.h5")]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_another_process_is_marked(recorder: subprocess.Popen[str], tmp_path: Path) -> None:
    with ControlClient.connect(tmp_path / "s.h5") as client:
        assert client.info.pid == recorder.pid
        assert client.call("marker", text="sprint") == {"command": "marker", "text": "sprint"}
    assert recorder.stdin is not None
    recorder.stdin.close()
    assert recorder.wait(10) == 0
    assert running_recorders() == []


def test_a_killed_recorder_is_noticed_and_cleared_away(recorder: subprocess.Popen[str]) -> None:
    with ControlClient.connect() as client:
        recorder.kill()
        recorder.wait(10)
        with pytest.raises(LinkError, match="stance recover"):
            client.call("status")
    assert len(list(runtime_directory().glob("*.json"))) == 1
    assert running_recorders() == []
    assert list(runtime_directory().iterdir()) == []


@posix
def test_a_frozen_recorder_does_not_freeze_the_window(recorder: subprocess.Popen[str]) -> None:
    with ControlClient.connect() as client:
        os.kill(recorder.pid, signal.SIGSTOP)
        os.waitpid(recorder.pid, os.WUNTRACED)  # it has stopped, not only been told to
        try:
            with pytest.raises(LinkError, match="no answer within"):
                client.call("status", timeout_s=0.05)
            assert len(running_recorders()) == 1  # it is not dead
            with pytest.raises(LinkError, match="no answer within"):
                ControlClient.connect(timeout_s=0.05)
        finally:
            os.kill(recorder.pid, signal.SIGCONT)
        assert client.call("status")["command"] == "status"


# ---- rude clients


def silent(server: ControlServer) -> Any:
    """Connects and says nothing."""
    return Client(server.address, FAMILY)


def garbled(server: ControlServer) -> Any:
    """Answers the challenge with nonsense."""
    connection = Client(server.address, FAMILY)
    connection.send_bytes(b"\xff" * 200)
    return connection


def half_greeting(server: ControlServer) -> Any:
    """Announces 100 bytes, sends one."""
    connection = Client(server.address, FAMILY)
    os.write(connection.fileno(), struct.pack("!i", 100) + b"x")
    return connection


def half_message(server: ControlServer) -> Any:
    connection = raw_greeting(server)
    os.write(connection.fileno(), struct.pack("!i", 100) + b"{")
    return connection


def huge_message(server: ControlServer) -> Any:
    connection = raw_greeting(server)
    os.write(connection.fileno(), struct.pack("!i", 2_000_000_000) + b"{")
    return connection


def never_reading(server: ControlServer) -> Any:
    """Asks and asks; the answers fill the socket until the server's thread for it blocks."""
    connection = raw_greeting(server)
    os.set_blocking(connection.fileno(), False)
    request = json.dumps({"id": 1, "command": "note", "args": {"text": "x" * 8000}}).encode()
    try:
        for _ in range(1000):
            connection.send_bytes(request)
    except BlockingIOError:
        pass
    return connection


@posix
@pytest.mark.parametrize("rude", [silent, garbled, half_greeting, half_message, huge_message, never_reading])
def test_a_rude_client_holds_up_nobody(rude: Callable[[ControlServer], Any]) -> None:
    with ControlServer(echo) as server:
        guest = rude(server)
        start_s = time.monotonic()
        with ControlClient.connect() as client:
            assert client.call("marker", text="still here")["text"] == "still here"
        assert time.monotonic() - start_s < daq.control_server.STUCK_S  # not by waiting for it to be thrown out
        server.close()
        guest.close()


@posix
def test_places_taken_by_the_stuck_are_given_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daq.control_server, "MAX_CLIENTS", 3)
    monkeypatch.setattr(daq.control_server, "STUCK_S", 0.1)
    with ControlServer(echo) as server:
        info = _read(server.file)  # not running_recorders(): to see whether one lives is a visit, too
        guests = [half_message(server), half_message(server)]
        with ControlClient.connect(info) as idle:
            wait_for(lambda: sum(v.stuck() for v in server._visitors) == 2)
            with ControlClient.connect(info) as client:
                assert client.call("status") == {"command": "status"}
            assert idle.call("status") == {"command": "status"}  # idle is not stuck: it stays
        for guest in guests:
            assert guest.poll(5)
            with pytest.raises((EOFError, OSError)):
                guest.recv_bytes()
            guest.close()


@posix
def test_full_house_is_refused_not_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daq.control_server, "MAX_CLIENTS", 1)
    with ControlServer(echo) as server:
        info = _read(server.file)
        with ControlClient.connect(info) as client:
            with pytest.raises(LinkError):
                ControlClient.connect(info)
            assert client.call("status") == {"command": "status"}


def test_a_wrong_key_is_refused() -> None:
    with ControlServer(echo) as server:
        (info,) = running_recorders()
        impostor = type(info)(**{**vars(info), "authkey": b"guess"})
        with pytest.raises(LinkError, match="digest"):
            ControlClient.connect(impostor)
        wait_for(lambda: not server._visitors)


NONSENSE = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b"[" * 9000,
    b'{"command": 3}',
    b'{"command": "status", "args": 1}',
)


def test_nonsense_after_the_greeting_gets_an_error_and_the_line_stays_open() -> None:
    with ControlServer(echo) as server:
        connection = raw_greeting(server)
        for request in NONSENSE:
            connection.send_bytes(request)
            assert "error" in json.loads(Patient(connection, 5).recv_bytes())
        connection.send_bytes(b'{"command":"status"}')
        assert json.loads(Patient(connection, 5).recv_bytes()) == {"id": None, "result": {"command": "status"}}
        connection.close()


KEYS = st.sampled_from(["command", "args", "id"])
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["command", "id", "status"])
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner))


@settings(max_examples=200, deadline=None)
@given(request_bytes=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_request_is_a_command_or_a_clear_error(request_bytes: bytes) -> None:
    refusal = None
    try:
        command, args, _ = parse(request_bytes)
    except LinkError as error:
        refusal = error
    if refusal is None:
        assert command in COMMANDS
        assert isinstance(args, dict)
        return
    with pytest.raises(LinkError) as again:
        raise_again("x", json.loads(json.dumps(describe(refusal))))
    assert str(again.value) == str(refusal)
