"""A rigid machine whose cells are not where they should be, nor as sensitive, and mixed up a little."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_design import wrench_of
from analysis.wrench import FZ, MX, MY
from daq.rig import load_rig
from rigs.statics import AXES, CellLayout, load_sharing

RIGS = ("frame_8", "frame_6", "deck_4z", "split_belt")
G = 9.80665
REACH_M = {"": (0.65, 0.17), "L": (0.65, 0.14), "R": (0.65, 0.14)}
NINE = {
    f"{ahead}{side}".strip() or "centre": (x, y)
    for ahead, x in (("front", 1), ("", 0), ("rear", -1))
    for side, y in ((" left", 1), ("", 0), (" right", -1))
}


@dataclass(frozen=True)
class Machine:
    """A rig as its file says, and as it truly is."""

    belts: tuple
    centres: tuple
    gain: np.ndarray  # (C, B, 6) counts per N and N·m

    def counts(self, wrenches):
        """(C,) of wrenches (B, 6)."""
        return np.einsum("cbw,bw->c", self.gain, wrenches)


def machine(name, rng=None, *, gain=0.03, place_m=0.005, mixed=0.02):
    """A machine of a shipped rig; perfect without a generator."""
    rig = load_rig(name)
    belts = rig.nominal_belts()
    centres = [tuple(np.array(b.centre_mm) / 1e3) for b in rig.file.belts] or [(0.0, 0.0)]
    names = [b.name for b in rig.file.belts] or [None]
    true = np.zeros((8, len(belts), 6))
    for b, (belt, centre) in enumerate(zip(names, centres, strict=True)):
        cells = [cell for cell in rig.cells if cell.belt == belt]
        where = np.array([(*np.array(c.position_mm) / 1e3, -rig.machine.belt_height_mm / 1e3) for c in cells])
        where -= [*centre, 0.0]
        if rng is not None:
            where[:, :2] += rng.uniform(-place_m, place_m, (len(cells), 2))
        axes = tuple(AXES.index(c.axis) for c in cells)
        share = load_sharing(CellLayout(where, axes, rig.machine.carries))
        if rng is not None:
            share[:, :3] += mixed * rng.uniform(-0.5, 0.5, (len(cells), 3))
        for cell, row in zip(cells, share, strict=True):
            true[cell.channel, b] = cell.sign * row / rig.newtons_per_count(cell)
    if rng is not None:
        used = np.abs(true).sum(axis=(1, 2)) > 0
        near = np.abs(np.subtract.outer(np.arange(8), np.arange(8))) == 1
        mix = np.eye(8) + mixed * rng.uniform(-1, 1, (8, 8)) * near * np.outer(used, used)
        true = np.einsum("cd,dbw->cbw", mix, true) * (1 + gain * rng.uniform(-1, 1, 8))[:, None, None]
    return Machine(tuple(belts), tuple(centres), true)


def weight(mass_kg, place, belt="", centre=(0.0, 0.0), *, u=0.0005, u_place_m=0.002 / 3**0.5, series="", kind="weight"):
    """A mass at one of the nine places."""
    point = np.array([*np.multiply(NINE[place], REACH_M[belt]) + np.array(centre), 0.0])
    force = mass_kg * G
    return KnownLoad(
        f"{mass_kg:g} kg at {place}", kind, np.array([0, 0, force]), point, np.array([0, 0, u * force]),
        np.array([u_place_m, u_place_m, 0.0]), belt, place, series, f"{mass_kg:g} kg",
    )  # fmt: skip


def pull(force_N, x_m, y_m, *, u=0.003, tilt=0.003):
    """A gauge on a line at the belt's surface."""
    force = np.array([*force_N, 0.0], dtype=float)
    size = np.linalg.norm(force)
    along = np.abs(force) / size
    u_force = size * np.where(along > 0.5, u, tilt)
    label = f"pull {force_N} at {x_m:g}, {y_m:g}"
    return KnownLoad(
        label, "pull", force, np.array([x_m, y_m, 0.0]), u_force, np.full(3, 0.003), "", label, "", "gauge"
    )


def plan(rig):
    """30 weights at nine places, and pulls if the rig sees them; on a split belt 18 weights per belt."""
    it = machine(rig)
    if len(it.belts) == 2:
        return [
            weight(kg, p, b.name, c) for b, c in zip(it.belts, it.centres, strict=True) for kg in (20, 40) for p in NINE
        ]
    loads = [weight(kg, p, series="up") for kg in (10, 25, 40) for p in NINE]
    loads += [weight(kg, "centre", series="down") for kg in (40, 25, 10)]
    if it.belts[0].measures_braking:
        loads += [pull((s * 100, 0), 0.0, y) for s in (-1, 1) for y in (-0.2, 0.2)]
        loads += [pull((0, s * 100), x, 0.0) for s in (-1, 1) for x in (-0.6, 0.6)]
    return loads


def truth_of(loads, rng, *, alone=False):
    """What the loads truly are, by their own uncertainties and what they share; ±2 mm is a limit, not a spread.

    Or share nothing: `alone`, every load is put down anew, and every pull is another one.
    """
    drawn, out = {}, []

    def uniform(size=None):
        return rng.uniform(-(3**0.5), 3**0.5, size)

    def draw(key, size=None):
        return drawn.setdefault(key, uniform(size))

    for i, load in enumerate(loads):
        size = np.linalg.norm(load.force_N)
        along = load.force_N / size
        mark = load.place if load.place and load.kind != "person" and not alone else i
        same = load.weight if load.weight and not (alone and load.kind == "pull") else i
        u_along = np.linalg.norm(along * load.u_force_N)
        across = uniform(3) * load.u_force_N
        force = load.force_N + draw(("weight", same)) * u_along * along + across - along * (along @ across)
        point = load.point_m + draw(("place", load.belt, mark), 3) * load.u_point_m
        out.append(replace(load, force_N=force, point_m=point))
    return out


def read(it, loads, rng, *, noise_N=0.03, curve=0.0, alone=False):
    """Readings of what the loads truly are; `curve` is the share of quadratic error at 1000 N on a cell."""
    per_N = np.abs(it.gain[:, :, :3]).max(axis=(1, 2))
    readings, names = [], [belt.name for belt in it.belts]
    u_counts = noise_N * np.where(per_N > 0, 1 / newtons(it.belts), 0.0)
    for said, true in zip(loads, truth_of(loads, rng, alone=alone), strict=True):
        wrenches = np.zeros((len(names), 6))
        b = names.index(said.belt)
        wrenches[b] = wrench_of(true, it.centres[b])
        counts = it.counts(wrenches)
        counts = counts + curve * counts * np.abs(counts * newtons(it.belts)) / 1000.0
        counts = counts + u_counts * rng.standard_normal(8)
        zero = 1e4 * rng.uniform(-1, 1, 8)
        readings.append(Reading(said, zero + counts, zero, u_counts))
    return readings


def newtons(belts):
    """(C,) N per count."""
    force = np.concatenate([belt.matrix[:3] for belt in belts])
    per = np.abs(force).max(axis=0)
    return np.where(per > 0, per, 1.0)


@dataclass(frozen=True)
class Errors:
    """True errors of a read-out."""

    fz_pct: np.ndarray  # over nine places
    cop_mm: np.ndarray  # (places,) distance
    fx_pct: float = float("nan")
    fx_in_stance_pct: float = float("nan")
    fy_pct: float = float("nan")


def true_errors(it, matrices, load_N=700.0):
    """What a read-out (B, 6, C) says of known wrenches at nine places, and of a pull."""
    fz, cop, horizontal = [], [], {}
    for b, belt in enumerate(it.belts):
        for x, y in np.array(list(NINE.values())) * REACH_M[belt.name]:
            said = _at(it, matrices, b, [0, 0, load_N, y * load_N, -x * load_N, 0])
            fz.append(100 * (said[FZ] / load_N - 1))
            cop.append(1e3 * np.hypot(-said[MY] / said[FZ] - x, said[MX] / said[FZ] - y))
    if it.belts[0].measures_braking:
        horizontal["fx_pct"] = _at(it, matrices, 0, [-200, 0, 0, 0, 0, 0])[0] / -2 - 100
        horizontal["fx_in_stance_pct"] = _at(it, matrices, 0, [-200, 0, 700, 0, 0, 0])[0] / -2 - 100
        horizontal["fy_pct"] = _at(it, matrices, 0, [0, 100, 0, 0, 0, 0])[1] - 100
    return Errors(np.array(fz), np.array(cop), **horizontal)


def _at(it, matrices, b, wrench):
    wrenches = np.zeros((len(it.belts), 6))
    wrenches[b] = wrench
    return matrices[b] @ it.counts(wrenches)
