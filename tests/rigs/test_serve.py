"""The virtual treadmill behind a real pseudo-terminal and a real TCP socket, read by pyserial."""

import contextlib
import os
import queue
import socket
import sys
import threading

import pytest
import serial

from daq.decoder import Decoder
from daq.errors import LinkError
from daq.link import open_link
from daq.wire import Hello, Kind, encode_control
from rigs.doors import PtyDoor
from rigs.serve import Stop, serve_pty, serve_tcp

POSIX = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
DOORS = [pytest.param("pty", marks=POSIX), "tcp"]
HELLO, START = (encode_control(kind, 1) for kind in (Kind.HELLO, Kind.START))


VISITS = queue.Queue()


@contextlib.contextmanager
def serving(door, url, **options):
    """Serve in a thread; gives the address, and afterwards the device in the second entry."""
    addresses, result = queue.Queue(), []
    VISITS.queue.clear()

    def serve():
        try:
            serve_it = serve_pty if door == "pty" else lambda u, r, **o: serve_tcp(u, 0, r, **o)
            result.append(serve_it(url, addresses.put, stop=stop, on_client=VISITS.put, **options))
        except BaseException as error:
            addresses.put(error)
            raise

    with Stop() as stop:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            address = addresses.get(timeout=30)
            assert isinstance(address, str), address
            yield address, result
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()


def hello_of(port):
    port.write(HELLO)
    head = port.read(6)
    while head[3] != Kind.HELLO | 0x80:  # frames may be in between
        head = (head + port.read(1))[-6:]
    return Hello.decode(port.read(head[5] + 2)[:-2])


def stream(port, frames, decoder):
    port.write(START)
    rows = []
    while sum(map(len, rows)) < frames:
        wanted = 4096 if "socket" in type(port).__module__ else max(1, port.in_waiting)  # a socket's is 0 or 1
        rows.append(decoder.feed(port.read(wanted)).chunk)
    return rows


@contextlib.contextmanager
def client(address):
    port = serial.serial_for_url(address, timeout=10)
    wire = getattr(port, "_socket", None)
    try:
        yield port
    finally:
        port.close()
        if wire is not None:
            wire.close()  # pyserial forgets to, if the other end has hung up first
        while VISITS.get(timeout=30):  # until the server has noticed
            pass


@pytest.mark.parametrize("door", DOORS)
def test_pyserial_reads_every_frame(door):
    with serving(door, "virtual://virtual?seed=1&speed=5") as (address, served):
        with client(address) as port:
            assert hello_of(port).sample_rate_Hz == 1000
            decoder = Decoder(2000.0)
            stream(port, 3000, decoder)
        assert decoder.counters.lost == decoder.counters.skipped_bytes == 0
    assert served[0].ledger.overflowed == 0
    assert served[0].ledger.due >= 3000


@pytest.mark.parametrize("door", DOORS)
def test_it_keeps_up_with_8_khz(door):
    with serving(door, "virtual://virtual?rate=8000&buffer_frames=16000") as (address, served):
        decoder = Decoder(250.0)
        with client(address) as port:
            stream(port, 8000, decoder)
        assert decoder.counters.lost == decoder.counters.skipped_bytes == 0
    assert served[0].ledger.overflowed == 0


def test_at_full_speed_the_readers_pace_rules():
    with serving("tcp", "virtual://virtual?speed=max&drop=1e-3&load=none") as (address, served):
        decoder = Decoder(2000.0)
        with client(address) as port:
            stream(port, 30_000, decoder)
    ledger = served[0].ledger
    assert ledger.overflowed == 0
    assert 0 < decoder.counters.lost <= ledger.dropped


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("reset_on_open", [True, False])
def test_opening_again_resets_the_board_if_it_is_wired_so(door, reset_on_open):
    with serving(door, "virtual://virtual?load=none", reset_on_open=reset_on_open) as (address, served):
        boots = []
        for _ in range(3):
            with client(address) as port:
                boots.append(hello_of(port).boot)
    assert len(set(boots)) == (3 if reset_on_open else 1)
    assert served[0].ledger.boots == (boots if reset_on_open else boots[:1])


@pytest.mark.parametrize("door", DOORS)
def test_the_next_client_finds_nothing_of_the_last_ones_stream(door):
    with serving(door, "virtual://virtual?load=none") as (address, _):
        with client(address) as port:
            stream(port, 50, Decoder())
        with client(address) as port:
            decoder = Decoder()
            port.write(HELLO)
            decoded = decoder.feed(port.read(8))
            assert len(decoded.chunk) == 0
            assert decoder.counters.skipped_bytes == 0


def test_a_second_client_is_turned_away():
    with serving("tcp", "virtual://virtual?load=none") as (address, _), client(address) as port:
        assert hello_of(port).channels == 8
        host, number = address.removeprefix("socket://").split(":")
        with socket.create_connection((host, int(number)), timeout=10) as second:
            assert second.recv(10) == b""
        assert hello_of(port).channels == 8


@pytest.mark.parametrize("door", DOORS)
def test_pulling_the_cable_ends_the_service_and_the_reader_notices(door):
    with serving(door, "virtual://virtual?load=none&unplug_at_s=0.2") as (address, served), client(address) as port:
        decoder = Decoder()
        with pytest.raises(OSError, match=r"."):  # SerialException is one
            stream(port, 10_000, decoder)
    assert served[0].unplugged
    assert decoder.counters.frames <= 200


@pytest.mark.parametrize("door", DOORS)
def test_plugged_in_again_the_board_is_there_again_under_its_old_name(door, tmp_path):
    url = "virtual://virtual?load=none&unplug_at_s=0.2&replug_at_s=0.4"
    options = {"link": tmp_path / "treadmill"} if door == "pty" else {}
    boots = []
    with serving(door, url, **options) as (address, served):
        if door == "pty":
            assert address == str(tmp_path / "treadmill")
        with client(address) as port:
            boots.append(hello_of(port).boot)
            with pytest.raises(OSError, match=r"."):
                stream(port, 10_000, Decoder())
        while len(boots) < 2:  # the door is not open yet, or just closing
            with contextlib.suppress(OSError), serial.serial_for_url(address, timeout=1) as port:
                boots.append(hello_of(port).boot)
    assert not served[0].unplugged
    assert served[0].ledger.boots == boots
    assert not (tmp_path / "treadmill").is_symlink()


@POSIX
def test_a_link_that_is_there_already_is_refused(tmp_path):
    (tmp_path / "treadmill").touch()
    with pytest.raises(LinkError, match="a new link"):
        PtyDoor(tmp_path / "treadmill")


@POSIX
def test_the_link_layer_opens_the_terminal():
    with serving("pty", "virtual://virtual?seed=1") as (address, _), open_link(address) as link:
        link.start()
        decoder, rows = Decoder(link.hello.ticks_per_sample), 0
        while rows < 300:
            rows += len(decoder.feed(link.read(5.0)).chunk)
    assert decoder.counters.lost == 0


def test_a_taken_port_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(LinkError, match="free TCP port"):
            serve_tcp("virtual://virtual?load=none", number, lambda address: None)


def test_without_pseudo_terminals_it_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(LinkError, match="--tcp"):
        PtyDoor()
