"""What the LSL streams are: names, channels, and what is said of them to whoever records them.

The vocabulary of the description is that of the XDF format's meta-data (channels, synchronization).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.filters import design_taps
from analysis.protocol import get_protocol
from analysis.steps import COLUMNS
from analysis.wrench import COMPONENTS, centre_of_pressure

__all__ = ["STEP_CHANNELS", "ForceChannels", "force_info", "marker_info", "step_info", "step_values"]

AXES = (
    "x forward, y left, z up; origin at the belt's centre on its surface; ground reaction on the runner, so braking "
    "has Fx below 0"
)
STAMPS = (
    "each sample's own: the device's tick at data-ready, by the line fitted through clock round trips; smooth within a "
    "stretch without gaps, a gap shows as a jump"
)
NO_COP_BELOW_N = 200.0
_UNITS = {"F": "N", "M": "N m"}
_STEP_COLUMNS = (
    "step", "contact_time_ms", "flight_time_ms", "step_time_ms", "cadence_spm", "duty_factor", "belt_speed_m_s",
    "step_length_m", "step_width_mm", "active_peak_BW", "impact_peak_BW", "hf_peak_BW", "valr_BW_s", "vilr_BW_s",
    "vertical_impulse_BW_s", "vertical_oscillation_mm", "k_vert_kN_m", "k_leg_kN_m", "braking_peak_BW",
    "braking_impulse_BW_s", "propulsive_impulse_BW_s", "strike_index", "rearfoot_p", "valid", "flags",
)  # fmt: skip
STEP_CHANNELS = (*_STEP_COLUMNS, "side", "belt")
_CODED = {
    "side": "-1 left, 1 right, 0 not known",
    "belt": "number of the belt, from 0",
    "valid": "1: nothing is wrong with this step",
    "flags": "bit mask, as in the session",
}


@dataclass(frozen=True)
class ForceChannels:
    """Which channels the force stream has, in what order: belt by belt what that belt observes, then its COP."""

    rate_Hz: float
    """Nominal sample rate."""
    belts: tuple[str, ...]
    """Their names; "" for a single one."""
    observed: tuple[tuple[str, ...], ...]
    """Components that each sees, in the order of COMPONENTS."""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "ForceChannels":
        """Those of a recorder.

        Args:
            facts: Its answer to `facts`.

        Returns:
            The channels.
        """
        observed = tuple(tuple(c for c in COMPONENTS if c in seen) for seen in facts["observable_of"])
        return cls(float(facts["sample_rate_Hz"]), tuple(facts["belts"]), observed)

    @property
    def labels(self) -> list[tuple[str, str, str]]:
        """Label, unit and type of every channel."""
        found = []
        for belt, seen in zip(self.belts, self.observed, strict=True):
            head = f"{belt}_" if belt else ""
            found += [(head + c, _UNITS[c[0]], "Force" if c[0] == "F" else "Moment") for c in seen]
            found += [(f"{head}COP{axis}", "m", "CenterOfPressure") for axis, _ in _cop_axes(seen)]
        return found

    def values(self, wrench: NDArray[np.float32]) -> NDArray[np.float32]:
        """Fill the channels.

        Args:
            wrench: (n, belts, 6) N and N·m.

        Returns:
            (n, channels); COP is NaN where the vertical force is below NO_COP_BELOW_N.
        """
        columns = []
        for belt, seen in enumerate(self.observed):
            own = wrench[:, belt].T
            columns += [own[COMPONENTS.index(c)] for c in seen]
            cop = centre_of_pressure(own.astype(np.float64), min_force_N=NO_COP_BELOW_N)
            columns += [cop[k] for _, k in _cop_axes(seen)]
        return np.ascontiguousarray(np.stack(columns, axis=1), np.float32)


def force_info(pylsl: Any, name: str, channels: ForceChannels, facts: Mapping[str, Any]) -> Any:
    """Describe the force stream.

    Args:
        pylsl: The package.
        name: Of the stream's family, for example "stance".
        channels: Its channels.
        facts: The recorder's.

    Returns:
        The stream's info.
    """
    labels = channels.labels
    info = pylsl.StreamInfo(
        f"{name}-force", "Force", len(labels), channels.rate_Hz, pylsl.cf_float32, _source(name, "force", facts)
    )
    _describe(info, labels, facts)
    protocol = get_protocol(facts["protocol"])
    desc = info.desc()
    desc.append_child_value("axes", AXES)
    desc.append_child_value("filter", f"{protocol.filter} low-pass, {protocol.cutoff_Hz:g} Hz, zero phase")
    desc.append_child_value("zero", "as known at that moment; the steps' own zero is exact and comes later")
    desc.append_child_value("cop_from_N", f"{NO_COP_BELOW_N:g}")
    half = (design_taps(protocol, channels.rate_Hz).size // 2) / channels.rate_Hz
    desc.append_child_value("latency_s", f"{half:.4f}")  # the filter's; already accounted for in the stamps
    return info


def step_info(pylsl: Any, name: str, facts: Mapping[str, Any]) -> Any:
    """Describe the stream of steps; arguments and result as `force_info`."""
    units = {c: _unit_of(c) for c in STEP_CHANNELS}
    info = pylsl.StreamInfo(
        f"{name}-steps", "Steps", len(units), pylsl.IRREGULAR_RATE, pylsl.cf_double64, _source(name, "steps", facts)
    )
    _describe(info, [(c, unit, "Step") for c, unit in units.items()], facts)
    info.desc().append_child_value(
        "stamped_with", "touchdown; a row is final about two steps later, the first ones when body weight is known"
    )
    return info


def marker_info(pylsl: Any, name: str, facts: Mapping[str, Any]) -> Any:
    """Describe the stream of markers; arguments and result as `force_info`."""
    info = pylsl.StreamInfo(
        f"{name}-markers", "Markers", 1, pylsl.IRREGULAR_RATE, pylsl.cf_string, _source(name, "markers", facts)
    )
    _describe(info, [("event", "", "Marker")], facts)
    info.desc().append_child_value("form", "kind: text")
    return info


def step_values(rows: NDArray[Any], belts: Sequence[str]) -> NDArray[np.float64]:
    """Rows of the step table as numbers.

    Args:
        rows: (n,) of `daq.live.STEP_DTYPE`.
        belts: Names of the belts.

    Returns:
        (n, len(STEP_CHANNELS)); NaN for what is null.
    """
    columns = [rows[c].astype(np.float64) for c in _STEP_COLUMNS]
    side = rows["side"]
    columns.append(np.where(side == "L", -1.0, np.where(side == "R", 1.0, 0.0)))
    columns.append(np.select([rows["belt"] == belt for belt in belts], list(map(float, range(len(belts)))), np.nan))
    return np.stack(columns, axis=1)


def _describe(info: Any, labels: Sequence[tuple[str, str, str]], facts: Mapping[str, Any]) -> None:
    """What all streams have in common: who made it, its channels, its protocol, how its stamps are to be taken."""
    desc = info.desc()
    desc.append_child_value("manufacturer", "stance")
    desc.append_child_value("rig", str(facts["rig"]))
    desc.append_child_value("device", str(facts["device"]))
    desc.append_child_value("protocol", str(facts["protocol"]))
    listed = desc.append_child("channels")
    for label, unit, kind in labels:
        channel = listed.append_child("channel")
        for key, value in (("label", label), ("unit", unit), ("type", kind), ("code", _CODED.get(label, ""))):
            if value:
                channel.append_child_value(key, value)
    stamps = desc.append_child("synchronization")
    stamps.append_child_value("time_source", STAMPS)
    stamps.append_child_value("can_drop_samples", "true")
    delay_s = facts["adc_delay_s"]
    if delay_s is not None and info.type() == "Force":
        # what XDF importers are to subtract: the signal was there so much before its conversion was ready
        stamps.append_child_value("offset_mean", f"{delay_s:.6f}")


def _cop_axes(seen: Sequence[str]) -> list[tuple[str, int]]:
    """Axes of the COP that a belt knows, with their place in what `centre_of_pressure` gives."""
    needs = (("x", 0, "My"), ("y", 1, "Mx"))
    return [(axis, k) for axis, k, moment in needs if "Fz" in seen and moment in seen]


def _source(name: str, what: str, facts: Mapping[str, Any]) -> str:
    """The same for every recording of a machine, so that readers find it again after a restart."""
    machine = hashlib.sha256(f"{facts['rig']}|{facts['port']}".encode()).hexdigest()[:12]
    return f"stance/{name}/{machine}/{what}"


_ENDINGS = {
    "_BW_s": "BW s", "_kN_m": "kN/m", "_m_s": "m/s", "_ms": "ms", "_mm": "mm", "_spm": "steps/min", "_BW": "BW",
    "_m": "m",
}  # fmt: skip
_RATES = ("valr_BW_s", "vilr_BW_s")


def _unit_of(column: str) -> str:
    if column in _RATES:
        return "BW/s"
    return next((unit for ending, unit in _ENDINGS.items() if column.endswith(ending)), "")


assert {c.name for c in COLUMNS} >= set(STEP_CHANNELS)
