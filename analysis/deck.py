"""Deck dynamics: the ringing of the deck on its cells, taken out within the low-pass.

The cells do not see the force but what the deck's mode makes of it, per direction (metrics, section 9.2)

    H(s) = F_meas/F = (2ζω s + ω²) / (s² + 2ζω s + ω²).

Undoing this alone would raise noise like f²; under the low-pass there is little to raise. So both are one FIR: the taps
that, behind the deck, come closest to the low-pass alone. They have the length of the low-pass, hence its delay, and
the pipeline stays what it is.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.filters import design_taps
from analysis.protocol import Protocol
from analysis.setup import DeckModes, Mode

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

COMPENSATED_BELOW_HZ = 120.0
"""A stiffer deck alters every metric by less than 3 % (metrics, section 9.2) and is left as it is."""
NOISE_WEIGHT = 1e-3
"""Weight of the taps' own gain beside the error they leave, so that they stay small where the deck passes nothing."""
GRID_PER_HZ = 8
"""Frequencies per hertz at which the error counts: a mode of 35 Hz with ζ = 0.02 is 1.4 Hz wide."""


def transfer(mode: Mode, frequency_Hz: Floats) -> Complex:
    """What the cells see of a force: H = (2ζω s + ω²)/(s² + 2ζω s + ω²) at s = 2πi f.

    Args:
        mode: Natural frequency and damping.
        frequency_Hz: (n,) frequencies.

    Returns:
        (n,) complex gains, 1 at 0 Hz.
    """
    s = 2j * np.pi * frequency_Hz
    omega = 2.0 * np.pi * mode.natural_frequency_Hz
    passed = 2.0 * mode.damping * omega * s + omega**2
    gain: Complex = passed / (s**2 + passed)
    return gain


def compensated_taps(taps: Floats, sample_rate_Hz: float, mode: Mode) -> Floats:
    """Low-pass and inverse of a deck mode in one FIR of the same length.

    With the low-pass L and the mode H these are the taps C that minimise the mean of |C·H − L|² + ε²|C|² over all
    frequencies up to half the sampling rate, with a gain of 1 at 0 Hz. H weighs the error as the ring will: at the
    resonance, where the deck gives most. The normal equations are Toeplitz and solved by Levinson's recursion, in an
    order of arithmetic that does not depend on the number of threads, as a matrix factorisation's may.

    Args:
        taps: (2·half + 1,) symmetric low-pass.
        sample_rate_Hz: Sampling rate, Hz.
        mode: Natural frequency and damping as identified by a tap test.

    Returns:
        (2·half + 1,) coefficients, not symmetric.
    """
    from scipy.linalg import solve_toeplitz

    half = taps.size // 2
    grid = 1 << int(np.ceil(np.log2(max(GRID_PER_HZ * sample_rate_Hz, 4.0 * taps.size))))
    gain = transfer(mode, np.linspace(0.0, 0.5 * sample_rate_Hz, grid // 2 + 1))
    centred = np.zeros(grid)
    centred[np.arange(-half, half + 1)] = taps
    overlap = np.fft.irfft(np.abs(gain) ** 2 + NOISE_WEIGHT**2, grid)[: taps.size]
    wanted = np.fft.irfft(np.conj(gain) * np.fft.rfft(centred), grid)[np.arange(-half, half + 1)]
    solved = solve_toeplitz(overlap, np.column_stack((wanted, np.ones(taps.size))))
    best, unit = solved[:, 0], solved[:, 1]
    found: Floats = best + (1.0 - best.sum()) / unit.sum() * unit
    return found


def compensates(mode: Mode | None, *, identified: bool) -> bool:
    """Whether the ringing of a mode is taken out: a tap test identified it, and it is below `COMPENSATED_BELOW_HZ`."""
    return identified and mode is not None and mode.natural_frequency_Hz < COMPENSATED_BELOW_HZ


def wrench_taps(protocol: Protocol, sample_rate_Hz: float, modes: DeckModes | None) -> Floats:
    """The filter of each component of a belt's wrench: Fx follows the x mode, Fy the y mode, Fz and moments the z mode.

    The moments are those about the belt's surface. Where fore-aft cells work below it, My holds −h·Fx beside what the
    vertical cells see, and that part rings with the x mode. So on a machine whose x and z modes differ, My keeps
    h·(1 − H_x/H_z)·Fx: nothing in the mean, but at touchdown the COP is off by that much per Fz.

    Args:
        protocol: Asks for the low-pass.
        sample_rate_Hz: Sampling rate, Hz.
        modes: Modes of the deck; None for a force that is free of them.

    Returns:
        (6, 2·half + 1) impulse responses of Fx Fy Fz Mx My Mz; all are the low-pass itself unless a tap test
        identified the modes and one of them is below `COMPENSATED_BELOW_HZ`.
    """
    low_pass = design_taps(protocol, sample_rate_Hz)
    rows = np.tile(low_pass, (6, 1))
    if modes is None:
        return rows
    for mode, components in ((modes.x, slice(0, 1)), (modes.y, slice(1, 2)), (modes.z, slice(2, 6))):
        if mode is not None and compensates(mode, identified=modes.is_identified(mode)):
            rows[components] = compensated_taps(low_pass, sample_rate_Hz, mode)
    return rows


def noise_gain(taps: Floats) -> float:
    """Standard deviation behind the filter per standard deviation of white noise before it: √Σc².

    Args:
        taps: (n,) impulse response.

    Returns:
        The gain; 0.35 for the default low-pass at 1 kHz.
    """
    return float(np.sqrt(np.sum(taps**2)))
