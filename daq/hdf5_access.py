"""Takes objects and values out of an HDF5 file that may be damaged or made up: no links, no surprises in size."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.errors import SessionError
from daq.session_format import BLOCK_ROWS, checksums

# gzip cannot expand beyond this, so a larger claim is damage and not worth the memory.
_MOST_EXPANSION = 1032
_ALWAYS_FINE = 1 << 16
_DAMAGE = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    ArithmeticError,
    MemoryError,
)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file provokes into one clear error.

    Args:
        path: The file.

    Yields:
        None: Nothing.

    Raises:
        SessionError: If reading fails in any way.
    """
    try:
        yield
    except PermissionError as error:
        raise SessionError(str(path), expected="a file that may be read", seen=error.strerror or str(error)) from error
    except _DAMAGE as error:
        raise SessionError(
            str(path),
            expected="a whole session file",
            seen=f"a damaged or truncated one ({error})",
            next_step="Take it from your backup.",
        ) from error


def child(group: Any, name: str, *, missing_ok: bool = False) -> Any:
    """Open what lies under a name, if it lies in this very file.

    Args:
        group: File or group.
        name: Name of a group or dataset directly in it.
        missing_ok: Whether None may be given instead of an error.

    Returns:
        The group or dataset.

    Raises:
        KeyError: If it is missing.
        ValueError: If it is a link, or its data is kept in other files.
    """
    import h5py

    link = group.get(name, getlink=True)
    if link is None:
        if missing_ok:
            return None
        raise KeyError(f"{name} is missing")
    if not isinstance(link, h5py.HardLink):
        raise ValueError(f"{name} is a link to somewhere else, which is not followed")
    found = group[name]
    if isinstance(found, h5py.Dataset) and (found.is_virtual or found.external):
        raise ValueError(f"the data of {name} is in another file, which is not opened")
    return found


def read_rows(dataset: Any, start: int, stop: int) -> NDArray[Any]:
    """Read rows, and make sure that they are those once written.

    Args:
        dataset: The dataset.
        start: First row.
        stop: Row after the last; not before `start` nor beyond the end.

    Returns:
        The rows.

    Raises:
        ValueError: If a checksum does not agree.
    """
    first = start - start % BLOCK_ROWS
    values: NDArray[Any] = dataset[first : min(-(-stop // BLOCK_ROWS) * BLOCK_ROWS, len(dataset))]
    sums = checksums(values)
    at = first // BLOCK_ROWS
    if not np.array_equal(sums, _raw_attribute(dataset.attrs, "crc32")[at : at + len(sums)]):
        raise ValueError(f"the checksum of {dataset.name} is wrong within rows {first} to {first + len(values)}")
    return values[start - first : stop - first]


def load(dataset: Any, dtype: str) -> NDArray[Any]:
    """Read a whole one-dimensional dataset.

    Args:
        dataset: The dataset.
        dtype: Type that it must have.

    Returns:
        Its values.

    Raises:
        ValueError: If it has another type or shape, or claims more than the file can hold.
    """
    if dataset.dtype != np.dtype(dtype) or len(dataset.shape) != 1:
        raise ValueError(f"{dataset.name} has shape {dataset.shape} of {dataset.dtype}")
    _check_size(dataset)
    return read_rows(dataset, 0, len(dataset))


def texts(dataset: Any) -> list[str]:
    """Read a whole one-dimensional dataset of texts.

    Args:
        dataset: The dataset.

    Returns:
        Its texts.

    Raises:
        ValueError: If it holds something else, or claims more than the file can hold.
    """
    if dataset.dtype.kind != "S" or len(dataset.shape) != 1:
        raise ValueError(f"{dataset.name} has shape {dataset.shape} of {dataset.dtype}")
    _check_size(dataset)
    return [text.decode() for text in read_rows(dataset, 0, len(dataset)).tolist()]


def _check_size(dataset: Any) -> None:
    claimed, stored = dataset.size * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if claimed > _ALWAYS_FINE + stored * _MOST_EXPANSION:
        raise ValueError(f"{dataset.name} claims {claimed} bytes, but {stored} are stored")


def attribute(attributes: Any, name: str, kind: type | tuple[type, ...]) -> Any:
    """Read a scalar attribute.

    Args:
        attributes: Attributes of an object.
        name: Which of them.
        kind: Python type or types that it must have.

    Returns:
        Its value as a plain Python value.

    Raises:
        ValueError: If it is of another type.
    """
    value = _raw_attribute(attributes, name)
    value = value.item() if isinstance(value, np.generic) else value
    value = value.decode() if isinstance(value, bytes) else value
    if not isinstance(value, kind):
        raise ValueError(f"attribute {name} is {value!r}")
    return value


def attribute_texts(attributes: Any, name: str) -> list[str]:
    """Read an attribute that is a list of texts."""
    return [bytes(text).decode() for text in _raw_attribute(attributes, name)]


def _raw_attribute(attributes: Any, name: str) -> Any:
    """Read an attribute unless it has variable width: damaged ones can keep the HDF5 library busy for ever."""
    if name not in attributes:
        raise KeyError(f"attribute {name} is missing")
    if attributes.get_id(name).dtype.hasobject:
        raise ValueError(f"attribute {name} is of variable width")
    return attributes[name]
