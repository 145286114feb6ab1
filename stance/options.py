"""Options that several commands share."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from daq.analyser import Subject
from daq.errors import FormatError

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
    "stature_m": (0.5, 2.6, "metres"),
    "leg_length_m": (0.2, 1.6, "metres"),
    "shoe_length_m": (0.1, 0.45, "metres"),
    "belt_speed_m_s": (0.0, 15.0, "metres per second"),
    "incline_deg": (-30.0, 30.0, "degrees"),
}


class _Seconds(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases
    """A finite time above zero; click's own ranges let NaN and infinity through."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0.0 < seconds < math.inf:
            self.fail(f"{value!r} is not a number of seconds above 0", param, ctx)
        return seconds


SECONDS = _Seconds()
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
protocol_option = click.option("--protocol", metavar="NAME", help="Analysis protocol, for example P60-50/20.")


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
                 help="TOML file with name, mass_kg, stature_m, leg_length_m, shoe_length_m.")(wrapped)  # fmt: skip
    return wrapped


def make_subject(path: Path | None, given: dict[str, float | None]) -> Subject:
    """Put a subject file and the options together; options win.

    Args:
        path: Subject file.
        given: Options by field name.

    Returns:
        The subject.

    Raises:
        FormatError: The file cannot be read, or a value is impossible.
    """
    values: dict[str, Any] = _read_subject(path) if path is not None else {}
    values |= {name: value for name, value in given.items() if value is not None}
    for name, (low, high, unit) in _LIMITS.items():
        value = values.get(name)
        if value is not None and not low <= value <= high:
            raise FormatError(name, expected=f"{low:g} to {high:g} {unit}", seen=f"{value:g}",
                              next_step="Check the unit.")  # fmt: skip
    return Subject(**values)


def _read_subject(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FormatError(str(path), expected="a TOML file about the runner", seen=str(error)) from error
    for name, value in values.items():
        kind: tuple[type, ...] = (str,) if name == "name" else (int, float)
        if name != "name" and name not in _LIMITS:
            known = ", ".join(["name", *_LIMITS])
            raise FormatError(str(path), expected=f"keys of {known}", seen=f"the key {name!r}")
        if isinstance(value, bool) or not isinstance(value, kind):
            raise FormatError(
                str(path), expected=f"a {'text' if name == 'name' else 'number'} for {name}", seen=repr(value)
            )
    return values
