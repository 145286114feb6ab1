"""Calibrations for tests: of any rig, with numbers that no round decimal hides."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_quality import Quality
from daq.calibration import write_calibration
from daq.rig import load_rig

MADE = "2025-03-04T05:06:07+00:00"


@dataclass
class Found:
    """What of a fit goes into a file."""

    matrices: Any
    directions: Any
    quality: Quality


def quality(**other):
    values = {
        "loads": 30, "places": 9, "residual_Fz_N": 0.3, "residual_Fz_max_N": 0.81, "residual_Fx_N": 0.1,
        "residual_Fy_N": None, "residual_cop_mm": 1.1, "lopo_Fz_N": 0.5, "lopo_cop_mm": 1.4,
        "lopo_by_place": {"front left": (0.3, 1.2)}, "u_Fz_pct": 0.08, "u_cop_mm": 0.9, "u_Fx_pct": 0.4,
        "u_Fy_pct": None, "crosstalk_pct": {"Fx from Fz": -1.2}, "nonlinearity_pct": 0.02, "hysteresis_pct": None,
        "condition": 14.2, "noise_N": 0.05,
    }  # fmt: skip
    return Quality(**(values | other))


def readings(rng, n, belts=("",)):
    """n readings with all the digits that doubles have."""
    return [
        Reading(
            KnownLoad(
                f"load {k}",
                "weight",
                rng.normal(size=3) * 100,
                rng.normal(size=3),
                abs(rng.normal(size=3)),
                abs(rng.normal(size=3)) * 10.0 ** rng.integers(-9, 1, 3),
                belts[k % len(belts)],
                f"place {k % 9}",
                ("", "up", "down")[k % 3],
                "20 kg",
            ),
            rng.normal(size=8) * 1e5,
            rng.normal(size=8) * 1e4,
            abs(rng.normal(size=8)),
            rng.normal(),
            k % 4 != 0,
            "said" if k % 4 == 0 else "",
        )
        for k in range(n)
    ]


def found(rig, *, off=0.01, seed=1, **other):
    """A fit whose read-out is off the nominal one by about this share."""
    rng = np.random.default_rng(seed)
    belts = rig.nominal_belts()
    matrices = np.array([(np.eye(6) + off * rng.uniform(-0.5, 0.5, (6, 6))) @ belt.matrix for belt in belts])
    seen = [[[name in belt.observable] for name in ("Fx", "Fy", "Fz", "Mx", "My", "Mz")] for belt in belts]
    directions = tuple(1e-3 * rng.normal(size=(3, 6, 6)) for _ in belts)
    return Found(matrices * np.array(seen), directions, quality(**other))


def my_rig(folder, text=None, *, of="frame_8"):
    """A rig file of one's own, called my_rig."""
    path = folder / "my_rig.toml"
    text = load_rig(of).text if text is None else text
    path.write_text(text.replace(f'name = "{of}"', 'name = "my_rig"', 1), encoding="utf-8")
    return path


def calibrate(rig_path, path=None, *, loads=3, made_utc=MADE, operator="", note="", rehearsal=False, **other):
    """Write a calibration of a rig file (or shipped rig), by default beside it."""
    rig = load_rig(rig_path, "none")
    path = rig_path.with_name("my_rig.calibration.toml") if path is None else path
    given = readings(np.random.default_rng(2), loads, [belt.name for belt in rig.nominal_belts()])
    write_calibration(
        path, rig, found(rig, **other), given, made_utc=made_utc, operator=operator, note=note, rehearsal=rehearsal
    )
    return path
