"""The simulated board itself, tried with tiny firmwares whose right answers are known."""

import os
import select
import subprocess
import time
from binascii import crc_hqx
from pathlib import Path

import numpy as np
import pytest
import serial
from simulated import LATE, SIMULATOR, SUPPRESSED, Simulator, build_probe, build_simulator

BOARDS = ("mega", "uno")
EVERY_BYTE = bytes(range(256))
START = b"\xa5\x5a\x12\x02\x01\x00" + crc_hqx(b"\x12\x02\x01\x00", 0xFFFF).to_bytes(2, "big")
PULSES = np.cumsum(np.random.default_rng(5).integers(0, 7, 400)).astype(np.int32)


def open_port(simulator, baud=500_000, timeout=10):
    return serial.Serial(simulator.port, baud, timeout=timeout)


def read(port, count):
    """Exactly so many bytes."""
    got = port.read(count)
    assert len(got) == count, f"{len(got)} of {count} bytes: {got[:20]!r}"
    return got


def read_to_end(port):
    """All bytes until the cable is pulled."""
    heard = b""
    while True:
        select.select([port], [], [])
        try:
            got = os.read(port.fileno(), 4096)
        except OSError:
            return heard
        if not got:
            return heard
        heard += got


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("divider", [1, 2, 4])
def test_every_byte_goes_both_ways_at_every_speed(board, divider):
    with Simulator(build_probe("echo", board, DIVIDER=divider), board=board) as simulator:
        with open_port(simulator, 2_000_000 // divider) as port:
            for _ in range(8):
                port.write(EVERY_BYTE)
                assert read(port, 256) == EVERY_BYTE
        simulator.stop()
        assert simulator.tx == EVERY_BYTE * 8
        assert simulator.ledger["rx_bytes"] == 8 * 256
        assert simulator.ledger["rx_overruns"] == 0
        assert simulator.ledger["lost"] == []


def test_a_wrong_speed_garbles_every_byte_both_ways_until_it_is_right():
    with Simulator(build_probe("echo")) as simulator:
        with open_port(simulator, 115_200) as port:
            port.write(EVERY_BYTE)
            heard = read(port, 256)
            port.baudrate = 500_000
            port.write(EVERY_BYTE)
            assert read(port, 256) == EVERY_BYTE
        simulator.stop()
        said = simulator.tx[:256]
        assert all(a != b for a, b in zip(said, EVERY_BYTE, strict=True))
        assert all(a != b for a, b in zip(heard, said, strict=True))
        assert simulator.ledger["garbled_rx"] == simulator.ledger["garbled_tx"] == 256


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("divider", [1, 2, 4])
def test_bytes_take_their_time_on_bus_and_line(board, divider):
    with (
        Simulator(build_probe("timing", board, DIVIDER=divider), board=board) as simulator,
        open_port(simulator, 2_000_000 // divider) as port,
    ):
        port.write(b"?")
        flags = read(port, 2)
        got = np.frombuffer(read(port, 20 + 6)[20:], ">u2")
    fast, slow, line = got / [100, 100, 16]
    assert flags == b"\x00\x01"  # set after exactly 16 cycles
    assert 16 < fast < 16 + 10  # the waiting loop sees the flag a few cycles later
    assert 128 < slow < 128 + 10
    assert line == pytest.approx(80 * divider, abs=0.5)


def edges(port, count):
    """Ticks, shape (count,), and belt counts, shape (count,), of the next edges."""
    raw = np.frombuffer(read(port, 7 * count), np.dtype([("mark", "S1"), ("tick", ">u4"), ("belt", ">u2")]))
    assert set(raw["mark"]) == {b"E"}
    return raw["tick"].astype(np.int64), raw["belt"].astype(np.int64)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("clkin", [8_192_000, 7_700_001])
def test_every_edge_is_captured_at_its_tick(board, clkin):
    with (
        Simulator(build_probe("edges", board), board=board, adc="ads131m08", clkin=clkin) as simulator,
        open_port(simulator) as port,
    ):
        ticks, _ = edges(port, 2000)
    late = ticks - ticks[0] - np.arange(len(ticks)) * 2e6 * 2048 / clkin
    assert np.ptp(late) < 1


@pytest.mark.parametrize("board", BOARDS)
def test_every_belt_pulse_is_counted_before_its_row(board):
    cells = np.zeros((len(PULSES), 8))
    with Simulator(build_probe("edges", board), board=board, adc="ads131m08", cells=cells, belt=PULSES) as simulator:
        with open_port(simulator) as port:
            edges(port, 20)
            port.write(START)
            _, belt = edges(port, 2500)  # some were on their way when it was told to start
        simulator.stop()
    counted = belt - belt[0]
    assert counted[-1] == PULSES[-1] - PULSES[0]
    first = int(np.flatnonzero(counted)[0])
    row = int(np.flatnonzero(PULSES - PULSES[0])[0])
    assert np.array_equal(counted[first : first + 300], (PULSES - PULSES[0])[row : row + 300])


def test_edges_are_suppressed_and_delayed_on_request():
    faults = ("0.01:miss:2", "0.02:late:30:3")
    with Simulator(build_probe("edges"), adc="ads131m08", seconds=0.1, at=faults) as simulator:
        with open_port(simulator) as port:
            port.write(START)
            ticks, _ = edges(port, 250)
            simulator.wait()
        fate = simulator.truth["fate"]
        assert np.count_nonzero(fate & SUPPRESSED) == simulator.ledger["edges_missed"] == 2
        assert np.count_nonzero(fate & LATE) == simulator.ledger["edges_late"] == 3
    assert sorted(np.unique(np.diff(ticks))) == [440, 500, 560, 1500]


def test_counts_of_the_cells_row_by_row():
    cells = np.random.default_rng(3).uniform(-1.2, 1.2, (50, 8))
    with Simulator(build_probe("edges"), adc="ads131m08", cells=cells, seconds=0.05) as simulator:
        with open_port(simulator) as port:
            port.write(START)
            simulator.wait()
        truth = simulator.truth[simulator.truth["row"] >= 0]
    assert simulator.ledger["frames_between"] == len(truth) == 200
    assert np.array_equal(truth["row"], np.minimum(np.arange(200), 49))
    expected = np.clip(np.rint(cells * 2**23 / 1.2), -(2**23), 2**23 - 1)
    assert np.array_equal(truth["counts"], expected[truth["row"]])


@pytest.mark.parametrize("board", BOARDS)
def test_memory_survives_a_reset_and_eeprom_survives_everything(board, tmp_path):
    probe, kept = build_probe("memory", board), tmp_path / "eeprom"
    with Simulator(probe, board=board, eeprom=kept, at=("0.1:reset", "0.2:unplug", "0.5:replug")) as simulator:
        with open_port(simulator) as port:
            assert read(port, 4) == b"B\x00\x01\x00"  # erased memory is FF; power-on
            port.write(START)
            assert read(port, 4) == b"B\x01\x02\x01"  # reset pin
            assert read_to_end(port) == b""
        simulator.wait_for_port(present=True)
        with open_port(simulator) as port:
            port.write(b"?")
            assert read(port, 4)[:3] == b"B\x02\x01"
            port.write(b"W")
            assert read(port, 4) == b"B\x03\x08\x01"  # watchdog
        simulator.stop()
        assert simulator.ledger["boots"] == [0, 4, 8, 16]
        assert simulator.ledger["watchdog_resets"] == 1
    with Simulator(probe, board=board, eeprom=kept) as simulator, open_port(simulator) as port:
        assert read(port, 4) == b"B\x04\x01\x00"


def test_opening_the_port_resets_the_board_and_its_bootloader_hears_nothing():
    flags = ("--reset-on-open",)
    with Simulator(build_probe("memory"), flags=flags, boot_s=0.5) as simulator:
        for boot in (0, 1):
            with open_port(simulator) as port:
                port.write(b"????????")
                assert read(port, 4)[:3] == bytes([ord("B"), boot, 2 if boot else 1])
            time.sleep(0.05)
        simulator.stop()
        assert simulator.ledger["boots"] == [0, 4]
        assert simulator.ledger["rx_unheard"] == 16


def test_a_crash_is_reported():
    for order, reason in ((b"X", "crashed"), (b"S", "sleeps with interrupts off")):
        with Simulator(build_probe("memory")) as simulator:
            with open_port(simulator) as port:
                read(port, 4)
                port.write(order)
                simulator.wait(expect=1)
            assert reason in simulator.errors


def test_sleep_costs_no_awake_cycles():
    with Simulator(build_probe("echo"), seconds=2) as simulator:
        with open_port(simulator) as port:
            port.write(START)
            assert read(port, len(START)) == START
            simulator.wait()
        assert simulator.ledger["cycles"] == pytest.approx(32_000_000, abs=1000)
        assert 0 < simulator.ledger["awake_cycles"] < 2000


def test_flipped_bits_are_where_the_ledger_says():
    with Simulator(build_probe("echo"), at=("0:flip:5:20", "0:rx-flip:3")) as simulator:
        with open_port(simulator) as port:
            port.write(START)
            heard = read(port, len(START))
            port.write(EVERY_BYTE)
            heard += read(port, 256)
        simulator.stop()
        said = simulator.tx
    wrong = [k for k, (a, b) in enumerate(zip(heard, said, strict=True)) if a != b]
    assert wrong == simulator.ledger["flipped"]
    assert len(wrong) == 5
    assert set(np.diff(wrong)) == {20}
    assert said.startswith(START)
    misheard = [k for k, (a, b) in enumerate(zip(said[len(START) :], EVERY_BYTE, strict=True)) if a != b]
    assert misheard == [0, 1, 2]


def test_a_stalled_bridge_loses_what_it_cannot_hold():
    with Simulator(build_probe("edges"), adc="ads131m08", seconds=1, bridge=700, at=("0.2:stall:300",)) as simulator:
        with open_port(simulator) as port:
            port.write(START)
            heard = read_to_end(port)
            simulator.wait()
        ((first, end),) = simulator.ledger["lost"]
    assert heard == simulator.tx[:first] + simulator.tx[end:]
    assert 7000 < end - first < 300 * 28


def test_a_host_that_is_slow_loses_nothing():
    with Simulator(build_probe("edges"), adc="ads131m08", seconds=1) as simulator:
        with open_port(simulator) as port:
            port.write(START)
            time.sleep(0.5)
            heard = read_to_end(port)
            simulator.wait()
        assert simulator.ledger["lost"] == []
        assert heard == simulator.tx


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mcu", "z80"], "--mcu z80: atmega2560 or atmega328p"),
        (["--at", "1:explode"], "--at 1:explode: no such event"),
        (["--at", "1:flip:3"], "flip takes 2 numbers"),
        (["--clkin", "fast"], "--clkin fast: a number"),
        (["--firmware", "/nowhere.elf"], "/nowhere.elf: "),
        (["--cells", "/nowhere"], "/nowhere: cannot be read"),
        (["--what"], "--what: unknown"),
    ],
)
def test_a_wrong_option_is_named(arguments, message, tmp_path):
    build_simulator()
    usual = ["--mcu", "atmega2560", "--firmware", build_probe("echo"), "--link", tmp_path / "port"]
    done = subprocess.run([SIMULATOR, *usual, *arguments], check=False, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert message in done.stderr
    assert not Path(tmp_path / "port").is_symlink()
