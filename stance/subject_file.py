"""The subject file: what is known of a runner, as TOML that people write and `stance register` adds to."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.registration import FootRegistration
from daq.errors import FormatError

REGISTRATION = "foot_registration"
_NAME = rf"""(?:{REGISTRATION}|"{REGISTRATION}"|'{REGISTRATION}')"""
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_OURS = re.compile(rf"^[ \t]*\[[ \t]*{_NAME}[ \t]*\].*$", re.MULTILINE)
_INLINE = re.compile(rf"^[ \t]*{_NAME}[ \t]*=[ \t]*\{{.*\}}[ \t]*(?:#.*)?\n?", re.MULTILINE)


def read_subject(path: Path, numbers: tuple[str, ...]) -> dict[str, Any]:
    """Read a subject file.

    Args:
        path: The file.
        numbers: Names of the keys that hold numbers.

    Returns:
        Values by key; `registration` among them if the file has the table `foot_registration`.

    Raises:
        FormatError: The file cannot be read, or a key or a value is not one of a subject.
    """
    values = _parse(path, _text(path))
    table = values.pop(REGISTRATION, None)
    for name, value in values.items():
        kind: tuple[type, ...] = (str,) if name == "name" else (int, float)
        if name != "name" and name not in numbers:
            known = ", ".join(["name", *numbers, f"[{REGISTRATION}]"])
            raise FormatError(str(path), expected=f"keys of {known}", seen=f"the key {name!r}")
        if isinstance(value, bool) or not isinstance(value, kind):
            raise FormatError(
                str(path), expected=f"a {'text' if name == 'name' else 'number'} for {name}", seen=repr(value)
            )
    if table is not None:
        values["registration"] = _registration(path, table)
    return values


def keep_registration(path: Path, foot: FootRegistration) -> None:
    """Write a registration into a subject file, in place of the one it holds; all else stays as it is.

    Args:
        path: The file; it is made if it does not exist.
        foot: The registration.

    Raises:
        FormatError: The file is no TOML, holds a registration that cannot be replaced, or cannot be written.
    """
    text = _merged(path, _text(path) if path.exists() else "", foot)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FormatError(str(path), expected="a file that can be written", seen=str(error.strerror)) from error


def _merged(path: Path, text: str, foot: FootRegistration) -> str:
    """The text with the registration in it.

    Searching TOML line by line is right for files as people write them, not for every one: what comes out is read
    again, and must say what the text said before, but for the registration.
    """
    before = _parse(path, text)
    block = "\n".join(
        [f"[{REGISTRATION}]", *(f"{name} = {_toml(value)}" for name, value in foot.as_dict().items()), ""]
    )
    after = {**before, **tomllib.loads(block)}
    for rest in (_without_table(text), _INLINE.sub("", text, count=1)):
        merged = f"{rest.rstrip()}\n\n{block}" if rest.strip() else block
        try:
            if tomllib.loads(merged) == after:
                return merged
        except ValueError:
            continue
    raise FormatError(
        str(path), expected=f"the registration in a table [{REGISTRATION}]", seen="it written in another way",
        next_step=f"The file is as it was. Take {REGISTRATION} out of it, and register again.",
    )  # fmt: skip


def _without_table(text: str) -> str:
    """Cut our table out, from its head to the next one's."""
    own = _OURS.search(text)
    if own is None:
        return text
    behind = _TABLE.search(text, own.end())
    return text[: own.start()] + (text[behind.start() :] if behind else "")


def _toml(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:.4f}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FormatError(str(path), expected="a TOML file about the runner", seen=str(error)) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise FormatError(str(path), expected="a TOML file about the runner", seen=str(error)) from error


def _registration(path: Path, table: Any) -> FootRegistration:
    if not isinstance(table, dict):
        raise FormatError(str(path), expected=f"a table [{REGISTRATION}]", seen=repr(table))
    try:
        return FootRegistration.from_dict(table)
    except AnalysisError as error:
        raise FormatError(f"{path}, {error.where}", expected=error.expected, seen=error.seen,
                          next_step=error.next_step) from error  # fmt: skip
