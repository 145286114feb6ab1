"""A person for the doctor: does what the check-up asks for on a virtual treadmill, through its true bytes."""

import numpy as np

from analysis.protocol import G
from daq.doctor import Examination
from daq.rig import load_rig
from rigs.hand import hand_on
from rigs.mounting import belt_centres
from rigs.procedures.checkup import Checkup
from rigs.procedures.checkup_steps import EMPTY, MIDDLE, PUSH, STAND
from rigs.sources import Load

MASS_KG = 72.4
HEALTHY = (
    "offset_N=200&noise_N=0.3&gain_error_pct=0.3&position_error_mm=3&crosstalk_pct=0.2&drift_N_per_min=2&creep_pct=0.02"
)
"""What a calibrated rig still has: zeros, light noise, a little warmth, errors that leave the weight within 0.5 %."""


def stand(rig, task, random, mass_kg=MASS_KG):
    """What the person puts on the belt for a task: never quite at the place, never quite straight."""
    weight_N = mass_kg * G
    if task.kind == EMPTY:
        return ()
    if task.kind == MIDDLE:
        centres = belt_centres(rig)
        off = random.uniform(-0.05, 0.05, (len(centres), 2))
        half = weight_N / len(centres)
        return tuple(Load((0.0, 0.0, half), x + dx, y + dy) for (x, y), (dx, dy) in zip(centres, off, strict=True))
    if task.kind == PUSH:
        strength = random.uniform(90.0, 150.0)
        slip = random.uniform(-0.05, 0.05, 3)
        fx, fy, _ = np.array(task.force_N) * strength
        skew = np.array([fy, fx]) * slip[2]
        return (Load((fx + skew[0], fy + skew[1], 0.0), task.point_m[0] + slip[0], task.point_m[1] + slip[1]),)
    assert task.kind == STAND
    cell = rig.cells[task.target]
    centre = dict(zip((None,) if not rig.file.belts else ("L", "R"), belt_centres(rig), strict=True))[cell.belt]
    share = random.uniform(0.7, 0.93, 2)
    x, y = np.array(centre) + (np.array(cell.position_mm) / 1000 - centre) * share
    return (Load((0.0, 0.0, weight_N), x, y),)


def check_up(rig, query, seed, *, mass_kg=MASS_KG, twin=None, quick=False):
    """Every light of `stance doctor` but those of files: the device, the empty belt, and a person who obeys."""
    random = np.random.default_rng(seed)
    rig = load_rig(rig) if isinstance(rig, str) else rig
    lights = []
    with hand_on(twin or rig.where, f"speed=max&seed={seed}&{query}") as (hand, url), Examination(rig, url) as examined:
        lights += examined.meet()
        lights += examined.watch()
        if examined.stream is not None and examined.fits and not quick:
            lights += run_steps(examined, hand, random, mass_kg)
    return lights


def run_steps(examined, hand, random, mass_kg=MASS_KG):
    checkup = Checkup(examined.rig, examined.stream.sample_rate_Hz, mass_kg, examined.scale)
    asked = None
    while checkup.step is not None:
        if checkup.step is not asked:
            asked = checkup.step
            hand.put(*stand(examined.rig, asked, random))
        checkup.feed(examined.stream.read())
    return checkup.lights()


def bad(lights):
    return [(light.state, light.name, light.text) for light in lights if light.state in ("amber", "red")]
