"""Sessions: what is written comes back, bit for bit, and the file is what docs/session-format.md says."""

import json
import re
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_child import pattern

from analysis.steps import StepTable
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.session import (
    Event,
    SessionHeader,
    SessionWriter,
    find_unfinished,
    open_session,
)
from daq.session_format import FORMAT_VERSION, plain

FULL = SessionHeader(
    created_utc="2025-03-01T10:00:00Z",
    subject="Läufer 7",
    mass_kg=70.1,
    stature_m=1.8,
    leg_length_m=0.9,
    shoe_length_m=0.3,
    belt_speed_m_s=3.3,
    incline_deg=-1.0,
    rig_name="virtual",
    rig_text='# verbatim\r\n[rig]\nname = "µ"\n',
    calibration_text="cal",
    device={"firmware": [1, 2, 3], "board": "mega", "gains": [128] * 8},
    software_version="0.1.0",
    protocol_name="running",
    protocol={"threshold_N": 20.0, "nested": {"a": None}},
    sample_rate_Hz=976.5625,
    tick_rate_Hz=2e6,
    channels=8,
    port="virtual://frame_8?seed=1",
    extra={"shoes": "none"},
)
FLAGS = {"flags": np.array([0, 1, 5], "u4"), "valid": np.array([True, False, True])}
ATTRS = {"algorithm_version": "1.2", "protocol": {"a": 1}, "flag_names": ["gap", "late", "tör"], "bw_N": 700.5}


def same(a: Chunk, b: Chunk) -> None:
    for name, x in vars(a).items():
        y = getattr(b, name)
        np.testing.assert_array_equal(x, y, err_msg=name)
        assert x.dtype == y.dtype, name


def make(path: Path, rows: int = 2500, **finish) -> Path:
    with SessionWriter(path, FULL) as writer:
        writer.append(pattern(0, rows))
        writer.epoch(0, 1, 0)
        writer.clock(12.5, 100, 1e-4)
        writer.event("marker", 3, "go", {"a": [1]})
        return writer.finish(**({"steps": FLAGS, "steps_attrs": ATTRS, "summary": {"n": 3}} | finish))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.h5"


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 300), max_size=12),
    gap_every=st.integers(1, 200),
    gap_at_end=st.booleans(),
    step=st.integers(1, 400),
    window=st.tuples(st.integers(0, 3000), st.integers(0, 3000)),
)
def test_samples_and_gaps_come_back_however_they_were_cut(tmp_path_factory, sizes, gap_every, gap_at_end, step, window):
    path = tmp_path_factory.mktemp("s") / "s.h5"
    total = sum(sizes)
    whole = pattern(0, total, gap_every)
    if gap_at_end:
        late = Chunk(**{**vars(Chunk.empty()), "gap_row": np.array([0]), "gap_lost": np.array([-1])})
        whole = Chunk.concat([whole, late])
    with SessionWriter(path, FULL) as writer:
        at = 0
        for n in sizes:
            writer.append(pattern(at, at + n, gap_every))
            at += n
            assert writer.rows == at
        if gap_at_end:
            writer.append(late)
        writer.finish()
    with open_session(path) as session:
        assert session.rows == total
        np.testing.assert_array_equal(session.gaps.row, whole.gap_row)
        np.testing.assert_array_equal(session.gaps.lost, whole.gap_lost)
        same(Chunk.concat(list(session.chunks(rows=step))), whole)
        start, stop = min(window), max(window)
        same(
            Chunk.concat([Chunk.empty(), *session.chunks(start, stop, rows=step)]),
            Chunk.concat([Chunk.empty(), *list(session.chunks(start, stop))]),
        )
        np.testing.assert_array_equal(session.counts(start, stop), whole.counts[start:stop])
        assert session.steps() == session.steps_attrs == {}


def test_extreme_values_of_every_column_survive(path):
    kinds = {"counts": "i4", "seq": "i8", "tick": "i8", "boot": "u2", "status": "u1", "belt": "i8"}
    ends = {name: np.array([np.iinfo(kind).min, np.iinfo(kind).max], kind) for name, kind in kinds.items()}
    ends["counts"] = np.repeat(ends["counts"][:, None], 8, axis=1)
    chunk = Chunk(**ends, gap_row=np.empty(0, "i8"), gap_lost=np.empty(0, "i8"))
    with SessionWriter(path, FULL) as writer:
        writer.append(chunk)
        writer.finish()
    with open_session(path) as session:
        same(next(session.chunks()), chunk)


def test_more_rows_than_one_record_or_one_block_holds(path):
    with SessionWriter(path, FULL) as writer:
        writer.append(pattern(0, 70_001))
        writer.append(pattern(70_001, 140_003))
        writer.finish()
    with open_session(path) as session:
        same(Chunk.concat(list(session.chunks())), pattern(0, 140_003))
        assert [len(chunk) for chunk in session.chunks()] == [65_536, 65_536, 8_931]


def test_a_chunk_read_from_the_middle_has_the_gaps_that_lie_in_it(path):
    make(path, 2500)
    with open_session(path) as session:
        (chunk,) = session.chunks(1000, 2001)
        assert (chunk.gap_row.tolist(), chunk.gap_lost.tolist()) == ([0, 1000], [1, 2])
        (chunk,) = session.chunks(1001, 2000)
        assert not len(chunk.gap_row)
        assert list(session.chunks(2500)) == list(session.chunks(5, 5)) == []


def test_header_tables_and_events_come_back(path):
    with SessionWriter(path, FULL) as writer:
        writer.epoch(0, 40, -5)
        writer.append(pattern(0, 10))
        writer.epoch(6, 41, 1 << 40)
        writer.clock(1e9 + 1 / 3, 1 << 45, 2e-5)
        writer.event("bout", 2, "Pose – Übung", {"cadence": np.float32(0.5), "on": True, "list": (1, 2)})
        writer.event("odd", 10, "nul \0 and half a pair \udc80", {"nan": float("nan")})
        writer.finish(summary={"x": np.int64(3), "bad": np.inf})
    with open_session(path) as session:
        assert session.header == FULL
        assert session.channels == 8
        assert session.epochs.row.tolist() == [0, 6]
        assert session.epochs.boot.tolist() == [40, 41]
        assert session.epochs.tick_offset.tolist() == [-5, 1 << 40]
        offsets = np.repeat([-5, 1 << 40], [6, 4])
        np.testing.assert_array_equal(session.session_ticks(), pattern(0, 10).tick + offsets)
        np.testing.assert_array_equal(session.session_ticks(4, 8), (pattern(0, 10).tick + offsets)[4:8])
        assert [session.clock.host_s[0], session.clock.tick[0], session.clock.rtt_s[0]] == [1e9 + 1 / 3, 1 << 45, 2e-5]
        assert session.events == (
            Event("bout", 2, "Pose – Übung", {"cadence": 0.5, "on": True, "list": [1, 2]}),
            Event("odd", 10, "nul \ufffd and half a pair ?", {"nan": None}),
        )
        assert session.summary == {"x": 3, "bad": None}
        assert (session.ended, session.unusable_bytes) == (True, 0)


def test_inputs_that_were_not_given_stay_unknown_and_long_texts_whole(path):
    header = SessionHeader(rig_text="# long\n" * 200_000, sample_rate_Hz=1000)
    with SessionWriter(path, header) as writer:
        writer.finish()
    with open_session(path) as session:
        assert session.header == header
        assert session.header.mass_kg is None
        assert session.rows == 0
        assert session.counts().shape == (0, 8)
        assert not len(session.session_ticks())
        assert list(session.chunks()) == []


def bits(column: np.ndarray) -> tuple[str, bytes]:
    return column.dtype.str, column.tobytes()


def test_steps_come_back_bit_for_bit_and_in_order(path):
    odd_nan = np.array([0x7FF8000000000123, 0xFFF0000000000000, 0x8000000000000000], "u8").view("f8")
    steps = {
        "step": np.array([1, 2, 3]),
        "side": np.array(["L", "R", "?"], "U8"),
        "a_text_with_ümlauts": np.array(["", "ä\u20ac", "\U0001f3c3"]),
        "contact_time_ms": odd_nan,
        "small": np.array([1, 2, 3], "f4"),
        "byte": np.array([-1, 0, 1], "i1"),
        **FLAGS,
    }
    make(path, steps=steps)
    with open_session(path) as session:
        found = session.steps()
        assert list(found) == list(steps)
        assert {name: bits(column) for name, column in found.items()} == {n: bits(c) for n, c in steps.items()}
        assert session.steps_attrs == ATTRS


@pytest.mark.parametrize("n", [0, 5000])
def test_step_tables_of_any_length(path, n):
    steps = {"x": np.random.default_rng(1).normal(size=n), "s": np.full(n, "L"), "ok": np.zeros(n, bool)}
    make(path, steps=steps, steps_attrs={"algorithm_version": 3})
    with open_session(path) as session:
        assert {name: bits(column) for name, column in session.steps().items()} == {
            name: bits(column) for name, column in steps.items()
        }
        assert session.steps_attrs == {"algorithm_version": 3, "protocol": None}


@pytest.mark.parametrize(
    "steps",
    [
        {"a": np.zeros(2), "b": np.zeros(3)},
        {"a": np.zeros((2, 2))},
        {"a": np.array([None, 1])},
        {"a/b": np.zeros(2)},
        {"..": np.zeros(2)},
        {"": np.zeros(2)},
    ],
)
def test_impossible_step_tables_are_refused_before_anything_is_written(path, steps):
    with pytest.raises(ValueError, match="column"):
        make(path, steps=steps)
    assert find_unfinished(path)
    assert not path.exists()


def test_what_cannot_be_kept_is_refused_and_the_rest_goes_on(path):
    with SessionWriter(path, FULL) as writer:
        with pytest.raises(TypeError, match="cannot be kept"):
            writer.event("note", 0, data={"file": object()})
        writer.event("note", 0, "fine")
        writer.finish()
    with open_session(path) as session:
        assert [event.text for event in session.events] == ["fine"]
    assert plain({"p": Path("a"), 1: b"".__class__.__name__, "s": {3}}) == {"p": "a", "1": "bytes", "s": [3]}


def test_only_the_finished_file_is_left(path):
    make(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["s.h5"]
    assert find_unfinished(path) is None


def test_nothing_that_exists_is_overwritten(path):
    make(path)
    before = path.read_bytes()
    with pytest.raises(SessionError, match=r"s\.h5: expected a new file, saw one that exists"):
        SessionWriter(path, FULL)
    assert path.read_bytes() == before
    assert find_unfinished(path) is None
    other = path.with_name("other.h5")
    with SessionWriter(other, FULL) as writer:
        with pytest.raises(SessionError, match=r"unfinished session.*stance recover .*other\.h5`"):
            SessionWriter(other, FULL)
        writer.append(pattern(0, 5))
        writer.finish()
    with open_session(other) as session:
        assert session.rows == 5
    with pytest.raises(SessionError, match=r"No such file or directory.*--out"):
        SessionWriter(path.with_name("no") / "s.h5", FULL)
    with pytest.raises(SessionError, match="a directory to record into"):
        SessionWriter(path / "s.h5", FULL)


def test_a_file_that_appears_under_the_name_meanwhile_is_not_replaced(path):
    with SessionWriter(path, FULL) as writer:
        writer.append(pattern(0, 5))
        path.write_text("somebody else's")
        with pytest.raises(SessionError, match=r"appeared under this name.*stance recover"):
            writer.finish()
    assert path.read_text() == "somebody else's"
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["s.h5", "s.h5.journal"]


def test_a_finished_or_abandoned_writer_takes_nothing_more(path):
    with SessionWriter(path, FULL) as writer:
        writer.finish()
        for call in (lambda: writer.append(pattern(0, 1)), writer.finish):
            with pytest.raises(SessionError, match="closed"):
                call()
        writer.abandon()
    assert path.exists()


def names_in(path: Path) -> set[str]:
    """Every dataset and attribute of a file, with the columns of the step table reduced to their pattern."""
    found = set()
    with h5py.File(path) as file:
        found |= {f"@{name}" for name in file.attrs}

        def visit(name, node):
            attributes = set(node.attrs)
            if isinstance(node, h5py.Dataset):
                assert "crc32" in attributes, name
                attributes.remove("crc32")
                found.update((name, "<dataset>@crc32"))
            found.update(f"{name}@{attribute}" for attribute in attributes)

        file.visititems(visit)
    return {re.sub(r"^steps/(?!flags($|@flag_names))[^@]+", "steps/<column>", name) for name in found}


def test_the_documentation_lists_exactly_what_is_written(path):
    text = (Path(__file__).parents[2] / "docs" / "session-format.md").read_text(encoding="utf-8")
    finished_part = text.split("## The journal of an unfinished session")[0]
    documented = set(re.findall(r"^\| `([^`]+)` \|", finished_part, re.MULTILINE))
    of_a_force = {name for name in documented if name.startswith("force/")}
    assert documented - of_a_force == names_in(make(path))
    with h5py.File(Path(__file__).parent / "data" / "session-v2.h5") as file:
        assert {f"force/{name}" for name in file["force"]} == of_a_force
    assert f"format version {FORMAT_VERSION}" in text.splitlines()[0]


def test_the_documented_types_and_shapes_are_those_written(path):
    text = (Path(__file__).parents[2] / "docs" / "session-format.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `((?:raw|gaps|epochs|clock|events)/\w+)` \| (\w+) \((.*?)\) \|", text, re.MULTILINE)
    assert len(rows) == 18
    with h5py.File(make(path)) as file:
        for name, kind, shape in rows:
            dataset = file[name]
            assert len(dataset.shape) == shape.count(",") + 1, name
            if kind in {"text", "JSON"}:
                assert h5py.check_string_dtype(dataset.dtype).encoding == "utf-8", name
                assert h5py.check_string_dtype(dataset.dtype).length, name
                assert kind == "text" or json.loads(dataset.asstr()[0]) == {"a": [1]}
            else:
                assert dataset.dtype == np.dtype(kind), name


def test_raw_data_is_packed_as_any_hdf5_library_can_read_it(path):
    with h5py.File(make(path)) as file:
        for name, dataset in file["raw"].items():
            assert (dataset.compression, dataset.compression_opts, dataset.shuffle) == ("gzip", 1, True)
            assert dataset.chunks == ((4096, 8) if name == "counts" else (4096,))
            assert dataset.shape[0] == file.attrs["rows"] == 2500


def test_the_checksums_are_those_that_anybody_would_compute(path):
    make(path, rows=5000)
    with h5py.File(path) as file:
        for name, data in (("raw/counts", pattern(0, 5000).counts), ("raw/status", pattern(0, 5000).status)):
            sums = [zlib.crc32(data[:4096].tobytes()), zlib.crc32(data[4096:].tobytes())]
            assert file[name].attrs["crc32"].tolist() == sums
        assert file["events/text"].attrs["crc32"].tolist() == [zlib.crc32(b"go")]
        assert file["gaps/row"].attrs["crc32"].tolist() == [
            zlib.crc32(np.array([1000, 2000, 3000, 4000], "<i8").tobytes())
        ]


STORED = sorted((Path(__file__).parent / "data").glob("session-v*.h5"))


def test_there_is_a_session_of_every_format_version():
    assert [int(path.stem.removeprefix("session-v")) for path in STORED] == list(range(1, FORMAT_VERSION + 1))


def test_a_session_of_version_1_keeps_opening():
    with open_session(STORED[0]) as session:
        same(Chunk.concat(list(session.chunks())), pattern(0, 2500))
        assert session.header == FULL
        assert session.events == (Event("marker", 3, "go", {"a": [1]}),)
        assert {name: bits(column) for name, column in session.steps().items()} == {
            name: bits(column) for name, column in FLAGS.items()
        }
        assert (session.steps_attrs, session.summary) == (ATTRS, {"n": 3})


def test_a_session_of_version_2_keeps_opening():
    """An imported force: half-sines of 1.5 kN, 0.25 s out of 0.35 s, at 500 Hz, ten samples of it missing."""
    with open_session(STORED[1]) as session:
        (chunk,) = session.chunks()
        assert session.force is not None
        assert session.force.channels == (("", "Fx"), ("", "Fz"))
        assert (session.gaps.row.tolist(), session.gaps.lost.tolist()) == ([1000], [10])
        assert chunk.tick.tolist() == [*range(1000), *range(1010, 2000)]
        phase = (chunk.tick / 500) % 0.35
        expected = np.where(phase < 0.25, 1500 * np.sin(np.pi * phase / 0.25), 0.0)
        np.testing.assert_allclose(chunk.counts[:, 1], expected, atol=1e-9)
        np.testing.assert_allclose(chunk.counts[:, 0], -0.1 * expected, atol=1e-9)
        assert session.events == (Event("marker", 500, "look"),)
        table = StepTable(session.steps())
        valid = table["valid"]
        assert valid.sum() == 9
        known = ~np.isnan(table["step_time_ms"])
        assert known.sum() == 8
        np.testing.assert_allclose(table["step_time_ms"][known], 350.0, atol=0.02)
        assert session.steps_attrs["results"]["protocol"] == "P60-50/20"
