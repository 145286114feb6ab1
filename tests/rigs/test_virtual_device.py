"""The virtual device: its side of the protocol, and that the same questions get the same bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_host import Host, max_url, running

from daq.wire import (
    FRAME_BYTES,
    LAYOUT_SEED,
    Capability,
    ClockReply,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Stats,
    encode_control,
)
from rigs.chain import BLOCK
from rigs.virtual_url import VirtualUrl


def test_silent_until_start():
    host = Host(max_url())
    assert host.device.transmit(3600.0) == b""
    host.start()
    assert len(host.run(100)) >= 100


def test_hello_tells_who_and_how_fast():
    host = Host(max_url(rate=976.5625))
    (answer,) = host.ask(Kind.HELLO, token=42)
    assert (answer.kind, answer.token) == (Kind.HELLO | 0x80, 42)
    hello = Hello.decode(answer.payload)
    assert (hello.rate_num, hello.rate_den) == (15625, 16)
    assert hello.layout_seed == LAYOUT_SEED
    assert hello.ticks_per_sample == 2048
    assert hello.capabilities == Capability.BELT_COUNTER
    assert hello.boot == host.ledger.boots[0]


def test_hello_of_a_slow_adc_says_static_only():
    hello = Hello.decode(Host(max_url(rate=80, sync_period_s=1)).ask(Kind.HELLO)[0].payload)
    assert hello.capabilities == Capability.BELT_COUNTER | Capability.STATIC_ONLY | Capability.SYNC_INPUT


def test_stop_stops_and_start_goes_on_in_the_same_count():
    host = running()
    host.run(50)
    (answer,) = host.ask(Kind.STOP)
    assert answer.kind == Kind.STOP | 0x80
    assert host.pump.take(1000) == b""
    host.start()
    host.run(50)
    assert np.array_equal(host.chunk.seq, np.arange(len(host.chunk)))


def test_conversions_between_stop_and_start_are_counted_though_not_sent():
    host = Host("virtual://virtual?seed=1")
    host.ask(Kind.START, now_s=0.0)
    host.hear(host.device.transmit(0.1005))
    host.ask(Kind.STOP, now_s=0.1005)
    host.ask(Kind.START, now_s=0.2005)
    host.hear(host.device.transmit(0.3005))
    assert host.chunk.gap_lost.tolist() == [100]
    assert host.ledger.lost == 0


def test_clock_is_the_tick_at_reception():
    host = Host("virtual://virtual?clock_ppm=100&tick0=4294967000")
    for now_s in (0.0, 0.5, 10.0, 3000.0):
        reply = ClockReply.decode(host.ask(Kind.CLOCK, now_s=now_s)[0].payload)
        assert reply.tick == (4294967000 + round(now_s * 2_000_200)) % 2**32
        assert reply.boot == host.ledger.boots[0]


@pytest.mark.parametrize(
    ("kind", "payload", "version", "code"),
    [
        (0x44, b"", 1, ErrorCode.UNKNOWN_KIND),
        (Kind.HELLO | 0x80, b"", 1, ErrorCode.UNKNOWN_KIND),
        (Kind.SET, b"\0\0\0\0\0", 1, ErrorCode.UNSUPPORTED),
        (Kind.START, b"x", 1, ErrorCode.BAD_PAYLOAD),
        (Kind.START, b"", 2, ErrorCode.WRONG_VERSION),
    ],
)
def test_what_cannot_be_done_is_refused(kind, payload, version, code):
    host = Host(max_url())
    host.device.receive(encode_control(kind, 9, payload, version), 0.0)
    host.hear(host.pump.take(1000))
    (answer,) = host.controls
    assert (answer.kind, answer.token, ErrorReply.decode(answer.payload).code) == (Kind.ERROR, 9, code)
    assert host.pump.take(1000) == b""


def test_hello_is_answered_whatever_the_askers_version():
    host = Host(max_url())
    host.device.receive(encode_control(Kind.HELLO, 9, version=15), 0.0)
    host.hear(host.pump.take(1000))
    assert host.controls[0].kind == Kind.HELLO | 0x80


def test_a_broken_command_is_counted_and_not_obeyed():
    host = Host(max_url())
    start = bytearray(encode_control(Kind.START, 1))
    start[-1] ^= 1
    host.device.receive(bytes(start), 0.0)
    assert host.pump.take(100) == b""
    assert host.ledger.rx_errors == 1
    assert Stats.decode(host.ask(Kind.STATS)[0].payload).rx_errors == 1


def test_an_incomplete_command_is_never_obeyed_and_does_not_eat_the_next():
    host = Host("virtual://virtual")
    start = encode_control(Kind.START, 1)
    for size in range(1, len(start)):
        now_s = 2.0 * size
        host.device.receive(start[:size], now_s)
        assert host.device.transmit(now_s + 1) == b""
        assert [c.kind for c in host.ask(Kind.HELLO, now_s=now_s + 1)] == [Kind.HELLO | 0x80]
    assert host.device.transmit(100.0) == b""


def test_a_command_in_single_bytes_is_obeyed():
    host = Host(max_url())
    for byte in b"\xa5\xa5\x5a" + encode_control(Kind.HELLO, 3):
        host.device.receive(bytes([byte]), 0.0)
    host.hear(host.pump.take(1000))
    assert [c.token for c in host.controls] == [3]


@given(noise=st.binary(max_size=300), cuts=st.lists(st.integers(1, 50), max_size=10))
def test_noise_never_starts_the_stream_nor_hides_a_command(noise, cuts):
    host = Host("virtual://virtual?load=none")
    rest, now_s = noise, 0.0
    for cut in cuts:
        host.device.receive(rest[:cut], now_s)
        rest, now_s = rest[cut:], now_s + 0.01
    host.device.receive(rest, now_s)
    assert host.device.hello().boot == host.ledger.boots[0]
    if encode_control(Kind.START, 0)[:4] not in noise:
        assert host.ledger.due == 0
    assert [c.token for c in host.ask(Kind.HELLO, 77, now_s=now_s + 1.0)][-1] == 77


def test_stats_count_what_was_sent():
    host = Host("virtual://virtual?buffer_frames=100")
    host.ask(Kind.START, now_s=0.0)
    host.hear(host.device.transmit(0.2501))
    stats = Stats.decode(host.ask(Kind.STATS, now_s=0.2501)[0].payload)
    assert (stats.frames_sent, stats.frames_dropped) == (100, 150)
    assert stats.boot == host.ledger.boots[0]


def test_the_bootloader_hears_nothing():
    host = Host("virtual://virtual?boot_s=1.5")
    assert host.ask(Kind.HELLO, now_s=0.0) == []
    assert host.ask(Kind.HELLO, now_s=1.49) == []
    assert len(host.ask(Kind.HELLO, now_s=1.51)) == 1
    free = Host(max_url(boot_s=1.5))
    assert free.ask(Kind.HELLO) == []
    assert free.pump.take(100) == b""  # whoever waits lets the boot time pass
    assert len(free.ask(Kind.HELLO)) == 1


def test_boot_ids_differ():
    device = Host(max_url()).device
    for k in range(500):
        device.reboot(float(k))
    assert len(set(device.ledger.boots)) == 501
    again = Host(max_url(), first_boot=7).ledger.boots
    assert again == device.ledger.boots[7:8]
    assert Host(max_url(seed=2)).ledger.boots != Host(max_url(seed=3)).ledger.boots


# ---- repeatability


FAULTY = max_url(
    drop=0.02, corrupt=0.02, cut=0.02, duplicate=0.02, drift_N_per_min=20, fn_Hz=63, stall_at_s=1, stall_s=6
)


@pytest.fixture(scope="module")
def reference():
    host = Host(FAULTY)
    host.start()
    host.run(8000, portion=1 << 20)
    return bytes(host.received)


@settings(max_examples=15, deadline=None)
@given(portions=st.lists(st.integers(1, 30_000), min_size=1, max_size=8), look=st.booleans())
def test_the_same_url_gives_the_same_bytes_however_they_are_read(reference, portions, look):
    host = Host(FAULTY)
    host.start()
    turn = 0
    while len(host.received) < 200_000:
        if look:
            assert host.pump.available() > 0
        host.received += host.pump.take(portions[turn % len(portions)])
        turn += 1
    assert bytes(host.received[:200_000]) == reference[:200_000]


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.floats(1e-5, 0.4), min_size=1, max_size=8))
def test_a_paced_device_sends_the_same_whenever_it_is_asked(steps):
    """Ticks apart, which START's arrival moves, time only decides how much has come by now."""
    once = Host("virtual://virtual?seed=5&drop=0.01")
    once.device.receive(encode_control(Kind.START, 1), 0.0)
    whole = once.device.transmit(2.0)
    often = Host("virtual://virtual?seed=5&drop=0.01")
    often.device.receive(encode_control(Kind.START, 1), 0.0)
    now_s, parts = 0.0, []
    for k in range(10_000):
        now_s += steps[k % len(steps)]
        if now_s >= 2.0:
            break
        parts.append(often.device.transmit(now_s))
    parts.append(often.device.transmit(2.0))
    assert b"".join(parts) == whole


def test_another_seed_gives_other_noise():
    one, other = running(seed=1), running(seed=2)
    assert not np.array_equal(one.run(10).counts[:10], other.run(10).counts[:10])


def test_options_from_python_are_checked_like_those_of_a_url():
    assert VirtualUrl.of("virtual", rate=500.0).values["rate"] == 500.0
    assert BLOCK * FRAME_BYTES < 1 << 16
