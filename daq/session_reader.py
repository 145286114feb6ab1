"""A finished session, read. Nothing that the file says is believed before it has been looked at."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.chunk import Chunk
from daq.force_layout import ForceLayout, layout_of
from daq.hdf5_access import attribute, attribute_texts, child, load, read_rows, reading, texts
from daq.session_format import (
    FORCE_COLUMNS,
    HEADER_TYPES,
    OPTIONAL,
    RAW_COLUMNS,
    WIDE,
    ClockPairs,
    Epochs,
    Event,
    Gaps,
    SessionHeader,
)


class Session:
    """A finished session, open for reading; use it as a context manager. Get one from `open_session`.

    Args:
        path: The file.
        file: The same, open in h5py; it belongs to this object from now on.

    Attributes:
        path: The file.
        session_id: Random name given when it was recorded.
        header: What was known at the start.
        force: What the channels of an imported force mean; None for a recording, which has raw counts.
        rows: Rows of raw data, or samples of the force.
        gaps: Where frames are missing.
        epochs: Stretches between reboots of the device.
        clock: Pairs of host and device time.
        events: Markers, bouts, notes, in the order in which they came.
        summary: Summary of the session; empty if the recording was interrupted.
        ended: Whether the recording ended as it should; otherwise it was recovered.
        unusable_bytes: Bytes of the journal that recovery could not use.
    """

    def __init__(self, path: Path, file: Any) -> None:
        self.path, self._file = path, file
        root = file.attrs
        self.session_id = str(attribute(root, "session_id", str))
        self.header = _read_header(root)
        self.force: ForceLayout | None = layout_of(self.header)
        group, columns = ("raw", RAW_COLUMNS) if self.force is None else ("force", FORCE_COLUMNS)
        rows = child(file, group)
        self._raw = {name: child(rows, name) for name in columns}
        self.rows = _check_rows(self._raw, columns, group)
        _check_channels(self.force, self.channels)
        self.gaps = Gaps(*_table(file, "gaps", row="<i8", lost="<i8"))
        self.epochs = Epochs(*_table(file, "epochs", row="<i8", boot="<i8", tick_offset="<i8"))
        self.clock = ClockPairs(*_table(file, "clock", host_s="<f8", tick="<i8", rtt_s="<f8"))
        self.events = _read_events(child(file, "events"))
        self.summary: dict[str, Any] = _object(attribute(root, "summary", str))
        self.ended = bool(attribute(root, "ended", int))
        self.unusable_bytes = int(attribute(root, "unusable_bytes", int))

    @property
    def channels(self) -> int:
        """Columns of the raw counts, or of the force."""
        return int(self._raw[self._wide].shape[1])

    @property
    def _wide(self) -> str:
        return "counts" if self.force is None else "values"

    def chunks(self, start: int = 0, stop: int | None = None, rows: int = 65_536) -> Iterator[Chunk]:
        """Read the samples a stretch at a time, each with the gaps inside it.

        Args:
            start: First row.
            stop: Row after the last; None for all.
            rows: Rows of one chunk.

        Yields:
            Chunk: Chunks that follow each other; over a whole session every gap comes exactly once.
        """
        start, stop, _ = slice(start, stop).indices(self.rows)
        at = start
        while at < stop or (at == start == stop == self.rows and self._gaps_between(at, at).any()):
            end = min(at + max(1, rows), stop)
            with reading(self.path):
                columns = {name: read_rows(dataset, at, end) for name, dataset in self._raw.items()}
            if self.force is not None:
                columns = _as_raw(columns)
            inside = self._gaps_between(at, end)
            yield Chunk(**columns, gap_row=self.gaps.row[inside] - at, gap_lost=self.gaps.lost[inside])
            if end == stop:
                return
            at = end

    def _gaps_between(self, start: int, stop: int) -> NDArray[np.bool_]:
        before_end = self.gaps.row < stop if stop < self.rows else self.gaps.row <= stop
        return (self.gaps.row >= start) & before_end

    def counts(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Read raw counts, or the values of an imported force.

        Args:
            start: First row.
            stop: Row after the last; None for all.

        Returns:
            ADC counts, int32, or newtons and N·m, float64; shape (n, channels).
        """
        return self._read(self._wide, start, stop)

    def session_ticks(self, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """Read device time, continuous over reboots of the device.

        Args:
            start: First row.
            stop: Row after the last; None for all.

        Returns:
            Session ticks, shape (n,): the device's ticks plus the offset of the epoch that each row belongs to.
        """
        ticks = self._read("tick", start, stop)
        if not len(self.epochs.row):
            return ticks
        first = slice(start, stop).indices(self.rows)[0]
        epoch = np.searchsorted(self.epochs.row, np.arange(first, first + len(ticks)), side="right") - 1
        return ticks + np.where(epoch >= 0, self.epochs.tick_offset[epoch], 0)

    def _read(self, name: str, start: int, stop: int | None) -> NDArray[Any]:
        first, last, _ = slice(start, stop).indices(self.rows)
        with reading(self.path):
            return read_rows(self._raw[name], first, max(first, last))

    def steps(self) -> dict[str, NDArray[Any]]:
        """Read the step table.

        Returns:
            Columns by name, bit for bit as written; empty if the session has none.
        """
        with reading(self.path):
            group = child(self._file, "steps", missing_ok=True)
            return {} if group is None else {name: _column(child(group, name)) for name in group}

    @property
    def steps_attrs(self) -> dict[str, Any]:
        """What goes with the step table: algorithm_version, protocol, flag_names and others; empty if none."""
        with reading(self.path):
            group = child(self._file, "steps", missing_ok=True)
            if group is None:
                return {}
            found = _object(attribute(group.attrs, "extra", str))
            found["algorithm_version"] = attribute(group.attrs, "algorithm_version", (str, int))
            found["protocol"] = json.loads(attribute(group.attrs, "protocol", str))
            flags = child(group, "flags", missing_ok=True)
            if flags is not None and "flag_names" in flags.attrs:
                found["flag_names"] = attribute_texts(flags.attrs, "flag_names")
            return found

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read_header(root: Any) -> SessionHeader:
    values: dict[str, Any] = {}
    for name, kind in HEADER_TYPES.items():
        if name in root or name not in OPTIONAL:
            value = attribute(root, name, str if kind is dict else (int, float) if kind is float else kind)
            values[name] = _object(value) if kind is dict else value
    return SessionHeader.from_dict(values)


def _check_rows(datasets: dict[str, Any], columns: dict[str, str], group: str) -> int:
    rows = len(datasets[next(iter(columns))])
    for name, dtype in columns.items():
        dataset = datasets[name]
        dimensions = 2 if name in WIDE else 1
        if dataset.dtype != np.dtype(dtype) or len(dataset.shape) != dimensions or len(dataset) != rows:
            raise ValueError(f"{group}/{name} has shape {dataset.shape} of {dataset.dtype}")
    return rows


def _check_channels(force: ForceLayout | None, channels: int) -> None:
    if force is not None and channels != len(force.channels):
        raise ValueError(f"force/values has {channels} channels, {len(force.channels)} are named")


def _as_raw(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """An imported force as a device would have sent it: one boot, every sample good."""
    tick = columns["tick"]
    return {
        "counts": columns["values"],
        "seq": tick,
        "tick": tick,
        "boot": np.zeros(tick.size, np.uint16),
        "status": np.zeros(tick.size, np.uint8),
        "belt": columns["belt"],
    }


def _table(file: Any, group_name: str, **dtypes: str) -> list[NDArray[Any]]:
    group = child(file, group_name)
    columns = [load(child(group, name), dtype) for name, dtype in dtypes.items()]
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"the columns of {group_name} differ in length")
    return columns


def _read_events(group: Any) -> tuple[Event, ...]:
    kinds, words, data = (texts(child(group, name)) for name in ("kind", "text", "data"))
    rows = load(child(group, "row"), "<i8").tolist()
    return tuple(
        Event(kind, row, text, _object(more)) for kind, row, text, more in zip(kinds, rows, words, data, strict=True)
    )


def _column(dataset: Any) -> NDArray[Any]:
    dtype = np.dtype(attribute(dataset.attrs, "numpy_dtype", str))
    if dtype.kind == "U":
        return np.array(texts(dataset), dtype)
    if dtype.kind == "b":
        return load(dataset, "u1").astype(dtype)
    return load(dataset, dtype.str)


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("text that is no JSON object")
    return value
