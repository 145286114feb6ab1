"""Options that several commands share."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from analysis.setup import Runner
from daq.errors import FormatError
from daq.tare import MOST_SECONDS
from stance.subject_file import read_subject

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_SUBJECT = (
    ("--mass", "mass_kg", "Body mass, kg: gives body weight and weight closure."),
    ("--stature", "stature_m", "Body height, m."),
    ("--leg-length", "leg_length_m", "Trochanter height, m."),
    ("--shoe-length", "shoe_length_m", "Outer length of the shoe, m."),
    ("--belt-speed", "belt_speed_m_s", "Belt speed, m/s."),
    ("--incline-deg", "incline_deg", "Incline of the belt, degrees, + uphill."),
)
_LIMITS = {
    "mass_kg": (10.0, 300.0, "kilograms"),
    "u_mass_kg": (0.0, 10.0, "kilograms"),
    "stature_m": (0.5, 2.6, "metres"),
    "leg_length_m": (0.2, 1.6, "metres"),
    "shoe_length_m": (0.1, 0.45, "metres"),
    "belt_speed_m_s": (0.0, 15.0, "metres per second"),
    "incline_deg": (-30.0, 30.0, "degrees"),
}


class _Seconds(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases
    """A finite time above zero; click's own ranges let NaN and infinity through."""

    name = "seconds"

    def __init__(self, most: float = math.inf) -> None:
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not (0.0 < seconds < math.inf and seconds <= self._most):
            limit = f" and up to {self._most:g}" if self._most < math.inf else ""
            self.fail(f"{value!r} is not a number of seconds above 0{limit}", param, ctx)
        return seconds


SECONDS = _Seconds()
TARE_SECONDS = _Seconds(MOST_SECONDS)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
protocol_option = click.option("--protocol", metavar="NAME", help="Analysis protocol, for example P60-50/20.")

days_apart_option = click.option(
    "--days-apart",
    is_flag=True,
    help="Sessions without a date are each of another day; else they count as one day.",
)

calibration_option = click.option(
    "--calibration",
    metavar="FILE|none",
    help="Calibration of the rig; 'none' takes its cells as their data sheets say. By default the one beside the rig "
    "file, or the session's own.",
)


def subject_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what is known of the runner; the command receives one `subject` argument."""

    def wrapped(**arguments: Any) -> Any:
        given = {name: arguments.pop(name) for _, name, _ in _SUBJECT}
        path = arguments.pop("subject_file")
        return function(subject=make_subject(path, given), **arguments)

    wrapped.__doc__ = function.__doc__
    wrapped.__name__ = function.__name__
    wrapped.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    for flag, name, text in reversed(_SUBJECT):
        click.option(flag, name, type=float, metavar="NUMBER", help=text)(wrapped)
    click.option("--subject", "subject_file", type=click.Path(path_type=Path), metavar="FILE",
                 help="TOML file with what is known of the runner, foot registration included.")(wrapped)  # fmt: skip
    return wrapped


def make_subject(path: Path | None, given: dict[str, float | None]) -> Runner:
    """Put a subject file and the options together; options win.

    Args:
        path: Subject file.
        given: Options by field name.

    Returns:
        The subject.

    Raises:
        FormatError: The file cannot be read, or a value is impossible.
    """
    values: dict[str, Any] = read_subject(path, tuple(_LIMITS)) if path is not None else {}
    values |= {name: value for name, value in given.items() if value is not None}
    for name, (low, high, unit) in _LIMITS.items():
        value = values.get(name)
        if value is not None and not low <= value <= high:
            raise FormatError(name, expected=f"{low:g} to {high:g} {unit}", seen=_shown(value),
                              next_step="Check the unit.")  # fmt: skip
    return Runner(**values)


def _shown(value: float) -> str:
    """A number for a message; TOML knows whole numbers that no float can hold."""
    try:
        return f"{value:g}"
    except OverflowError:
        return "a number with hundreds of digits"
