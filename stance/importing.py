"""Importing a force file of another system, for the command and for notebooks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.protocol import DEFAULT_PROTOCOL
from analysis.setup import Runner
from daq.force_session import write_force_session
from daq.imports.read import ImportOptions
from daq.imports.understand import Understanding, understand
from daq.results import Results

__all__ = ["ImportOptions", "Understanding", "import_dict", "import_lines", "understand", "write_import"]

_WORDS = {"note": "note", "ask": "IN DOUBT", "stop": "STOP"}
_ORDER = ("stop", "ask", "note")


def import_lines(understanding: Understanding) -> Iterator[str]:
    """Tell what was understood, as a short table, doubts last.

    Args:
        understanding: Of the files.

    Yields:
        str: Lines for a terminal.
    """
    width = max(len(fact.value) for fact in understanding.facts)
    width = min(width, 46)
    for fact in understanding.facts:
        why = f"  {fact.why}" if fact.why else ""
        yield f"{fact.name:14s} {fact.value:{width}s}{why}".rstrip()
    for weight in _ORDER:
        for doubt in understanding.doubts:
            if doubt.weight == weight:
                flag = f"  ({doubt.flag})" if doubt.flag and weight != "note" else ""
                yield f"{_WORDS[weight]}: {doubt.text}{flag}"


def import_dict(understanding: Understanding) -> dict[str, Any]:
    """Tell the same as plain values for JSON.

    Args:
        understanding: Of the files.

    Returns:
        "understood" (name → value and why), "doubts", "imported": False.
    """
    return {
        "imported": False,
        "understood": {fact.name: {"value": fact.value, "why": fact.why} for fact in understanding.facts},
        "doubts": [doubt.as_dict() for doubt in understanding.doubts],
        "source": dict(understanding.recording.source),
    }


def write_import(path: Path, understanding: Understanding, runner: Runner, protocol: str | None = None) -> Results:
    """Write the session and analyse it.

    Args:
        path: New session file.
        understanding: Of the files, doubts settled.
        runner: What is known of the runner.
        protocol: Analysis protocol; by default the usual one.

    Returns:
        Its results.
    """
    return write_force_session(path, understanding.recording, runner, protocol or DEFAULT_PROTOCOL,
                               created_utc=understanding.measured)  # fmt: skip
