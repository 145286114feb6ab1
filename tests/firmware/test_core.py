"""The firmware's portable core against the host's own: layout, checksum, receiver, numbering, frames, commands."""

import binascii

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portable import FirmwareReceiver, PlayedDevice, core, number

from daq.decoder import Decoder
from daq.messages import Parameter, encode_set
from daq.wire import (
    LAYOUT_SEED,
    PROTOCOL_VERSION,
    REPLY,
    Capability,
    ClockReply,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Stats,
    Status,
    encode_control,
    encode_frames,
)
from rigs.receiver import CommandReceiver
from tools.make_layout import HEADER, header

PERIOD = 2000
SPAN = 1500
"""The played converter takes its fourth channel so many ticks after the first."""
core()  # built before any test's clock runs
COUNT = st.integers(-(1 << 23), (1 << 23) - 1)


def test_header_is_generated_from_the_host():
    assert HEADER.read_text(encoding="ascii") == header(), "run: .venv/bin/python tools/make_layout.py"


@given(st.binary(max_size=255), st.integers(0, 0xFFFF))
def test_checksum(data, seed):
    assert core().stance_crc(seed, data, len(data)) == binascii.crc_hqx(data, seed)


@given(st.binary(min_size=24, max_size=24), st.binary(max_size=40), st.integers(0, 0xFFFF))
def test_counts_pass_the_checksum_once(counts, head, seed):
    after = core().stance_crc_after_counts(binascii.crc_hqx(head, seed))
    assert after ^ binascii.crc_hqx(counts, 0) == binascii.crc_hqx(head + counts, seed)


def sound(draw_kind, token, payload):
    return encode_control(draw_kind, token, payload)


PIECES = st.one_of(
    st.binary(max_size=12),
    st.builds(sound, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=96)),
    st.builds(lambda f, n: f[:n], st.builds(sound, st.just(1), st.just(2), st.binary(max_size=20)), st.integers(0, 30)),
    st.just(b"\xa5"), st.just(b"\xa5\x5a"), st.just(b"\xa5\xa5\x5a\x12\x01"),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(PIECES, st.sampled_from([0.0, 0.01, 0.0999, 0.1001, 1.0])), max_size=12))
def test_receiver_obeys_the_same_bytes_as_the_virtual_device(stream):
    ours, theirs, now_s = FirmwareReceiver(), CommandReceiver(), 1.0
    for data, pause_s in stream:
        now_s += pause_s
        for byte in data:  # both hear byte by byte: the pause is measured from the last byte
            assert ours.feed(bytes([byte]), now_s) == theirs.feed(bytes([byte]), now_s)
    assert ours.errors == theirs.errors


@given(
    st.floats(-0.006, 0.006), st.floats(0, 30), st.lists(st.integers(1, 40), min_size=20, max_size=200),
    st.integers(0, 2**32 - 1), st.randoms(use_true_random=False),
)  # fmt: skip
def test_lost_edges_are_counted(off, jitter, steps, start, random):
    steps = [1] * 400 + steps  # the converter is there for a while before edges get lost
    true = start + np.cumsum(steps) * PERIOD * (1 + off) + [random.uniform(-jitter, jitter) for _ in steps]
    found = number(np.rint(true).astype(np.int64), PERIOD)
    assert found[1:, 0].tolist() == steps[1:]
    assert found[1:, 1].tolist() == [step - 1 for step in steps[1:]]
    assert not found[:, 2].any()


def test_a_long_silence_is_counted_to_the_last_conversion():
    ticks = np.arange(4000) * PERIOD * 1.0043
    silence = 20_000 * PERIOD * 1.0043
    after = ticks[-1] + silence + np.arange(1, 5) * PERIOD * 1.0043
    found = number(np.rint(np.concatenate([ticks, after])).astype(np.int64), PERIOD)
    assert found[4000].tolist() == [20_001, 20_000, 0]
    assert (found[4001:] == [1, 0, 0]).all()


@pytest.mark.parametrize("late", [600, 900, -600])
def test_an_edge_off_the_grid_is_late_and_changes_no_number(late):
    ticks = np.arange(1000) * PERIOD
    ticks[500] += late
    found = number(ticks, PERIOD)
    assert (found[:, 0] == 1).all()
    assert np.flatnonzero(found[:, 2]).tolist() == [500]


def test_a_glitch_is_no_conversion():
    ticks = np.sort(np.append(np.arange(1000) * PERIOD, 500 * PERIOD + 300))
    found = number(ticks, PERIOD)
    assert found[501].tolist() == [0, 0, 1]
    assert np.delete(found[:, 0], 501).tolist() == [1] * 1000


def test_a_new_phase_is_taken_over():
    ticks = np.concatenate([np.arange(100) * PERIOD, np.arange(100, 200) * PERIOD + 800])
    found = number(ticks, PERIOD)
    assert (found[:, 0] == 1).all()
    assert np.flatnonzero(found[:, 2]).tolist() == list(range(100, 109))


def test_the_period_follows_the_converter():
    number(np.rint(np.arange(20000) * PERIOD * 1.005).astype(np.int64), PERIOD)
    assert core().stance_conversions_period_256() / 256 == pytest.approx(PERIOD * 1.005, rel=5e-5)


@given(
    st.lists(st.lists(COUNT, min_size=8, max_size=8), min_size=1, max_size=5),
    st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1), st.integers(0, 0xFFFF), st.booleans(),
)  # fmt: skip
def test_frames_are_those_of_the_host(rows, boot, tick, belt, sync):
    device = PlayedDevice(boot)
    device.convert(tick)
    device.ask(Kind.START)
    device.take()
    for k, counts in enumerate(rows, 1):
        device.convert(tick + k * PERIOD, counts, belt=belt + k & 0xFFFF, sync=sync)
    k = np.arange(1, len(rows) + 1)
    status = np.full(len(rows), int(Status.SYNC_IN) if sync else 0)
    expected = encode_frames(np.array(rows), k + 1, tick + k * PERIOD, status, belt + k, boot)
    assert device.take() == expected.tobytes()


def heard(device):
    """What the device has said: (counts and flags, control frames)."""
    decoded = Decoder().feed(device.take())
    return decoded.chunk, decoded.controls


def only(device, kind):
    (control,) = heard(device)[1]
    assert control.kind == kind
    assert control.token == 7
    return control


def refusal(device):
    return ErrorReply.decode(only(device, Kind.ERROR).payload)


def test_hello_unasked_and_asked():
    device = PlayedDevice(0x1234)
    (greeting,) = Decoder().feed(device.greeting).controls
    assert (greeting.kind, greeting.token) == (Kind.HELLO | REPLY, 0)
    device.ask(Kind.HELLO)
    answer = only(device, Kind.HELLO | REPLY)
    assert answer.payload == greeting.payload
    hello = Hello.decode(answer.payload)
    assert hello == Hello(
        protocol_version=PROTOCOL_VERSION, layout_seed=LAYOUT_SEED, firmware=hello.firmware, board="host",
        adc="played", boot=0x1234, tick_rate_Hz=2_000_000, rate_num=1_000_000, rate_den=1000, channels=4,
        gains=(128,) * 4 + (0,) * 4, channel_map=(0, 1, 2, 3, 0, 0, 0, 0),
        skew_100ns=(0, 2500, 5000, 7500, 0, 0, 0, 0),
        capabilities=Capability.BELT_COUNTER | Capability.SYNC_INPUT | Capability.SETTINGS,
    )  # fmt: skip


def test_silent_until_start_and_after_stop():
    device = PlayedDevice()
    device.convert(1000)
    assert device.take() == b""
    device.ask(Kind.START)
    device.convert(3000)
    device.ask(Kind.STOP)
    device.convert(5000)
    chunk, controls = heard(device)
    assert [c.kind for c in controls] == [Kind.START | REPLY, Kind.STOP | REPLY]
    assert chunk.seq.tolist() == [2]


def test_clock_is_when_the_request_came():
    device = PlayedDevice(0x55AA)
    device.at(123_456_789)
    device.hear(encode_control(Kind.CLOCK, 7))
    device.at(999_999_999)
    assert ClockReply.decode(only(device, Kind.CLOCK | REPLY).payload) == ClockReply(123_456_789, 0x55AA)


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        (9, b"", ErrorCode.UNKNOWN_KIND), (0, b"", ErrorCode.UNKNOWN_KIND), (0xFF, b"", ErrorCode.UNKNOWN_KIND),
        (Kind.START, b"x", ErrorCode.BAD_PAYLOAD), (Kind.STOP, b"\0", ErrorCode.BAD_PAYLOAD),
        (Kind.SET, b"", ErrorCode.BAD_PAYLOAD), (Kind.SET, b"\1\0\0\0", ErrorCode.BAD_PAYLOAD),
        (Kind.SET, b"\1\0\0\0\1\0", ErrorCode.BAD_PAYLOAD), (Kind.SET, b"\3\0\0\0\1", ErrorCode.BAD_PAYLOAD),
        (Kind.SET, b"\1\0\0\0\0", ErrorCode.BAD_PAYLOAD), (Kind.SET, b"\1\0\0\1\0", ErrorCode.BAD_PAYLOAD),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(kind, payload, code):
    device = PlayedDevice()
    device.ask(Kind.HELLO)
    before = only(device, Kind.HELLO | REPLY).payload
    device.ask(kind, payload)
    assert refusal(device).code == code
    device.convert(1000)
    device.ask(Kind.HELLO)
    assert only(device, Kind.HELLO | REPLY).payload == before


def test_another_version_is_refused_but_greeted():
    device = PlayedDevice()
    frame = bytearray(encode_control(Kind.START, 7))
    frame[2] = 0x22
    frame[-2:] = binascii.crc_hqx(bytes(frame[2:-2]), 0xFFFF).to_bytes(2, "big")
    device.hear(frame)
    assert refusal(device).code == ErrorCode.WRONG_VERSION
    frame[3] = Kind.HELLO
    frame[-2:] = binascii.crc_hqx(bytes(frame[2:-2]), 0xFFFF).to_bytes(2, "big")
    device.hear(frame)
    only(device, Kind.HELLO | REPLY)


def test_settings():
    device = PlayedDevice()
    device.line(2500)
    device.ask(Kind.SET, encode_set(Parameter.RATE_mHz, 2_000_000))
    only(device, Kind.SET | REPLY)
    device.ask(Kind.SET, encode_set(Parameter.GAIN, 64))
    only(device, Kind.SET | REPLY)
    device.ask(Kind.HELLO)
    hello = Hello.decode(only(device, Kind.HELLO | REPLY).payload)
    assert (hello.sample_rate_Hz, hello.gains) == (2000.0, (64,) * 4 + (0,) * 4)
    device.ask(Kind.SET, encode_set(Parameter.RATE_mHz, 1_500_000))
    assert refusal(device) == ErrorReply(ErrorCode.BAD_PAYLOAD, "rates 1000 2000 Hz")


def test_no_rate_that_the_line_cannot_carry():
    device = PlayedDevice()
    device.line(1250)
    device.ask(Kind.SET, encode_set(Parameter.RATE_mHz, 2_000_000))
    assert refusal(device).code == ErrorCode.BAD_PAYLOAD
    device.line(2500)
    device.ask(Kind.SET, encode_set(Parameter.RATE_mHz, 2_000_000))
    only(device, Kind.SET | REPLY)


def test_settings_wait_for_stop():
    device = PlayedDevice()
    device.ask(Kind.START)
    device.take()
    device.ask(Kind.SET, encode_set(Parameter.GAIN, 64))
    assert refusal(device).code == ErrorCode.BUSY
    device.convert(1000)
    assert len(device.take()) == 40, "it goes on"
    device.ask(Kind.HELLO)
    assert Hello.decode(only(device, Kind.HELLO | REPLY).payload).gains[0] == 128


def test_settings_that_the_converter_does_not_take_leave_the_old_ones():
    device = PlayedDevice()
    device.converter(answers=False)
    device.ask(Kind.SET, encode_set(Parameter.GAIN, 64))
    assert refusal(device).code == ErrorCode.ADC_FAULT
    device.converter()
    device.ask(Kind.HELLO)
    assert Hello.decode(only(device, Kind.HELLO | REPLY).payload).gains[0] == 128


def test_start_needs_a_converter():
    device = PlayedDevice(answers=False)
    device.ask(Kind.START)
    assert refusal(device).code == ErrorCode.ADC_FAULT
    device.converter()
    device.ask(Kind.START)
    only(device, Kind.START | REPLY)


def test_start_needs_conversions():
    device = PlayedDevice()  # it answers, and its data-ready is silent
    for tick in range(0, 2_000_000, 20_000):
        device.at(tick)
        device.hear(b"")
    device.ask(Kind.START)
    refused = refusal(device)
    assert (refused.code, "data-ready" in refused.text) == (ErrorCode.ADC_FAULT, True)
    device.convert(2_000_000)
    device.ask(Kind.START)
    only(device, Kind.START | REPLY)


def test_counts_by_unknown_settings_are_not_good():
    device = PlayedDevice()
    device.convert(0)
    device.ask(Kind.START)
    device.take()
    device.converter(answers=False, keeps=False)
    device.convert(1 * PERIOD, status=Status.ADC_CRC)  # lost its settings, and does not take them again
    device.converter(answers=False)
    device.convert(2 * PERIOD)
    device.converter()
    said = device.take()
    for tick in range(3 * PERIOD, 600_000, 50_000):  # tried again and again, though edges come
        device.convert(tick)
        device.hear(b"")
        said += device.take()
    status = [flags & Status.ADC_CRC for flags in Decoder().feed(said).chunk.status]
    assert status[:2] == [Status.ADC_CRC] * 2
    assert status[-1] == 0


def test_a_glitch_is_counted():
    device = PlayedDevice()
    device.convert(0)
    device.ask(Kind.START)
    device.take()
    device.convert(PERIOD)
    device.convert(PERIOD + 300)
    device.convert(2 * PERIOD)
    device.ask(Kind.STATS)
    chunk, (answer,) = heard(device)
    assert chunk.seq.tolist() == [2, 3]
    assert Stats.decode(answer.payload).late == 1


def test_a_full_line_drops_whole_frames_and_says_so():
    device = PlayedDevice(room=100)
    device.convert(0)
    device.ask(Kind.START)
    device.take()
    for k in range(1, 6):
        device.convert(k * PERIOD)
    first = device.take()
    assert len(first) == 80
    device.convert(6 * PERIOD)
    device.ask(Kind.STATS)
    decoded = Decoder().feed(first + device.take())
    assert decoded.chunk.seq.tolist() == [2, 3, 7]
    assert decoded.chunk.status.tolist() == [0, 0, int(Status.DROPPED)]
    stats = Stats.decode(decoded.controls[0].payload)
    assert (stats.frames_sent, stats.frames_dropped) == (3, 3)


def test_an_answer_waits_for_room_and_is_not_starved():
    device = PlayedDevice(room=120)
    device.convert(0)
    device.ask(Kind.START)
    device.take()
    device.convert(PERIOD)
    device.convert(2 * PERIOD)
    device.ask(Kind.HELLO)  # 95 bytes, 40 free
    device.convert(3 * PERIOD)
    assert len(device.take()) == 80
    device.convert(4 * PERIOD)
    assert only(device, Kind.HELLO | REPLY)


def test_missed_late_and_torn():
    device = PlayedDevice()
    device.convert(0)
    device.ask(Kind.START)
    device.take()
    device.convert(1 * PERIOD)
    device.convert(4 * PERIOD)  # two edges lost
    device.convert(5 * PERIOD + 600)  # off the grid
    device.convert(6 * PERIOD, read_after=SPAN + 1600)  # read late
    device.convert(7 * PERIOD, read_after=SPAN + 2100)  # the next one was there
    said = device.take()
    device.convert(8 * PERIOD, status=Status.ADC_CRC)
    device.ask(Kind.STATS)
    decoded = Decoder().feed(said + device.take())
    chunk, (answer,) = decoded.chunk, decoded.controls
    flags = [Status(s) for s in chunk.status.tolist()]
    assert chunk.seq.tolist() == [2, 5, 6, 7, 8, 9]
    assert flags == [Status(0), Status.MISSED, Status.LATE, Status.LATE, Status.TORN, Status.ADC_CRC]
    stats = Stats.decode(answer.payload)
    assert (stats.missed, stats.late, stats.adc_crc_errors, stats.frames_sent) == (2, 2, 1, 6)
    assert device.doubled == 1


def test_a_converter_that_fell_back_to_its_defaults_is_set_up_again():
    device = PlayedDevice()
    device.line(2500)
    device.ask(Kind.SET, encode_set(Parameter.RATE_mHz, 2_000_000))
    device.take()
    device.converter(keeps=False)
    device.convert(1000)
    device.converter()
    device.ask(Kind.HELLO)
    assert Hello.decode(only(device, Kind.HELLO | REPLY).payload).sample_rate_Hz == 2000.0


@given(st.binary(max_size=300))
def test_noise_changes_nothing(noise):
    device = PlayedDevice()
    device.hear(noise)
    device.take()
    device.at(10_000_000)
    device.convert(10_000_000)
    assert device.take() == b""  # still silent
    device.at(20_000_000)
    device.ask(Kind.HELLO)
    assert Hello.decode(only(device, Kind.HELLO | REPLY).payload).gains[0] == 128
