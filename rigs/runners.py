"""Built-in runners: real ground reaction, measured by others, that a virtual treadmill can run under for ever."""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from daq.errors import RigError


@dataclass(frozen=True)
class RunnerLoop:
    """Whole strides of one runner, cut in mid-flight so that the end joins the beginning."""

    sample_rate_Hz: float
    """Sample rate, Hz."""
    wrench: NDArray[np.float64]
    """(6, n) ground reaction on the runner about the belt-surface centre: Fx Fy Fz in N, Mx My Mz in N·m."""
    period_s: float
    """Length of the loop: n / sample_rate_Hz, s."""
    bw_N: float
    """Body weight: mean vertical force over the loop, N."""
    u_bw_N: float
    """Standard uncertainty of that mean over strides, N; the scale of the plate that measured it is not in it."""
    speed_m_s: float
    """Belt speed, m/s."""
    u_speed_m_s: float
    """Standard uncertainty of the belt speed, m/s: 0 where it was published, else that of the estimate."""
    title: str
    """One line for people."""
    source: str
    """Where the data come from, and their licence; `rigs/data/NAME_runner.SOURCE` says more."""


def runner_names() -> tuple[str, ...]:
    """Names that `load_runner` knows."""
    entries = (files(__package__) / "data").iterdir()
    return tuple(sorted(entry.name.removesuffix("_runner.npz") for entry in entries if entry.name.endswith(".npz")))


def load_runner(name: str) -> RunnerLoop:
    """Load a built-in runner.

    Args:
        name: One of `runner_names()`.

    Returns:
        The loop.

    Raises:
        RigError: There is no such runner.
    """
    known = runner_names()
    if name not in known:
        raise RigError(f"runner {name!r}", expected=f"one of {', '.join(known)}", seen="no such built-in runner")
    with (files(__package__) / "data" / f"{name}_runner.npz").open("rb") as file, np.load(file) as data:
        wrench = data["wrench"].astype(np.float64)
        facts = {key: value.item() for key, value in data.items() if value.ndim == 0}
    wrench.flags.writeable = False
    return RunnerLoop(wrench=wrench, period_s=wrench.shape[1] / facts["sample_rate_Hz"], **facts)
