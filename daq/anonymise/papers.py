"""Rig and calibration file of a session without what people wrote into them: every number stays, to the bit."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daq.calibration_problems import checksum
from daq.calibration_read import parse_calibration
from daq.errors import RigError
from daq.rig_text import parse_toml

_PERSONAL = {"operator": "", "note": ""}
_SUM = 'checksum = "'


def bare_rig(text: str, where: str) -> str:
    """A rig file without comments and description, the two places for free text; the machine keeps its name and title.

    Args:
        text: The rig file; empty stays empty.
        where: For messages.

    Returns:
        TOML that says the same in all other keys.
    """
    if not text:
        return ""
    values = _parsed(text, where)
    values.pop("description", None)
    return _written(values, where)


def bare_calibration(text: str, where: str, made_utc: str | None) -> str:
    """A calibration file without operator, note, remarks, comments and the names that people gave to loads and places.

    Loads and places of one name still share one, since that tells which errors are shared.

    Args:
        text: The calibration file; empty stays empty.
        where: For messages.
        made_utc: When it was made, in its place; None keeps what it says.

    Returns:
        TOML with the same read-out, and a checksum of its own if it had one.
    """
    if not text:
        return ""
    values = {name: _PERSONAL.get(name, value) for name, value in _parsed(text, where).items()}
    values |= {} if made_utc is None else {"made_utc": made_utc}
    places: dict[str, str] = {"": ""}
    loads: dict[str, str] = {"": ""}
    for number, reading in enumerate(values.get("readings", ()), 1):
        reading |= {
            "label": f"load {number}", "remark": "", "place": _alias(places, reading.get("place", ""), "place"),
            "weight": _alias(loads, reading.get("weight", ""), "weight"),
        }  # fmt: skip
    by_place = values.get("quality", {}).get("lopo_by_place")
    if by_place:
        values["quality"]["lopo_by_place"] = {_alias(places, name, "place"): one for name, one in by_place.items()}
    new = _written(values, where)
    if "checksum" in values:
        new = new.replace(f"{_SUM}{values['checksum']}", f"{_SUM}{checksum(new)}", 1)
    parse_calibration(new, f"{where}, anonymised")  # whoever opens it must be able to
    return new


def personal_texts(rig_text: str, calibration_text: str, where: str) -> list[str]:
    """What the two functions above take out.

    Args:
        rig_text: The rig file.
        calibration_text: The calibration file.
        where: For messages.

    Returns:
        Texts, to be searched for afterwards.
    """
    found = []
    if rig_text:
        found += [str(_parsed(rig_text, where).get("description", "")), *_comments(rig_text)]
    if calibration_text:
        values = _parsed(calibration_text, where)
        readings = values.get("readings", ())
        found += [str(values.get(name, "")) for name in _PERSONAL]
        found += [str(one.get(name, "")) for one in readings for name in ("label", "remark", "place", "weight")]
    return [line.strip() for text in found for line in text.splitlines() if line.strip()]


def title_of(rig_text: str) -> str:
    """The title in a rig file; empty without one."""
    return str(_parsed(rig_text, "rig").get("title", "")) if rig_text else ""


def calibration_moment(text: str, where: str) -> datetime | None:
    """When a calibration was made; None if it does not say."""
    try:
        return datetime.fromisoformat(str(_parsed(text, where)["made_utc"])) if text else None
    except (KeyError, ValueError):
        return None


def _alias(known: dict[str, str], name: str, kind: str) -> str:
    return known.setdefault(name, f"{kind} {len(known)}")


def _comments(text: str) -> list[str]:
    """Comments of a TOML file, near enough: a # in a text is taken for one too."""
    return [line.split("#", 1)[1] for line in text.splitlines() if "#" in line]


def _parsed(text: str, where: str) -> dict[str, Any]:
    """The values, numbers as they were written: some millimetres have more digits than a double."""
    from tomlkit import float_

    return parse_toml(text, where, float_)


def _written(values: Mapping[str, Any], where: str) -> str:
    """Values as TOML.

    Args:
        values: By key.
        where: For messages.

    Returns:
        The text, which was read again and says the same.

    Raises:
        RigError: It does not.
    """
    import tomlkit

    text = tomlkit.dumps(_ordered(values))
    if tomllib.loads(text) != _plain(values):
        raise RigError(where, expected="a file that can be written anew", seen="one that then says something else",
                       next_step="Please report this; nothing was written.")  # fmt: skip
    return text


def _ordered(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keys with a plain value before tables, and those before lists of tables: so TOML needs it."""
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping) and not _tables(value)}
    tables = {name: _ordered(value) for name, value in values.items() if isinstance(value, Mapping)}
    lists = {name: [_ordered(one) for one in value] for name, value in values.items() if _tables(value)}
    return plain | tables | lists


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, float) else value
