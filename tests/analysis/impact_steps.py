"""Steps cut out of a known force, without the rest of the pipeline: what the heel-impact metrics are tested on."""

import numpy as np
from running import force_belt

from analysis.batch import make_batch
from analysis.filters import lowpass_taps
from analysis.highpass import FrequencySplit
from analysis.protocol import G, get_protocol
from analysis.ragged import ragged_index
from analysis.setup import Runner, Setup
from analysis.stances import Stances

MASS = 70.0
BW = MASS * G


def body_and_limb(t, t_c, t_f, J1, dt1, p, s, bw=BW):
    """A step of the model of metrics 5.3: raised-cosine limb of impulse J1 (BW·s), body sin^p that peaks at s·t_c."""
    from scipy.special import gamma

    x = np.clip(t / t_c, 0.0, 1.0)
    phase = np.where(x < s, 0.5 * x / s, 1.0 - 0.5 * (1.0 - x) / (1.0 - s))
    peak = (t_c + t_f - J1) / t_c * np.sqrt(np.pi) * gamma(0.5 * p + 1.0) / gamma(0.5 * (p + 1.0))
    body = np.where((t > 0) & (t < t_c), peak * np.abs(np.sin(np.pi * phase)) ** p, 0.0)
    limb = np.where((t > 0) & (t < 2.0 * dt1), 0.5 * J1 / dt1 * (1.0 - np.cos(np.pi * t / dt1)), 0.0)
    return bw * (body + limb)


def cut(force, rate=1000.0, bw=BW, *, filtered=True, speed=None, two_mass=True):
    """Low-pass a force as the pipeline does, find its contacts (on at 50 N, off at 20 N) and make a batch of them.

    Args:
        force: (n,) N.

    Returns:
        Batch of all complete contacts that a touchdown follows.
    """
    protocol = get_protocol()
    if filtered:
        force = np.convolve(force, lowpass_taps(rate, protocol.cutoff_Hz), mode="same")
    on, off = _contacts(force, protocol.on_N, protocol.off_N)
    on, off, following = on[:-1], off[: on.size - 1], on[1:]
    begin = np.maximum(on - round(0.1 * rate), 0)
    index, start = ragged_index(begin, following + 1 - begin)
    k, t = on.size, index.size
    split = FrequencySplit(rate, 1)
    high = np.concatenate((split.feed(force[None]), split.finish()), axis=1)[0]
    wrench = np.zeros((6, t))
    wrench[2] = force[index]
    shift = start - begin
    stances = Stances(
        wrench=wrench,
        total_N=force[index],
        next_N=force[index],
        hf_N=high[index],
        travel_m=np.full(t, np.nan),
        tick=np.round(index * 1e6 / rate).astype(np.int64),
        flags=np.zeros(t, np.uint8),
        start=start,
        on=on + shift,
        off=off + shift,
        next_on=following + shift,
        belt=np.zeros(k, np.int64),
        gap=np.zeros(k, np.bool_),
        foot=np.zeros(k, np.int8),
        side=np.zeros(k, np.int8),
        by_sequence=np.zeros(k, np.bool_),
    )
    setup = Setup(
        rate, 1e6, [force_belt({"Fz": 0})], protocol, bw, runner=Runner(belt_speed_m_s=speed), two_mass=two_mass
    )
    return make_batch(stances, setup, rows=k, bw_N=bw, first_tick=0)


def some(batch, first, last):
    """Steps first … last − 1 of a batch as a batch of their own."""
    part = batch.stances.part(first, last)
    return make_batch(part, batch.setup, rows=last - first, bw_N=batch.bw_N, first_tick=0)


def _contacts(force, on_N, off_N):
    """Complete contacts by hysteresis."""
    level = np.where(force >= on_N, 1, np.where(force < off_N, -1, 0))
    decided = np.flatnonzero(level)
    change = decided[np.flatnonzero(np.diff(level[decided])) + 1]
    ons, offs = change[level[change] == 1], change[level[change] == -1]
    offs = offs[offs > ons[0]]
    return ons[: offs.size], offs
