"""Writes the HDF5 file of a session. The one place that knows where everything goes; `session_reader` is its mirror."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.guarded_file import GuardedFile
from daq.session_format import (
    BLOCK_ROWS,
    FORCE_VERSION,
    FORMAT,
    HEADER_TYPES,
    RAW_COLUMNS,
    RAW_VERSION,
    WIDE,
    ClockPairs,
    Epochs,
    Event,
    Gaps,
    SessionHeader,
    checksums,
    to_json,
)

_WORTH_PACKING = 1 << 14  # the index of a compressed dataset takes some thousand bytes
_PACKED = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


def encode_texts(texts: Sequence[str]) -> NDArray[np.bytes_]:
    """Encode texts as HDF5 texts of one fixed width.

    Texts of variable width would lie in a heap without checksums: one damaged bit there lets the HDF5 library search
    for ever. Fixed width also suits R and MATLAB better, and gzip makes the padding free.

    Args:
        texts: Texts; NUL and halves of surrogate pairs, which HDF5 cannot hold, are replaced.

    Returns:
        The bytes, shape (n,), of a type that h5py knows to be UTF-8.
    """
    import h5py

    encoded = [text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace") for text in texts]
    width = max((len(text) for text in encoded), default=0) or 1
    return np.array(encoded, h5py.string_dtype("utf-8", width))


def put_text(attributes: Any, name: str, text: str | Sequence[str]) -> None:
    """Set an attribute to a text, or to a list of texts."""
    values = encode_texts([text] if isinstance(text, str) else text)
    attributes.create(name, values, shape=() if isinstance(text, str) else values.shape, dtype=values.dtype)


class SessionFile:
    """An HDF5 session being written, front to back.

    Args:
        file: Where to; the caller checks and closes it.
        header: What was known at the start.
        session_id: Random name that ties the file to its journal.
        columns: What a row holds: `RAW_COLUMNS`, or `FORCE_COLUMNS` of an imported force.
    """

    def __init__(
        self, file: GuardedFile, header: SessionHeader, session_id: str, columns: Mapping[str, str] = RAW_COLUMNS
    ) -> None:
        import h5py

        # The format of HDF5 1.8 (2008): checksummed metadata, and every tool in use reads it.
        self._h5 = h5py.File(file, "w", libver=("v108", "v108"))
        self.rows = 0
        self._columns = columns
        raw = "counts" in columns
        self._group = "raw" if raw else "force"
        self._sums: dict[str, list[NDArray[np.uint32]]] = {name: [] for name in columns}
        root = self._h5.attrs
        root["format_version"] = RAW_VERSION if raw else FORCE_VERSION
        put_text(root, "format", FORMAT)
        put_text(root, "session_id", session_id)
        firmware = header.device.get("firmware", "")
        put_text(root, "firmware_version", firmware if isinstance(firmware, str) else ".".join(map(str, firmware)))
        for name, value in header.to_dict().items():
            kind = HEADER_TYPES[name]
            if kind in {str, dict}:
                put_text(root, name, value if kind is str else to_json(value))
            elif value is not None:
                root[name] = kind(value)

    def begin_rows(self, channels: int) -> None:
        """Make the empty datasets of the rows.

        Args:
            channels: Channels of a row.
        """
        group = self._h5.create_group(self._group)
        for name, kind in self._columns.items():
            more = (channels,) if name in WIDE else ()
            group.create_dataset(name, (0, *more), kind, maxshape=(None, *more), chunks=(BLOCK_ROWS, *more), **_PACKED)

    def add_rows(self, rows: NDArray[Any]) -> None:
        """Append rows.

        Args:
            rows: (n,) packed rows of `row_dtype` of these columns; n a multiple of `BLOCK_ROWS`, but for the last ones.
        """
        stop = self.rows + len(rows)
        for name in self._columns:
            dataset = self._h5[self._group][name]
            dataset.resize(stop, axis=0)
            column = np.ascontiguousarray(rows[name])
            dataset[self.rows : stop] = column
            self._sums[name].append(checksums(column))
        self.rows = stop

    def add_tables(self, gaps: Gaps, epochs: Epochs, clock: ClockPairs, events: Sequence[Event]) -> None:
        """Write everything that goes with the rows.

        Args:
            gaps: Where frames are missing.
            epochs: Stretches between reboots.
            clock: Pairs of host and device time.
            events: Markers, bouts, notes.
        """
        for group, table in (("gaps", gaps), ("epochs", epochs), ("clock", clock)):
            for field in fields(table):
                self._add(f"{group}/{field.name}", getattr(table, field.name))
        self._add("events/row", np.array([event.row for event in events], "<i8"))
        self._add("events/kind", encode_texts([event.kind for event in events]))
        self._add("events/text", encode_texts([event.text for event in events]))
        self._add("events/data", encode_texts([to_json(event.data) for event in events]))

    def _add(self, name: str, values: NDArray[Any]) -> Any:
        large = values.nbytes > _WORTH_PACKING
        how = {"chunks": (min(len(values), BLOCK_ROWS),), **_PACKED} if large else {}
        dataset = self._h5.create_dataset(name, data=values, dtype=values.dtype, **how)
        dataset.attrs["crc32"] = checksums(values)
        return dataset

    def add_steps(self, columns: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> None:
        """Write the step table.

        Args:
            columns: One-dimensional arrays of one length, by name.
            attributes: algorithm_version, protocol and others; flag_names goes to the column `flags`.
        """
        steps = self._h5.create_group("steps", track_order=True)
        for name, column in columns.items():
            self._add_column(name, column)
        rest = dict(attributes)
        if "flags" in columns and "flag_names" in rest:
            put_text(steps["flags"].attrs, "flag_names", [str(name) for name in rest.pop("flag_names")])
        version = rest.pop("algorithm_version", "")
        if isinstance(version, int):
            steps.attrs["algorithm_version"] = version
        else:
            put_text(steps.attrs, "algorithm_version", str(version))
        put_text(steps.attrs, "protocol", to_json(rest.pop("protocol", None)))
        put_text(steps.attrs, "extra", to_json(rest))

    def _add_column(self, name: str, column: NDArray[Any]) -> None:
        stored = column
        if column.dtype.kind == "U":
            stored = encode_texts(column.tolist())
        elif column.dtype.kind == "b":  # HDF5 has no truth values: an enumeration confuses R, bytes nobody
            stored = column.astype("u1")
        put_text(self._add(f"steps/{name}", stored).attrs, "numpy_dtype", column.dtype.str)

    def finish(self, summary: Mapping[str, Any], *, ended: bool, unusable_bytes: int) -> None:
        """Write what is known only now, and close.

        Args:
            summary: Summary of the session.
            ended: Whether the recording ended as it should, rather than being recovered.
            unusable_bytes: Bytes of the journal that could not be used.
        """
        for name, sums in self._sums.items():
            self._h5[self._group][name].attrs["crc32"] = np.concatenate([np.empty(0, "<u4"), *sums])
        root = self._h5.attrs
        root["rows"], root["ended"], root["unusable_bytes"] = self.rows, np.uint8(ended), unusable_bytes
        put_text(root, "summary", to_json(summary))
        self.close()

    def close(self) -> None:
        """Close, finished or not."""
        self._h5.close()
