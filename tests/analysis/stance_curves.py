"""One stance of a known curve, cut at its true beginning and end: for formulas without filter, zero or threshold."""

import numpy as np

from analysis.curve import Curve
from analysis.ragged import Span


def stance(shape, t_c, rate=1000.0, *, lead=0.1, phase=0.37):
    """The curve sampled at `rate`, and where it begins and ends.

    Args:
        shape: Force in N of the time in s since touchdown.
        t_c: Contact time, s.
        rate: Hz.
        lead: Flight before and after, s.
        phase: Where touchdown lies between two samples, 0 to 1.
    """
    begin = round(lead * rate) + phase
    force = np.asarray(shape((np.arange(round((2 * lead + t_c) * rate) + 2) - begin) / rate), float)
    return joined([force], [begin], [begin + t_c * rate])


def joined(forces, begins, ends):
    """Several sampled stances end to end, each with its own origin."""
    sizes = np.array([f.size for f in forces])
    first = np.cumsum(sizes) - sizes
    begins, ends = np.asarray(begins, float), np.asarray(ends, float)
    on = np.floor(begins).astype(np.int64)
    curve = Curve(np.concatenate(forces), first + on, first, first + sizes - 1)
    return curve, Span(first + on, begins - on, ends - on)


def backwards(curve, span):
    """One stance played backwards."""
    signal = curve.signal[::-1]
    last = signal.size - 1
    begin, end = (last - (span.origin + at) for at in (span.toe_off, span.touchdown))
    return joined([signal], begin, end)
