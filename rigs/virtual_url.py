"""The address of a virtual treadmill: virtual://NAME?parameter=value&…, read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from daq.errors import LinkError
from rigs.virtual_parameters import PARAMETERS

SCHEME = "virtual"
MANUAL = "docs/virtual-treadmill.md"

_ONLY_ONE = ("runner", "force", "load", "tap", "hand")
_NEEDS = {
    "loop": "force",
    "load_s": "load",
    "tap_s": "tap",
    "warmup_s": "warmup_N",
    "creep_s": "creep_pct",
    "temp_s": "temp_C",
    "zero_N_per_C": "temp_C",
    "span_pct_per_C": "temp_C",
    "mains_Hz": "mains_N",
    "motor_Hz": "motor_N",
    "stall_s": "stall_at_s",
    "replug_at_s": "unplug_at_s",
}
"""Parameters that mean nothing without another one."""
_STEP = ("contact_ms", "flight_ms", "braking_BW", "foot_x_m", "roll_m", "step_width_m")
_OF_RUNNER = {
    "davis": ("mass_kg",),
    "half_sine": ("mass_kg", *_STEP),
    "two_mass": ("mass_kg", *_STEP, "limb_dv_m_s", "limb_dt_ms"),
    "impact": ("mass_kg", *_STEP, "impact_N", "impact_at_ms", "impact_sd_ms"),
}
"""What each runner understands."""


@dataclass(frozen=True)
class VirtualUrl:
    """A rig and all parameters, those left out at their defaults."""

    rig: str
    """Name of a shipped rig, or the path of a rig file."""
    values: Mapping[str, Any]
    """Every parameter by name."""

    @classmethod
    def parse(cls, url: str) -> "VirtualUrl":
        """Read a URL.

        Args:
            url: virtual://NAME?parameter=value&…

        Returns:
            What it asks for.

        Raises:
            LinkError: It is no such URL, or a parameter is unknown, doubled, out of range or out of place.
        """
        try:
            parts = urlsplit(url)
        except ValueError as error:  # a bracket in the path of a rig file
            seen, step = str(error), "Percent-encode the path of a rig file."
            raise LinkError(url, expected="virtual://RIG?parameter=value&…", seen=seen, next_step=step) from None
        rig = unquote(parts.netloc + (parts.path if parts.path != "/" else ""))
        if parts.scheme.lower() != SCHEME or not rig:
            raise LinkError(
                url,
                expected="virtual://RIG?parameter=value&…",
                seen=f"{parts.scheme}://" if parts.scheme != SCHEME else "no rig",
                next_step="The embedded default is virtual://virtual.",
            )
        where = f"{SCHEME}://{quote(rig, safe='')}"
        texts: dict[str, str] = {}
        for item in filter(None, parts.query.split("&")):
            name, mark, text = item.partition("=")
            if not mark:
                raise LinkError(where, expected="parameter=value", seen=repr(item), next_step=f"See {MANUAL}.")
            if name in texts:
                raise LinkError(f"{where}, {name}", expected="every parameter once", seen="it twice")
            texts[name] = unquote(text)
        return cls._made(rig, {name: _value(where, name, text) for name, text in texts.items()}, where)

    @classmethod
    def of(cls, rig: str, **values: Any) -> "VirtualUrl":
        """The same from Python values.

        Args:
            rig: Name of a shipped rig, or the path of a rig file.
            **values: Parameters, as the values that the URL's texts stand for.

        Returns:
            What it asks for. A LinkError says that a parameter is unknown or out of place.
        """
        for name in values:
            _known(f"{SCHEME}://{rig}", name)
        return cls._made(rig, values, f"{SCHEME}://{rig}")

    @classmethod
    def _made(cls, rig: str, given: dict[str, Any], where: str) -> "VirtualUrl":
        _check(where, given)
        defaults = {name: parameter.default for name, parameter in PARAMETERS.items()}
        return cls(rig, MappingProxyType({**defaults, **given}))


def virtual_url(rig: str, query: str = "") -> str:
    """Put a URL together and check it.

    Args:
        rig: Name of a shipped rig, or the path of a rig file.
        query: Parameters as they stand in a URL, for example "seed=2&drop=1e-4".

    Returns:
        The URL; a LinkError says what is wrong with it.
    """
    url = f"{SCHEME}://{quote(rig, safe='')}" + (f"?{query}" if query else "")
    VirtualUrl.parse(url)
    return url


def _known(where: str, name: str) -> None:
    if name not in PARAMETERS:
        near = get_close_matches(name, PARAMETERS, 1, 0.0)
        raise LinkError(
            f"{where}, {name}",
            expected="a known parameter",
            seen=repr(name),
            next_step=f"Did you mean {near[0]}? All are in {MANUAL}.",
        )


def _value(where: str, name: str, text: str) -> Any:
    _known(where, name)
    try:
        return PARAMETERS[name].read(text)
    except (ValueError, OverflowError):
        raise LinkError(f"{where}, {name}", expected=PARAMETERS[name].expected, seen=repr(text)) from None


def _check(where: str, given: Mapping[str, Any]) -> None:
    """Refuse parameters that contradict each other or would be ignored."""
    sources = [name for name in _ONLY_ONE if name in given]
    if len(sources) > 1:
        raise LinkError(where, expected=f"one of {', '.join(_ONLY_ONE)}", seen=" and ".join(sources))
    for name, needed in _NEEDS.items():
        if name in given and needed not in given:
            raise LinkError(f"{where}, {name}", expected=f"{needed} as well", seen=f"{name} alone")
    if "temp_C" in given and not {"zero_N_per_C", "span_pct_per_C"} & given.keys():
        raise LinkError(f"{where}, temp_C", expected="zero_N_per_C or span_pct_per_C as well", seen="temp_C alone")
    runner = "" if sources and sources != ["runner"] else given.get("runner", "davis")
    for name in sorted({name for names in _OF_RUNNER.values() for name in names} & given.keys()):
        if name not in _OF_RUNNER.get(runner, ()):
            able = [kind for kind, names in _OF_RUNNER.items() if name in names]
            raise LinkError(
                f"{where}, {name}",
                expected=f"a runner that has it: {', '.join(able)}",
                seen=f"runner={runner}" if runner else sources[0],
            )
