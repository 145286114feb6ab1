"""virtual:// URLs: strict reading, the manual, and pyserial's contract of the port behind them."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import serial
from virtual_host import Host

from daq.decoder import Decoder
from daq.errors import FormatError, LinkError, RigError
from daq.link import open_link
from daq.ports import load_link_handlers
from daq.rig import load_rig
from daq.wire import FRAME_BYTES, Hello, Kind, encode_control
from rigs.virtual import make_device
from rigs.virtual_parameters import PARAMETERS, manual_tables
from rigs.virtual_url import VirtualUrl, virtual_url

MANUAL = Path(__file__).parents[2] / "docs" / "virtual-treadmill.md"
HELLO, START, STOP = (encode_control(kind, 1) for kind in (Kind.HELLO, Kind.START, Kind.STOP))


@pytest.fixture
def opened():
    load_link_handlers()
    ports = []

    def open_it(url, **options):
        ports.append(serial.serial_for_url(url, **options))
        return ports[-1]

    yield open_it
    for port in ports:
        port.close()


# ---- the URL


def test_every_parameter_is_in_the_manual_as_it_is_read():
    assert manual_tables() in MANUAL.read_text(encoding="utf-8"), "update with: python -m rigs.virtual_parameters"


def test_examples_of_the_manual_work():
    lines = MANUAL.read_text(encoding="utf-8").splitlines()
    words = [word.strip("`.,\"'()") for line in lines for word in line.split() if "virtual://" in word]
    urls = [word[word.index("virtual://") :] for word in words]
    urls = [url for url in urls if not any(part in url for part in ("NAME", "…", "%2F"))]
    assert len(urls) > 12
    for url in urls:
        make_device(url)


def test_defaults_are_the_rigs():
    device = make_device("virtual://virtual")
    rig = load_rig("virtual")
    assert device.chain.rate_Hz == rig.sample_rate_Hz
    assert device.chain.cells.noise_N == rig.noise.cell_noise_N
    assert [mode.fn_Hz for mode in device.chain.modes] == [220, 200, 250]
    assert device.chain.sensors.pulses_per_m == 1000


def test_the_example_of_the_design_is_understood(tmp_path):
    path = tmp_path / "run+1 a&b.csv"
    path.write_text("time_s,Fz_N\n" + "".join(f"{k / 500},{k % 50}\n" for k in range(600)))
    from urllib.parse import quote

    url = f"virtual://virtual?force={quote(str(path))}&rate=1000&seed=1&drop=1e-4&corrupt=1e-4&drift_N_per_min=20&fn_Hz=63"
    device = make_device(url)
    assert (device.chain.seed, device.faults.drop, device.chain.modes[2].fn_Hz) == (1, 1e-4, 63)
    assert device.chain.cells.drift_N_per_min == 20
    assert device.chain.source.wrench(np.array([0.02]))[0, 2, 0] == pytest.approx(10)


def test_a_rig_file_is_named_by_its_path(tmp_path):
    path = tmp_path / "my rig.toml"
    path.write_text(load_rig("deck_4z").text.replace('"deck_4z"', '"mine"'), encoding="utf-8")
    url = virtual_url(str(path), "seed=2")
    assert make_device(url).chain.seed == 2
    assert VirtualUrl.parse(f"virtual://{path.as_posix().replace(' ', '%20')}").rig.endswith("my rig.toml")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sead=2", ["sead", "Did you mean seed?"]),
        ("fn_hz=63", ["fn_hz", "Did you mean fn_Hz?"]),
        ("rate", ["parameter=value", "rate"]),
        ("rate=fast", ["rate", "Hz", "'fast'"]),
        ("rate=1e9", ["rate", "1e9"]),
        ("rate=nan", ["rate", "nan"]),
        ("drop=2", ["drop", "probability"]),
        ("drop=0.6&corrupt=0.6", ["together at most 1"]),
        ("seed=1&seed=2", ["seed", "once"]),
        ("seed=-1", ["seed", "whole number"]),
        ("speed=0", ["speed", "max"]),
        ("load=700@a,b", ["load", "FORCE@X,Y"]),
        ("load=700@0.1", ["load", "FORCE@X,Y"]),
        ("load=1/2@0,0", ["load", "FORCE@X,Y"]),
        ("swap=0", ["swap", "0-1"]),
        ("stuck=8", ["stuck", "0 to 7"]),
        ("runner=bolt", ["runner", "davis"]),
        ("runner=davis&load=none", ["one of", "runner and load"]),
        ("contact_ms=200", ["contact_ms", "half_sine", "runner=davis"]),
        ("runner=half_sine&impact_N=200", ["impact_N", "impact", "runner=half_sine"]),
        ("load=none&mass_kg=70", ["mass_kg", "load"]),
        ("loop=1", ["loop", "force"]),
        ("stall_s=1", ["stall_s", "stall_at_s"]),
    ],
)
def test_mistakes_are_told_plainly(query, words):
    with pytest.raises(LinkError) as told:
        make_device(f"virtual://virtual?{query}")
    for word in words:
        assert word in str(told.value)


@pytest.mark.parametrize("url", ["virtual://", "virtual:///", "virtual://?seed=1", "http://virtual"])
def test_an_address_without_a_rig_is_refused(url):
    with pytest.raises(LinkError, match="virtual://"):
        VirtualUrl.parse(url)


def test_mistakes_behind_the_url_keep_their_own_error(tmp_path):
    with pytest.raises(RigError, match="frame_8"):
        make_device("virtual://frame_9")
    with pytest.raises(FormatError):
        make_device(f"virtual://virtual?force={tmp_path / 'none.csv'}")
    with pytest.raises(LinkError, match="sead"):
        VirtualUrl.of("virtual", sead=1)


def test_every_default_is_one_its_reader_would_take():
    for name, parameter in PARAMETERS.items():
        assert parameter.default_text, name
        if not parameter.shown:
            assert parameter.read(parameter.default_text) == parameter.default, name


# ---- the port


def test_opening_plugs_the_device_in_and_reading_gives_what_it_says(opened):
    port = opened("virtual://virtual?seed=1&speed=max", timeout=5)
    assert port.write(HELLO) == len(HELLO)
    head = port.read(6)
    hello = Hello.decode(port.read(head[5] + 2)[:-2])
    assert hello.boot == port.device.ledger.boots[0]
    assert port.in_waiting == 0
    port.write(START)
    assert len(port.read(8 + 1000 * FRAME_BYTES)) == 8 + 1000 * FRAME_BYTES
    assert port.in_waiting >= 4096
    port.reset_input_buffer()
    assert port.out_waiting == 0
    assert port.cts
    assert not port.ri


def test_the_port_and_the_device_alone_send_the_same_bytes(opened):
    url = "virtual://virtual?seed=9&drop=0.01&corrupt=0.01&speed=max"
    port = opened(url, timeout=5)
    port.write(START)
    data = b"".join(port.read(777) for _ in range(100))
    host = Host(url)
    host.start()
    host.run(4000)
    assert data == bytes(host.received[: len(data)])
    again = opened(url, timeout=5)
    again.write(START)
    assert again.read(len(data)) == data


def test_a_paced_port_gives_frames_as_they_fall_due(opened):
    port = opened("virtual://virtual?load=none", timeout=10)
    port.write(START)
    port.read(8)
    began = time.perf_counter()
    decoder = Decoder(2000.0)
    chunk = decoder.feed(port.read(300 * FRAME_BYTES)).chunk
    assert time.perf_counter() - began > 0.28  # never early; how late hangs on the machine
    assert len(chunk) == 300


def test_ten_times_as_fast_is_never_faster(opened):
    port = opened("virtual://virtual?load=none&speed=10", timeout=10)
    port.write(START)
    began = time.perf_counter()
    port.read(8 + 2000 * FRAME_BYTES)
    assert time.perf_counter() - began > 0.19


@pytest.mark.parametrize("speed", ["1", "max"])
def test_a_silent_device_lets_reads_time_out(opened, speed):
    port = opened(f"virtual://virtual?speed={speed}", timeout=0.05)
    assert port.read(10) == b""
    port.timeout = 0
    assert port.read(10) == b""


@pytest.mark.parametrize("speed", ["1", "max"])
def test_a_waiting_read_ends_when_it_is_cancelled(opened, speed):
    port = opened(f"virtual://virtual?speed={speed}")
    got = []
    reader = threading.Thread(target=lambda: got.append(port.read(100)))
    reader.start()
    port.cancel_read()
    reader.join(10)
    assert got == [b""]


@pytest.mark.parametrize("speed", ["1", "max"])
def test_a_waiting_read_hears_the_answer_to_another_threads_question(opened, speed):
    port = opened(f"virtual://virtual?speed={speed}", timeout=10)
    got = []
    reader = threading.Thread(target=lambda: got.append(port.read(8)))
    reader.start()
    port.write(STOP)
    reader.join(10)
    assert got[0][3] == Kind.STOP | 0x80


def test_closing_ends_a_waiting_read_and_a_closed_port_says_so(opened):
    port = opened("virtual://virtual")
    ended = []

    def read():
        try:
            port.read(100)
        except serial.SerialException as error:
            ended.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    port.close()
    reader.join(10)
    assert len(ended) == 1
    for touch in (port.read, lambda: port.write(b"x"), lambda: port.in_waiting, port.reset_input_buffer):
        with pytest.raises(serial.PortNotOpenError):
            touch()


def test_opening_again_is_another_boot(opened):
    port = opened("virtual://virtual?reset_at_s=0.1&speed=max", timeout=1)
    port.write(START)
    port.read(8 + 50 * FRAME_BYTES)
    boots = list(port.device.ledger.boots)
    with pytest.raises(serial.SerialException):
        port.open()
    port.close()
    port.open()
    boots += port.device.ledger.boots
    port.close()
    port.open()
    boots += port.device.ledger.boots
    assert len(set(boots)) == 3


def test_pulling_the_cable_raises_after_the_last_byte(opened):
    port = opened("virtual://virtual?unplug_at_s=0.5&speed=max&load=none", timeout=1)
    port.write(START)
    assert len(port.read(100_000)) == 8 + 500 * FRAME_BYTES
    with pytest.raises(serial.SerialException, match="disconnected"):
        port.read(1)
    with pytest.raises(serial.SerialException):
        port.write(HELLO)
    with pytest.raises(serial.SerialException):
        _ = port.in_waiting


@pytest.mark.parametrize("again", ["", "&replug_at_s=0.6"])
def test_a_pulled_cable_leaves_a_dead_port_until_it_is_in_again(opened, again):
    port = opened(f"virtual://virtual?unplug_at_s=0.5&speed=max&load=none{again}", timeout=1)
    port.write(START)
    assert len(port.read(100_000)) == 8 + 500 * FRAME_BYTES
    for _ in range(2):
        with pytest.raises(serial.SerialException, match="disconnected"):
            port.read(1)
    port.close()
    if not again:
        for _ in range(2):
            with pytest.raises(serial.SerialException, match="cable"):
                port.open()
        return
    port.open()
    port.write(START)
    data = port.read(8 + FRAME_BYTES)
    assert data[3] == Kind.START | 0x80
    assert int.from_bytes(data[11:13], "big") == port.device.ledger.boots[1]
    first = list(port.device.ledger.boots)
    port.close()
    port.open()  # without having been pulled: the same board at its next boot
    assert port.device.ledger.boots[0] not in first


def test_a_cable_that_was_out_between_two_reads_has_killed_the_port_all_the_same(opened):
    port = opened("virtual://virtual?unplug_at_s=0.5&replug_at_s=0.6&load=none", timeout=1)
    port.write(START)
    port.read(8)
    port._pump._began_s -= 2.0  # nobody looked for two seconds
    assert len(port.read(100_000)) == 500 * FRAME_BYTES
    assert not port.device.unplugged
    with pytest.raises(serial.SerialException, match="disconnected"):
        port.read(1)


def test_all_dropped_is_silence_not_an_endless_wait(opened):
    port = opened("virtual://virtual?drop=1&load=none&speed=max", timeout=0.05)
    port.write(START)
    assert port.read(8 + FRAME_BYTES)[3] == Kind.START | 0x80
    assert port.device.ledger.dropped > 0


def test_the_link_layer_speaks_with_it():
    with open_link("virtual://virtual?seed=1&speed=max&drop=1e-3") as link:
        assert link.hello.sample_rate_Hz == 1000
        link.start()
        decoder = Decoder(link.hello.ticks_per_sample)
        rows = 0
        while rows < 20_000:
            rows += len(decoder.feed(link.read(5.0)).chunk)
    assert decoder.counters.crc_errors == 0
    assert 0 < decoder.counters.lost < 60
