"""Step tables and raw samples into CSV and Parquet."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from daq.errors import SessionError
from daq.force_layout import layout_of
from daq.formats import csv_out, parquet_out
from daq.formats.new_files import NewFiles
from daq.results import Results
from daq.session import Session
from stance.exporting import Choice, about_choice


def write_steps(session: Session, out: Path, choice: Choice) -> dict[str, Any]:
    """Write the step table.

    Args:
        session: Open session.
        out: The new file.
        choice: What and how.

    Returns:
        What was written.
    """
    table, results = steps_of(session, choice)
    inside = (table["touchdown_s"] >= choice.start_s) & (table["touchdown_s"] < choice.end_s)
    table = table if inside.all() else table.select(inside)
    with NewFiles() as files:
        stream = files.begin(out)
        if choice.to == "csv":
            csv_out.write_records(stream, list(table), table.records())
        else:
            parquet_out.write_steps(stream, table, about_choice(session, choice, results["protocol"]))
    return {"to": choice.to, "what": "steps", "protocol": results["protocol"],
            "files": [{"file": str(out), "rows": table.rows}], "notes": []}  # fmt: skip


def steps_of(session: Session, choice: Choice) -> tuple[StepTable, Results]:
    """The steps of a session: as kept, where they are of this protocol and calibration, else made now."""
    from daq.stored import stored_results
    from stance.api import analyze

    kept = None if choice.calibration else stored_results(session, protocol=choice.protocol)
    if kept is not None:
        return StepTable(session.steps()), kept
    analysis = analyze(session, choice.protocol, calibration=choice.calibration)
    return analysis.steps, analysis.results


def write_raw(session: Session, out: Path, choice: Choice) -> dict[str, Any]:
    """Write the samples as they were recorded.

    Args:
        session: Open session.
        out: The new file.
        choice: What and how.

    Returns:
        What was written.

    Raises:
        SessionError: There are none in that time.
    """
    counted = [0]

    def parts() -> Iterator[dict[str, NDArray[Any]]]:
        for part in raw_columns(session, choice.start_s, choice.end_s):
            counted[0] += part["time_s"].size
            yield part

    with NewFiles() as files:
        stream = files.begin(out)
        if choice.to == "csv":
            csv_out.write_samples(stream, parts())
        else:
            about = replace(about_choice(session, choice, session.header.protocol_name), filtered=False)
            parquet_out.write_samples(stream, parts(), about)
        if not counted[0]:
            raise SessionError(str(session.path), expected="samples between --from and --until", seen="none")
    return {"to": choice.to, "what": "raw", "files": [{"file": str(out), "rows": counted[0]}], "notes": []}


def raw_columns(session: Session, start_s: float, end_s: float) -> Iterator[dict[str, NDArray[Any]]]:
    """Samples as they were recorded: counts and status, or the imported force.

    Args:
        session: Open session.
        start_s: Beginning, s.
        end_s: End, s.

    Yields:
        dict[str, NDArray[Any]]: Columns of some ten thousand rows.
    """
    layout, row = layout_of(session.header), 0
    origin = int(session.session_ticks(0, 1)[0]) if session.rows else 0
    for chunk in session.chunks():
        ticks = session.session_ticks(row, row + len(chunk))
        row += len(chunk)
        time_s = (ticks - origin) / session.header.tick_rate_Hz
        inside = (time_s >= start_s) & (time_s < end_s)
        if not inside.any():
            continue
        columns: dict[str, NDArray[Any]] = {"time_s": time_s, "tick": ticks}
        if layout is None:
            columns |= {"seq": chunk.seq, "boot": chunk.boot, "status": chunk.status, "belt_pulses": chunk.belt}
            columns |= {f"counts_{n}": chunk.counts[:, n] for n in range(chunk.counts.shape[1])}
        else:
            names = [f"{part}_{'N' if part[0] == 'F' else 'Nm'}" + (f"_{belt}" if belt else "")
                     for belt, part in layout.channels]  # fmt: skip
            columns |= {name: np.asarray(chunk.counts)[:, n] for n, name in enumerate(names)}
            columns |= {"belt_way_m": chunk.belt / 1e6} if layout.measured_speed else {}
        yield {name: values[inside] for name, values in columns.items()}
