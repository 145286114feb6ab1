"""The wire format: golden bytes, round trips, the CRC, and that PROTOCOL.md says what the code does."""

import binascii
import re
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daq import crc, messages
from daq.errors import ProtocolError
from daq.wire import (
    CHANNELS,
    FRAME_BYTES,
    FRAME_DTYPE,
    LAYOUT,
    LAYOUT_SEED,
    MAX_PAYLOAD,
    PROTOCOL_VERSION,
    REPLY,
    SYNC,
    Capability,
    ClockReply,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Parameter,
    Stats,
    Status,
    encode_control,
    encode_frames,
    encode_set,
    layout_text,
)

PROTOCOL = (Path(__file__).parents[2] / "firmware_arduino" / "PROTOCOL.md").read_text(encoding="utf-8")
EXAMPLE_COUNTS = [1, -1, 8388607, -8388608, 1000, -1000, 0, 123456]
HELLO = Hello(
    protocol_version=1, layout_seed=LAYOUT_SEED, firmware=(1, 2, 3), board="mega2560", adc="ADS131M08", boot=0xBEEF,
    tick_rate_Hz=2_000_000, rate_num=15625, rate_den=16, channels=8, gains=(128,) * 8, channel_map=tuple(range(8)),
    skew_100ns=tuple(range(0, 16000, 2000)), capabilities=Capability.BELT_COUNTER | Capability.SYNC_INPUT,
)  # fmt: skip
U8, U16, U32 = st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1)


def tables(heading):
    """Tables below a heading of PROTOCOL.md, each a list of rows of cells."""
    section = re.split(r"^(?:#{2,3} |\*\*)", PROTOCOL.split(heading, 1)[1], maxsplit=1, flags=re.M)[0]
    found = re.findall(r"^\|.*\n\| ---.*\n((?:\|.*\n?)+)", section, flags=re.M)
    return [[[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()] for table in found]


def texts():
    """The fenced blocks of PROTOCOL.md."""
    return re.findall(r"```text\n(.*?)```", PROTOCOL, flags=re.S)


def meanings(enum):
    return [(int(member), member.name) for member in enum]


def test_protocol_table_is_the_layout():
    rows = tables("## Data frame\n")[0]
    assert [(int(o), name, kind, int(n)) for o, name, kind, n, _ in rows] == [
        (f.offset, f.name, f.type, f.count) for f in LAYOUT
    ]
    assert f"(type 1, {FRAME_BYTES} bytes, one per conversion)" in PROTOCOL


@pytest.mark.parametrize(
    ("heading", "which", "enum"),
    [
        ("## Data frame\n", 1, Status),
        ("### Payloads\n\nA receiver ignores bytes beyond the fields it knows.\n\n**Hello**", 1, Capability),
        ("**Error**", 1, ErrorCode),
    ],
)
def test_protocol_lists_every_flag_and_code(heading, which, enum):
    assert [(int(row[0]), row[1]) for row in tables(heading)[which]] == meanings(enum)


def test_protocol_lists_every_kind():
    rows = tables("## Control frame\n")[1]
    assert [(int(row[0]), row[1]) for row in rows] == meanings(Kind)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("Hello", messages.HELLO_FORMAT),
        ("Clock", messages.CLOCK_FORMAT),
        ("Stats", messages.STATS_FORMAT),
        ("Set", messages.SET_FORMAT),
        ("Error", messages.ERROR_FORMAT),
    ],
)
def test_protocol_payloads_are_the_struct_formats(name, layout):
    rows, at, elements = tables(f"\n**{name}**")[0], 0, []
    for offset, _, kind, count, _ in rows:
        assert int(offset) == at
        code = {"u8": "B", "u16": "H", "u32": "I"}.get(kind)
        elements += [f"{count}s"] if code is None else [code] * int(count)
        at = struct.calcsize(">" + "".join(elements))
    spelled = re.sub(r"(\d+)([BHI])", lambda m: int(m[1]) * m[2], layout.format)
    assert spelled == ">" + "".join(elements)
    assert at == layout.size


def test_protocol_names_the_fields_of_the_messages():
    assert [row[1] for row in tables("\n**Hello**")[0]] == list(Hello.__dataclass_fields__)
    assert [row[1] for row in tables("\n**Stats**")[0]] == list(Stats.__dataclass_fields__)
    assert f"**Hello** ({messages.HELLO_FORMAT.size} bytes)" in PROTOCOL


def test_protocol_seed_and_examples():
    canonical, data, control = texts()
    assert canonical == layout_text()
    assert LAYOUT_SEED == binascii.crc_hqx(canonical.encode(), 0xFFFF) != 0xFFFF
    assert f"**`{LAYOUT_SEED:04X}`**" in PROTOCOL
    assert f"`{LAYOUT_SEED:04X}` for the layout above" in PROTOCOL
    frame = encode_frames(
        np.array([EXAMPLE_COUNTS]), 258, 16909060, Status.LATE | Status.SYNC_IN, 513, 0xBEEF
    )  # fmt: skip
    assert frame.tobytes() == bytes.fromhex(data)
    hello, clock, rate = control.splitlines()
    assert encode_control(Kind.HELLO, 1) == bytes.fromhex(hello)
    assert encode_control(Kind.CLOCK | REPLY, 9, ClockReply(1193046, 0xBEEF).encode()) == bytes.fromhex(clock)
    assert encode_control(Kind.SET, 2, encode_set(Parameter.RATE_mHz, 976563)) == bytes.fromhex(rate)
    assert binascii.crc_hqx(b"123456789", 0xFFFF) == 0x29B1


def test_protocol_names_every_parameter_of_set():
    meaning = tables("\n**Set**")[0][0][4]
    assert re.findall(r"(\d+): (\w+)", meaning) == [("1", "gain"), ("2", "sample")]
    assert [int(parameter) for parameter in Parameter] == [1, 2]
    assert f"exactly {messages.SET_FORMAT.size} bytes" in PROTOCOL


@given(U8, U32)
def test_set_is_what_struct_would_pack(parameter, value):
    assert encode_set(parameter, value) == bytes([parameter]) + value.to_bytes(4, "big")


@pytest.mark.parametrize(("parameter", "value"), [(1, -1), (2, 2**32), (256, 1)])
def test_set_that_does_not_fit_is_refused(parameter, value):
    with pytest.raises(ValueError, match="SET"):
        encode_set(parameter, value)


def test_numpy_view_follows_the_layout():
    assert FRAME_DTYPE.itemsize == FRAME_BYTES
    assert {name: FRAME_DTYPE.fields[name][1] for name in FRAME_DTYPE.names} == {f.name: f.offset for f in LAYOUT}


@given(
    st.lists(st.lists(st.integers(-(2**23), 2**23 - 1), min_size=8, max_size=8), max_size=4),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
    U8,
    st.integers(0, 2**20),
    U16,
)
def test_frames_are_what_struct_would_pack(rows, seq, tick, status, belt, boot):
    n = len(rows)
    counts = np.array(rows, np.int32).reshape(n, CHANNELS)
    frames = encode_frames(counts, np.arange(seq, seq + n), np.full(n, tick), status, belt, boot)
    assert frames.shape == (n, FRAME_BYTES)
    for i, row in enumerate(rows):
        body = struct.pack(">BHHIB", 0x11, boot, (seq + i) % 65536, tick % 2**32, status)
        body += b"".join(value.to_bytes(3, "big", signed=True) for value in row) + struct.pack(">H", belt % 65536)
        assert frames[i].tobytes() == SYNC + body + struct.pack(">H", binascii.crc_hqx(body, LAYOUT_SEED))


@pytest.mark.parametrize(
    "counts", [np.full((1, 8), 2**23), np.full((1, 8), -(2**23) - 1), np.zeros((1, 7)), np.zeros(8)]
)
def test_counts_that_do_not_fit_are_refused(counts):
    with pytest.raises(ValueError, match="counts"):
        encode_frames(counts.astype(np.int32), 0, 0, 0, 0, 0)


@given(st.integers(0, 12), st.integers(0, 70), U16, st.randoms(use_true_random=False))
def test_crc_of_rows_equals_binascii(n, k, seed, random):
    rows = np.frombuffer(random.randbytes(n * k), np.uint8).reshape(n, k)
    assert crc.crc_rows(rows, seed).tolist() == [binascii.crc_hqx(row.tobytes(), seed) for row in rows]


@pytest.mark.parametrize("k", [2, 36, 37])
@pytest.mark.parametrize("n", [crc._BULK_ROWS - 1, crc._BULK_ROWS, crc._BLOCK_ROWS + 1, 2 * crc._BLOCK_ROWS])
def test_crc_in_bulk_equals_binascii(n, k):
    wide = np.random.default_rng(n).integers(0, 256, (n, 41), dtype=np.uint8)
    rows = wide[:, 1 : 1 + k]  # strided and unaligned, as frames in a buffer are
    want = [binascii.crc_hqx(row.tobytes(), 0x86A1) for row in rows]
    assert crc.crc_rows(rows, 0x86A1).tolist() == want
    assert crc.crc_rows_small(rows, 0x86A1).tolist() == want


@given(U8, U8, st.binary(max_size=MAX_PAYLOAD), st.integers(0, 15))
def test_control_frame_bytes(kind, token, payload, version):
    frame = encode_control(kind, token, payload, version)
    body = bytes([version * 16 + 2, kind, token, len(payload)]) + payload
    assert frame == SYNC + body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


@pytest.mark.parametrize(
    "bad", [{"payload": bytes(97)}, {"version": 16}, {"kind": 256}, {"token": -1}], ids=lambda bad: next(iter(bad))
)
def test_control_frame_that_does_not_fit_is_refused(bad):
    with pytest.raises(ValueError, match=r"payload|control"):
        encode_control(**{"kind": 1, "token": 1, **bad})


def test_hello_round_trip_and_rate():
    assert Hello.decode(HELLO.encode()) == HELLO
    assert Hello.decode(HELLO.encode() + b"from the future") == HELLO
    assert HELLO.sample_rate_Hz == 976.5625
    assert HELLO.ticks_per_sample == 2048.0
    assert HELLO.protocol_version == PROTOCOL_VERSION
    assert len(HELLO.encode()) <= MAX_PAYLOAD


@pytest.mark.parametrize("change", [{"board": "x" * 17}, {"board": "µ"}, {"boot": 65536}, {"gains": (1,) * 7}])
def test_hello_that_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match=r"HELLO|longer|ascii"):
        Hello(**{**vars(HELLO), **change}).encode()


@given(st.binary(max_size=MAX_PAYLOAD))
def test_any_payload_decodes_or_is_a_protocol_error(payload):
    for message in (Hello, ClockReply, Stats, ErrorReply):
        with suppress(ProtocolError):
            message.decode(payload)


@pytest.mark.parametrize(
    ("message", "full"),
    [(Hello, HELLO.encode()), (ClockReply, bytes(6)), (Stats, bytes(26)), (ErrorReply, b"\x01")],
)
def test_short_payload_is_a_protocol_error(message, full):
    message.decode(full)
    with pytest.raises(ProtocolError, match=f"payload of {len(full)} bytes"):
        message.decode(full[:-1])


@pytest.mark.parametrize(
    "change", [{"rate_den": 0}, {"rate_num": 0}, {"tick_rate_Hz": 0}, {"channels": 0}, {"channels": 9}]
)
def test_impossible_hello_is_a_protocol_error(change):
    with pytest.raises(ProtocolError, match="sample rate"):
        Hello.decode(Hello(**{**vars(HELLO), **change}).encode())


@given(U32, U16, st.lists(U32, min_size=6, max_size=6), U8, st.text(st.characters(codec="ascii"), max_size=95))
def test_replies_round_trip(tick, boot, counts, code, text):
    for message in (ClockReply(tick, boot), Stats(*counts, boot), ErrorReply(code, text)):
        assert type(message).decode(message.encode()) == message
