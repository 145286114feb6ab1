"""Columns of the two tables that a batch makes: the same for every session and archive, each with unit and meaning."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from analysis.column_units import unit_of
from analysis.steps import ALL_COLUMNS
from analysis.summary import METRICS
from daq.optional import need
from stance.batch_job import Settings

LIGHTS = (
    "lost_frames", "cells", "zero", "steps", "invalid_steps", "weight_closure", "net_fore_aft_impulse", "incline",
    "noise", "belt_speed", "belt_dips", "calibration", "bandwidth", "vertical_mode", "fore_aft_mode", "sample_rate",
    "flight_residual", "drift", "tare_shift", "belt_artefacts",
)  # fmt: skip
"""Quality lights that have a column of their own; any other goes to `other_lights`."""
OTHER_LIGHTS = "other_lights"
SEVERITY = ("info", "green", "amber", "red")
"""States of a light, the worst last: of two belts the worse one counts."""


@dataclass(frozen=True)
class Field:
    """A column of a table."""

    name: str
    """Its name."""
    kind: str
    """"float", "int", "bool", "text" or "texts"."""
    meaning: str
    """One line for people."""
    unit: str = ""
    """Unit; empty for ratios, counts and classes."""


_WHOSE = (
    Field("session_id", "text", "random name given when the session was recorded; ties steps to sessions"),
    Field("path", "text", "the file, within the archive"),
)
_SUBJECT = Field("subject", "text", "pseudonym of the runner")
_HOW = (
    Field("rig", "text", "name of the rig"),
    Field("protocol", "text", "analysis protocol"),
    Field("algorithm_version", "text", "version of the algorithms"),
)
_BOUT = Field("bout", "text", "bout that the step belongs to by its touchdown; null outside any")
_STATE = (
    Field("state", "text", "done, failed, copy (the same session as another file) or unfinished (a journal only)"),
    Field("error", "text", "why it is not done"),
    Field("source", "text", "raw: computed again from what the device sent; stored: steps kept in the session"),
)
_SESSION = (
    Field("frames", "int", "frames recorded"),
    Field("lost_frames", "int", "frames known to be lost"),
    Field("gaps", "int", "places where frames are missing"),
    Field("sample_rate_Hz", "float", "sample rate", "Hz"),
    Field("duration_s", "float", "device time from the first to the last frame", "s"),
    Field("ended_by", "text", "what ended the recording before its time"),
    Field("incline_deg", "float", "incline as given, + uphill", "°"),
    Field("bw_N", "float", "body weight", "N"),
    Field("bw_source", "text", "where body weight comes from: mass, strides or standing"),
    Field("weight_closure", "float", "mean vertical force over whole strides / body weight"),
    Field("steps", "int", "steps found"),
    Field("valid_steps", "int", "steps that nothing is wrong with; the means are over these"),
    Field("doubtful", "texts", "columns of the step table that this session casts doubt on"),
)


@cache
def step_fields(settings: Settings) -> tuple[Field, ...]:
    """Columns of the table of steps.

    Args:
        settings: Whether the pseudonym goes along.

    Returns:
        The columns, in order.
    """
    kinds = {"flags": "texts"}
    columns = (Field(c.name, kinds.get(c.kind, c.kind), c.meaning, unit_of(c.name)) for c in ALL_COLUMNS)
    return (*_WHOSE, *((_SUBJECT,) if settings.subject else ()), *_HOW, _BOUT, *columns)


@cache
def session_fields(settings: Settings) -> tuple[Field, ...]:
    """Columns of the table of sessions.

    Args:
        settings: Whether pseudonym and date go along.

    Returns:
        The columns, in order.
    """
    asked: tuple[Field, ...] = (_SUBJECT,) if settings.subject else ()
    if settings.date:
        asked += (Field("created_utc", "text", "start of the recording, ISO 8601, UTC"),)
    means = []
    for name in METRICS:
        unit = unit_of(name)
        means.append(Field(name, "float", f"mean over the valid steps of: {_meaning(name)}", unit))
        means.append(Field(f"u_{name}", "float", "standard uncertainty of this mean", unit))
        means.append(Field(f"n_{name}", "int", "steps that this mean is over"))
    lights = [
        Field(f"light_{name}", "text", "quality light: green, amber, red, info; null if not judged") for name in LIGHTS
    ]
    other = Field(OTHER_LIGHTS, "texts", "further quality lights, name=state")
    return (*_WHOSE, *asked, *_STATE, *_HOW, *_SESSION, *lights, other, *means)


def _meaning(name: str) -> str:
    return next(column.meaning for column in ALL_COLUMNS if column.name == name)


def arrow_schema(fields: tuple[Field, ...], metadata: dict[str, str]) -> Any:
    """The same for Arrow.

    Args:
        fields: Columns.
        metadata: What the file says of itself.

    Returns:
        The schema; each column carries its meaning and unit.
    """
    pa = need("pyarrow", "export")
    types = {
        "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_(), "texts": pa.list_(pa.string()),
        "text": pa.dictionary(pa.int32(), pa.string()),
    }  # fmt: skip
    columns = [pa.field(one.name, types[one.kind], metadata=_metadata(one)) for one in fields]
    return pa.schema(columns, metadata=metadata)


def _metadata(field: Field) -> dict[str, str]:
    told = {"unit": field.unit, "meaning": field.meaning}
    return {key: value for key, value in told.items() if value}
