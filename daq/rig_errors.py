"""What is wrong with a rig file, in words: every mistake with its key, what was expected, and what was seen."""

import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from daq.nearest import nearest

_UNITS = {
    "N": "newtons", "mm": "millimetres", "m": "metres", "Hz": "hertz", "mV": "millivolts", "kg": "kilograms",
    "mV_per_V": "millivolts per volt", "per_m": "pulses per metre",
}  # fmt: skip
_UNIT_WORDS = set(re.findall(r"\w+", """
    n kn mn newton newtons kgf kg g t lb lbs lbf mm cm m um metre metres meter meters in inch inches ft
    hz khz rad s rpm sps mv v uv mvv volt volts per pct percent
"""))  # fmt: skip
_CONVERSIONS = {
    ("kg", "N"): "1 kg weighs 9.80665 N", ("kgf", "N"): "1 kgf is 9.80665 N", ("lb", "N"): "1 lb is 4.44822 N",
    ("lbf", "N"): "1 lbf is 4.44822 N", ("kN", "N"): "1 kN is 1000 N", ("in", "mm"): "1 in is 25.4 mm",
    ("cm", "mm"): "1 cm is 10 mm", ("m", "mm"): "1 m is 1000 mm", ("mm", "m"): "1 m is 1000 mm",
    ("ft", "m"): "1 ft is 0.3048 m", ("rad_s", "Hz"): "1 Hz is 2π rad/s", ("kHz", "Hz"): "1 kHz is 1000 Hz",
    ("V", "mV"): "1 V is 1000 mV",
}  # fmt: skip
_PLAIN = {float: "a number", int: "a whole number", str: "text in quotes", bool: "true or false"}


@dataclass(frozen=True)
class Problem:
    """One mistake.

    Attributes:
        key: Where: table and key, for example `cells[2].capacity_N`.
        expected: What should have been there.
        seen: What was there.
        hint: What to do about it; may be empty.
        mends: The missing key that this one was probably meant to be; empty if none.
    """

    key: str
    expected: str
    seen: str
    hint: str = ""
    mends: str = ""


class Told(TypedDict):
    """The parts of a `RigError` apart from the file."""

    expected: str
    seen: str
    next_step: str


RIG_HINT = "Every key is described in docs/rig-file.md; `stance rigs show frame_8` prints a complete example."


def told(problems: Sequence[Problem], what: str = "a rig file", hint: str = RIG_HINT) -> Told:
    """Put all mistakes into the words of one error.

    Args:
        problems: At least one.
        what: What kind of file was expected.
        hint: Where its keys are described.

    Returns:
        What the error says.
    """
    if len(problems) == 1:
        (only,) = problems
        return Told(
            expected=f"{only.key} to be {only.expected}", seen=only.seen, next_step=f"{only.hint} {hint}".strip()
        )
    lines = [f"\n  {p.key}: expected {p.expected}, saw {p.seen}. {p.hint}".rstrip() for p in problems]
    seen = f"{len(problems)} mistakes:{''.join(lines)}".removesuffix(".")
    return Told(expected=what, seen=seen, next_step=f"\n{hint}")


def problems_of(error: ValidationError, model: type[BaseModel], data: Mapping[str, Any]) -> list[Problem]:
    """Translate pydantic's findings.

    Args:
        error: What validation of `data` raised.
        model: The model that was asked for.
        data: What was validated.

    Returns:
        One problem per mistake; a missing key that an unknown key was meant for is not told twice.
    """
    found = [_problem(entry, model, data) for entry in error.errors(include_url=False)]
    mended = {problem.mends for problem in found if problem.mends}
    return [problem for problem in found if problem.seen != "nothing" or problem.key not in mended]


def _problem(entry: Any, model: type[BaseModel], data: Mapping[str, Any]) -> Problem:
    loc: tuple[str | int, ...] = entry["loc"]
    key = key_text(loc, data)
    table, field = _walk(model, loc)
    if entry["type"] == "extra_forbidden":
        return _unknown_key(key, str(loc[-1]), table)
    expected = (field.description or _expected(field.annotation, field.metadata)) if field else "something else"
    if isinstance(loc[-1], int) and field and (item := _model_in(field.annotation)):
        expected = _expected(item)
    if entry["type"] == "missing":
        if isinstance(loc[-1], int):
            return Problem(key_text(loc[:-1], data), expected, f"{loc[-1]} of them")
        return Problem(key, expected, "nothing")
    seen = _shown(entry["input"])
    hint = "Leave out the quotes." if isinstance(entry["input"], str) and expected.startswith(("a n", "a w")) else ""
    return Problem(key, expected, seen, hint)


def _unknown_key(key: str, name: str, table: type[BaseModel]) -> Problem:
    known = list(table.model_fields)
    same = next((other for other in known if other != name and _stem(other) == _stem(name)), None)
    mends = key.removesuffix(name)
    if same and _unit(same):
        unit, theirs = _unit(same), _unit(name)
        conversion = _CONVERSIONS.get((theirs, unit))
        hint = f"This key is in {_UNITS.get(unit, unit)}: {same}{f' ({conversion})' if conversion else ''}."
        return Problem(key, same, "an unknown key", hint, mends + same)
    near = nearest(name, known)
    hint = f"The nearest known key is {near}." if near else f"Known here: {', '.join(known)}."
    return Problem(key, "a known key", "an unknown one", hint, mends + near if near else "")


def key_text(loc: Sequence[str | int], data: Mapping[str, Any]) -> str:
    """Write a place as people would: `cells[2].capacity_N` becomes `cells[2] "RL".capacity_N`.

    Args:
        loc: Keys and indices.
        data: The file's content, for the names of cells and belts.

    Returns:
        The text.
    """
    text, at = "", data
    for part in loc:
        at = _step(at, part)
        if isinstance(part, str):
            text += f".{part}" if text else part
            continue
        text += f"[{part}]"
        name = at.get("name") if isinstance(at, Mapping) else None
        text += f' "{name}"' if isinstance(name, str) and 0 < len(name) <= 32 else ""
    return text


def _step(at: Any, part: str | int) -> Any:
    if isinstance(part, str):
        return at.get(part) if isinstance(at, Mapping) else None
    return at[part] if isinstance(at, Sequence) and not isinstance(at, str) and part < len(at) else None


def _walk(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Table that the last key of `loc` belongs to, and its field, if it has one of that name."""
    table, field = model, None
    for part in loc:
        if isinstance(part, str):
            inner = _model_in(field.annotation) if field else None
            table = inner or table
            field = table.model_fields.get(part)
    return table, field


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _expected(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return " or ".join(_shown(value) for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return _expected_list(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a table with {', '.join(name for name, f in annotation.model_fields.items() if f.is_required())}"
    return " ".join([_PLAIN.get(annotation, "a value"), *_bounds(metadata)])


def _expected_list(annotation: Any) -> str:
    if _model_in(annotation):
        return "one or more tables in double brackets"
    return "two numbers [x, y] between -10000 and 10000"


def _bounds(metadata: Sequence[Any]) -> Iterator[str]:
    names = ("gt", "ge", "lt", "le")
    limits = {name: getattr(item, name) for item in metadata for name in names if hasattr(item, name)}
    if "ge" in limits and "le" in limits:
        yield f"from {limits['ge']} to {limits['le']}"
    else:
        words = {"gt": "above", "ge": "of at least", "lt": "below", "le": "up to"}
        yield from [" and ".join(f"{words[name]} {limit}" for name, limit in limits.items())] if limits else []
    for item in metadata:
        if getattr(item, "pattern", None):
            yield "of at most 32 lower-case letters, digits and underscores"
        if getattr(item, "max_length", None):
            yield f"of at most {item.max_length} characters"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a table"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _stem(name: str) -> str:
    words = name.lower().split("_")
    while len(words) > 1 and words[-1] in _UNIT_WORDS:
        words.pop()
    return "_".join(words)


def _unit(name: str) -> str:
    return name[len(_stem(name)) + 1 :]
