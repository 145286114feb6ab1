"""Steps cut straight out of a known force, with no filter or zero between: for one group of metrics at a time."""

import numpy as np

from analysis.batch import make_batch
from analysis.events import last_crossing
from analysis.stances import NONE, Timeline
from analysis.wrench import COMPONENTS


def wrench_of(**components):
    """(6, n) of some components by name, zeros in the others."""
    n = next(iter(components.values())).size
    wrench = np.zeros((6, n))
    for name, values in components.items():
        wrench[COMPONENTS.index(name)] = values
    return wrench


def cut_steps(wrench, rate, *, on_N=50.0, off_N=20.0, travel=None, foot=0, flags=None):
    """The contacts of one belt as `Stances`; force must rise and fall once per contact.

    Args:
        wrench: (6, n) N and N·m.
        rate: Hz.
        on_N: Arming threshold.
        off_N: Disarming threshold.
        travel: (n,) belt travel, m.
        foot: Gait code of every step.
        flags: (n,) `SampleFlag` bits.
    """
    fz, n = wrench[2], wrench.shape[1]
    on = np.flatnonzero((fz[1:] >= on_N) & (fz[:-1] < on_N)) + 1
    off = np.array([k + int(np.argmax(fz[k:] < off_N)) for k in on])
    next_on = np.append(on[1:], NONE)
    feet = np.full(on.size, foot, np.int8)
    line = Timeline(
        base=0,
        wrench=wrench[None],
        hf_N=np.zeros((1, n)),
        left_share=np.full((1, n), np.nan),
        travel_m=np.full(n, np.nan) if travel is None else travel,
        tick=np.round(np.arange(n) * (1e6 / rate)).astype(np.int64),
        flags=np.zeros(n, np.uint8) if flags is None else flags,
    )
    zero = np.zeros(on.size, np.int64)
    gap = np.zeros(on.size, np.bool_)
    return line.cut(
        on, off, next_on, zero, zero, feet, feet, gap=gap, before=round(0.1 * rate), after=round(0.05 * rate), sure=1
    )


def batch_of(wrench, setup, *, rows=None, **cut):
    """A batch of all steps of a known force."""
    stances = cut_steps(wrench, setup.sample_rate_Hz, **cut)
    rows = len(stances) if rows is None else rows
    bw_N = np.nan if setup.bw_N is None else setup.bw_N
    return make_batch(stances, setup, rows=rows, bw_N=bw_N, first_tick=0)


def times_of(batch):
    """The columns of times that other groups need."""
    touchdown, toe_off, after = batch.at_ref.touchdown, batch.at_ref.toe_off, batch.following
    ms = 1e3 * batch.interval_s
    return {
        "contact_time_ms": (toe_off - touchdown) * ms,
        "flight_time_ms": (after - toe_off) * ms,
        "step_time_ms": (after - touchdown) * ms,
        "step_length_m": (after - touchdown) * 1e-3 * ms * (batch.setup.runner.belt_speed_m_s or np.nan),
    }


def fall(signal, level, batch):
    """Last fall of a signal through a level in each contact, in samples after `on`."""
    span = batch.span
    return last_crossing(signal, np.full(span.origin.size, level), span.first, span.last, span.origin, rising=False)


def apart(function, batch, known_of, *, step=1):
    """What a group gives for every step when the batch is cut into batches of `step` rows and one follower.

    Args:
        function: The group of metrics.
        batch: All steps.
        known_of: Gives the columns made before from a batch.
        step: Rows per batch.

    Returns:
        Columns of all rows.
    """
    parts = []
    for first in range(0, batch.rows, step):
        rows = min(step, batch.rows - first)
        stances = batch.stances.part(first, min(first + rows + 1, len(batch.stances)))
        small = make_batch(stances, batch.setup, rows=rows, bw_N=batch.bw_N, first_tick=batch.first_tick)
        parts.append({name: values[:rows] for name, values in function(small, known_of(small)).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
