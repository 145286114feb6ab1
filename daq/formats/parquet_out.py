"""Parquet: force, steps and raw samples, with units and meanings in the columns' own metadata."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from numpy.typing import NDArray

from analysis.column_units import unit_of
from analysis.flags import flag_list
from analysis.steps import ALL_COLUMNS, StepTable
from daq.formats.about import About
from daq.formats.force_rows import ForceRows, table_columns
from daq.optional import need

NAME = "stance"
"""Key of the file's metadata, a JSON object: where the numbers come from."""
MEANINGS = {column.name: column.meaning for column in ALL_COLUMNS} | {
    "time_s": "device time since the session's first sample",
    "segment": "number of the uninterrupted run of samples, from 0",
    "Fx_N": "ground reaction forward, braking is negative",
    "Fy_N": "ground reaction to the left",
    "Fz_N": "ground reaction upward",
    "Mx_Nm": "moment about the belt's centre, forward axis",
    "My_Nm": "moment about the belt's centre, left axis",
    "Mz_Nm": "moment about the belt's centre, upward axis",
    "copx_m": "centre of pressure before the belt's centre; null below 20 N",
    "copy_m": "centre of pressure left of the belt's centre; null below 20 N",
    "Tz_Nm": "free moment at the centre of pressure; null below 20 N",
}
_KINDS = {column.name: column.kind for column in ALL_COLUMNS}


def write_force(stream: IO[bytes], rows: ForceRows, first: int, last: int, about: About) -> None:
    """Write force: a row per sample, single precision; gaps are jumps of time, and `segment` counts on.

    Args:
        stream: The file, open. A FormatError says that pyarrow is not installed.
        rows: The force.
        first: First row.
        last: Row after the last.
        about: Where it comes from.
    """
    _write_parts(stream, (table_columns(rows, block) for block in rows.blocks(first, last)), about)


def write_samples(stream: IO[bytes], parts: Iterable[Mapping[str, NDArray[Any]]], about: About) -> None:
    """Write raw samples.

    Args:
        stream: The file, open. A FormatError says that pyarrow is not installed.
        parts: Columns of equal length, some thousand rows at a time.
        about: Where they come from.
    """
    _write_parts(stream, parts, about)


def _write_parts(stream: IO[bytes], parts: Iterable[Mapping[str, NDArray[Any]]], about: About) -> None:
    pa, parquet = need("pyarrow", "export"), need("pyarrow.parquet", "export")
    writer = None
    try:
        for part in parts:
            arrays = {name: pa.array(values, from_pandas=True) for name, values in part.items()}
            schema = _schema({name: array.type for name, array in arrays.items()}, about)
            if writer is None:
                writer = parquet.ParquetWriter(stream, schema, compression="zstd")
            writer.write_table(pa.Table.from_arrays(list(arrays.values()), schema=schema))
    finally:
        if writer is not None:
            writer.close()


def write_steps(stream: IO[bytes], table: StepTable, about: About) -> None:
    """Write the step table: null where there is no value, texts as categories, flags as lists of names.

    Args:
        stream: The file, open. A FormatError says that pyarrow is not installed.
        table: The steps.
        about: Where they come from.
    """
    need("pyarrow.parquet", "export").write_table(steps_to_arrow(table, about), stream, compression="zstd")


def steps_to_arrow(table: StepTable, about: About | None = None) -> Any:
    """The step table as an Arrow table.

    Args:
        table: The steps. A FormatError says that pyarrow is not installed.
        about: Where they come from, if that shall go along.

    Returns:
        A `pyarrow.Table`.
    """
    pa = need("pyarrow", "export")
    arrays = {name: _step_column(pa, table, name) for name in table}
    schema = _schema({name: array.type for name, array in arrays.items()}, about)
    return pa.Table.from_arrays(list(arrays.values()), schema=schema)


def _step_column(pa: Any, table: StepTable, name: str) -> Any:
    values, kind = table[name], _KINDS.get(name, "float")
    if kind == "flags":
        return pa.array([flag_list(value) for value in values.tolist()], pa.list_(pa.string()))
    if kind == "text":
        words = [value or None for value in values.tolist()]
        return pa.array(words, pa.string()).dictionary_encode()
    if name == "impact_agreement":
        return pa.array(values, mask=table["impact_class"] == "")
    return pa.array(values, from_pandas=True)  # NaN becomes null


def _schema(types: Mapping[str, Any], about: About | None) -> Any:
    pa = need("pyarrow", "export")
    fields = [pa.field(name, kind, metadata=_field_metadata(name)) for name, kind in types.items()]
    return pa.schema(fields, metadata=None if about is None else {NAME: json.dumps(about.as_dict())})


def _field_metadata(name: str) -> dict[str, str] | None:
    base = name if name in MEANINGS else name.removesuffix("_L").removesuffix("_R")
    told = {"unit": unit_of(name), "meaning": MEANINGS.get(base, "")}
    return {key: value for key, value in told.items() if value} or None
