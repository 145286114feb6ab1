"""Searches a finished file for what should not be in it: byte by byte, and once more unpacked."""

import json
import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from daq.anonymise.names import folded, spelled_bytes, words_in

SHORT = 4
"""Shorter texts occur by chance in packed numbers; they are looked for as whole texts only."""
_SAMPLES = ("raw/", "force/")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
Places = list[tuple[str, list[str], bytes]]
"""Of every attribute and dataset its place, its texts, and its bytes."""


@dataclass(frozen=True)
class Secret:
    """Something that must be gone."""

    what: str
    """What it is, for people: "the runner's name"."""
    value: str
    """The text."""
    word: bool = False
    """Whether it counts as a word of any text, however it is spelled there: "Anna" is in `anna_easy`."""


def leaks(path: Path, secrets: Iterable[Secret], clocks: Iterable[float] = (), *, vocabulary: str = "") -> list[str]:
    """Look for secrets in every byte of a session file, and in every attribute and dataset unpacked.

    Args:
        path: The file.
        secrets: What must be gone.
        clocks: Times of a host's clock that must be gone, as 8 bytes each.
        vocabulary: What the software itself has to say in this file; a secret that is part of it ("run") shows nothing.

    Returns:
        What was found and where; empty if nothing was.
    """
    secrets = list(dict.fromkeys(secrets))
    wanted = [one for one in secrets if not one.word and one.value.strip() and one.value not in vocabulary]
    times = [np.float64(one).tobytes() for one in clocks]
    unpacked = list(_unpacked(path))
    found = [*_spoken(path, [one for one in secrets if one.word], unpacked, vocabulary)]
    found += [f"{one.what} in {place}" for one in wanted for place in _places(one.value, unpacked)]
    found += [f"{one.what} in the bytes of the file" for one in wanted if _in_bytes(path, _spellings(one.value))]
    found += [f"the host's clock in {place}" for place, _, data in unpacked if any(time in data for time in times)]
    found += ["the host's clock in the bytes of the file"] * _in_bytes(path, times)
    return list(dict.fromkeys(found))


def _spoken(path: Path, secrets: list[Secret], unpacked: Places, vocabulary: str) -> Iterator[str]:
    """Words that stand in a text of the file, in any spelling; those that the software itself says show nothing."""
    known = words_in(" ".join([vocabulary, *(place for place, _, _ in unpacked)]))
    wanted = [one for one in secrets if folded(one.value) not in known]
    for place, texts, _ in unpacked if wanted else ():
        there = words_in(" ".join(texts)) | words_in(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), " ".join(texts)))
        yield from (f"{one.what} in {place}" for one in wanted if folded(one.value) in there)
    for one in wanted:
        if _in_bytes(path, map(re.compile, spelled_bytes([one.value], SHORT + 2))):
            yield f"{one.what} in the bytes of the file"


def _places(value: str, unpacked: Places) -> Iterator[str]:
    spellings = {value, json.dumps(value)[1:-1]}
    for place, texts, _ in unpacked:
        if any(_within(one, text) for one in spellings for text in texts):
            yield place


def _within(value: str, text: str) -> bool:
    if len(value) >= SHORT:
        return value in text
    return value == text or f'"{value}"' in text


def _spellings(value: str) -> list[bytes]:
    """How a text may stand in a file: UTF-8, as JSON escapes it, UTF-16; nothing for one that chance spells too."""
    forms = {value.encode("utf-8", "replace"), json.dumps(value)[1:-1].encode(), value.encode("utf-16-le", "replace")}
    return [form for form in forms if len(form) >= SHORT + 2]


def _in_bytes(path: Path, forms: Iterable[bytes | re.Pattern[bytes]]) -> bool:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(f) >= 0 if isinstance(f, bytes) else f.search(data) is not None for f in forms)


def _unpacked(path: Path) -> Iterator[tuple[str, list[str], bytes]]:
    """Every attribute and dataset but the samples: its place, its texts, and its bytes."""
    import h5py

    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visit(names.append)
        for name in ["", *names]:
            node = file[name] if name else file
            for key in node.attrs:
                yield f"{name}@{key}", [*_texts(node.attrs[key]), name, key], _bytes(node.attrs[key])
            if isinstance(node, h5py.Dataset) and not name.startswith(_SAMPLES):
                yield name, [*_texts(node[()]), name], _bytes(node[()])


def _texts(value: Any) -> list[str]:
    values = np.asarray(value)
    if values.dtype.kind == "S":
        return [text.decode("utf-8", "replace") for text in np.unique(values).tolist()]
    return [str(one) for one in np.ravel(values).tolist()] if values.dtype.kind in "UO" else []


def _bytes(value: Any) -> bytes:
    values = np.asarray(value)
    return values.tobytes() if values.dtype.kind == "f" else b""
