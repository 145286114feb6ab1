"""Standard uncertainty of every number of every step (GUM: JCGM 100:2008), and of their means.

How far a number moves when its step is altered by one standard uncertainty of one source is found by altering copies
of the step and measuring them by the very same code (`analysis.uncertainty_samples`); so it holds for every number,
however it is made. Not every step is tried: the first ones that have a value of a number, then every `EVERY`th. What
they show is averaged as they come, so a row's uncertainties depend on its own past alone, live and in replay alike.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch
from analysis.running_mean import Running
from analysis.setup import Setup
from analysis.steps import UNCERTAIN, StepTable
from analysis.uncertainty_noise import NoiseLevel
from analysis.uncertainty_probes import CALIBRATION, CLOCK, DECK, WEIGHT, Probe, systematic_probes
from analysis.uncertainty_samples import PAIRS, TURNS, Sampler, Samples
from analysis.uncertainty_totals import Totals
from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST, WHOLLY = 6, 2
"""So many steps with a value of a number are tried for it, the first of them with every source; …"""
EVERY = 63
"""… and then one step in so many: an odd number, so that both feet have their turn."""
MEMORY = 8
"""Steps tried over which what they show is averaged, exponentially: 500 steps, three minutes."""
OWN = ("u_cop_travel_mm", "u_strike_to_ball_mm", "u_strike_index", "u_cop_advance_mm")
"""Uncertainties that hold what no alteration shows, a model's or a registration's share: these keep what the metric
tells itself (noise, speed and that share), and get the rest. Verdicts rest on the metrics' own in any case."""
ADDED = (CALIBRATION, DECK, WEIGHT, CLOCK)
"""What is added to them."""
GAITS = ("run", "walk")


class Uncertainties:
    """Tells the uncertainties of a session's rows as these become final.

    Args:
        setup: Rig, runner, protocol.
    """

    def __init__(self, setup: Setup) -> None:
        extra = tuple(f"contact_time_{level}_ms" for level in setup.contact_levels)
        self.names = tuple(dict.fromkeys((*UNCERTAIN, *extra)))
        """Columns that have an uncertainty."""
        self.probes = systematic_probes(setup)
        """What errs alike in all steps."""
        self._sampler = Sampler(setup, self.probes, self.names)
        self._level = NoiseLevel(setup)
        self._averages = {gait: _Averages(self.probes, len(self.names)) for gait in GAITS}
        self._seen = np.zeros(len(self.names), np.int64)  # valid steps with a value of each number
        self._valid = self._tried = 0  # valid steps, and steps tried
        self.totals = Totals(self.probes, self.names)
        """What the steps tried have shown since the session began."""

    def tell(self, batch: Batch, table: StepTable) -> StepTable:
        """Add the uncertainties of the next rows.

        Args:
            batch: The steps …
            table: … and their rows, without uncertainties or with those that verdicts rest on.

        Returns:
            The rows with all of them.
        """
        values = np.stack([table[name] for name in self.names], axis=1)
        level = self._level.feed(batch.stances, table.rows)
        rows, turn, weight = self._choose(values, table["valid"])
        walks = np.asarray(table["gait"]) == "walk"
        step = np.asarray(table["step"])[rows]
        samples = self._sampler.look(batch, rows, step, level.sd[rows], turn=turn) if rows.size else None
        noise = level.sd[:, FZ] ** 2 * spread(level.freedom)
        parts = np.full((table.rows, 2, len(self.names)), np.nan)
        for gait, averages in self._averages.items():
            of_rows = np.flatnonzero(walks == (gait == "walk"))
            of_samples = np.flatnonzero(walks[rows] == (gait == "walk"))
            latest = np.searchsorted(rows[of_samples], of_rows, "right")
            parts[of_rows] = averages.feed(samples, of_samples, latest, noise[of_rows])
        if samples is not None:
            self.totals.add(samples, np.asarray(table["side"])[rows], weight)
        self.totals.hear(level.sd[table["valid"], FZ])
        return self._rows(table, values, parts)

    def _choose(self, values: Floats, valid: NDArray[np.bool_]) -> tuple[Ints, Ints, Floats]:
        """Rows to try, which turn of the systematic probes each has, and how many steps each stands for."""
        has = ~np.isnan(values) & valid[:, np.newaxis]
        seen = self._seen + np.cumsum(has, axis=0)
        number = self._valid + np.cumsum(valid)
        new = np.asarray((has & (seen <= FIRST)).any(axis=1))
        wholly = np.asarray((has & (seen <= WHOLLY)).any(axis=1))
        regular = valid & (number % EVERY == 0)
        self._seen, self._valid = seen[-1], int(number[-1])
        rows = np.flatnonzero(new | regular)
        turn = (self._tried + np.arange(rows.size)) % TURNS
        self._tried += rows.size
        return rows, np.where(wholly[rows], -1, turn), np.where(regular[rows], float(EVERY), 1.0)

    def _rows(self, table: StepTable, values: Floats, parts: Floats) -> StepTable:
        columns = dict(table)
        for place, name in enumerate(self.names):
            u = f"u_{name}"
            variance = table[u] ** 2 + parts[:, 1, place] if u in OWN else parts[:, 0, place]
            columns[u] = np.where(np.isnan(values[:, place]), np.nan, np.sqrt(variance))
        return StepTable(columns)


class _Averages:
    """What the latest steps tried of one gait have shown."""

    def __init__(self, probes: tuple[Probe, ...], metrics: int) -> None:
        self._running = Running(1.0 - 1.0 / MEMORY)
        self._added = np.asarray([one.source in ADDED for one in probes], np.bool_)
        self._last = np.full((1, len(probes) + 1, metrics), np.nan)

    def feed(self, samples: Samples | None, chosen: Ints, latest: Ints, noise: Floats) -> Floats:
        """Take what steps showed, and tell what that makes of rows.

        Args:
            samples: Of the steps tried …
            chosen: … of which these are of this gait.
            latest: (n,) how many of those each row has behind it, itself included.
            noise: (n,) variance of the noise of each row, N².

        Returns:
            (n, 2, metrics) variance by all sources, and by those of `ADDED` alone.
        """
        states = self._last
        if samples is not None and chosen.size:
            shown = np.concatenate((samples.moved[chosen] ** 2, samples.noise[chosen, np.newaxis]), axis=1)
            mean, worth = self._running.feed(shown)
            mean[:, -1] *= spread(PAIRS * worth[:, -1])
            states = np.concatenate((self._last, mean))
        self._last = states[-1:].copy()
        count = self._added.size
        systematic = np.where(np.isnan(states[:, :count]), 0.0, states[:, :count])
        every, added = systematic.sum(axis=1), systematic[:, self._added].sum(axis=1)
        return np.stack((every[latest] + states[latest, count] * noise[:, np.newaxis], added[latest]), axis=1)


def spread(freedom: Floats) -> Floats:
    """By how much a variance that is itself estimated counts more: that of Student's t, ν/(ν − 2) (GUM supplement 1).

    Args:
        freedom: Degrees of freedom ν; three at the least.

    Returns:
        Factors, of the same shape.
    """
    least = np.maximum(freedom, 3.0)
    factor: Floats = np.where(np.isinf(least), 1.0, 1.0 / (1.0 - 2.0 / least))
    return factor
