"""What a large number says: its digits, its words and whether it may be believed, all as text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from viewer.numbers.chosen_steps import LAST_MINUTE, Columns
from viewer.numbers.targets import Target
from viewer.numbers.trends import Reading, cut, name_of, read, shown, why_empty
from viewer.report.words import count, unit_of
from viewer.source import Scene
from viewer.steps.awaited import awaited

STALE_S = 5.0
"""Age from which a number is no longer the runner's present one."""
NOT_TOLD = "feet not told apart"


@dataclass(frozen=True)
class Face:
    """A large number in words."""

    reading: Reading
    """The means behind it."""
    target: Target | None = None
    """Chosen band."""
    reason: str = ""
    """Why there is no number; empty if there is one."""
    age_s: int = 0
    """Whole seconds since the last step, where that is long ago; else 0."""
    count: int = LAST_MINUTE
    """Steps a foot that it stands for, or `LAST_MINUTE`."""
    before: str = ""
    """Where the number is of what was shown before: words for it, such as "before this recording"."""
    doubt: str = ""
    """Why the number is greyed out; empty if it is not."""
    name: str = field(init=False)
    unit: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.reading.column))
        object.__setattr__(self, "unit", unit_of(self.reading.column))

    def text(self, side: str = "") -> str:
        """The number of a foot, "L" or "R", or of both, ""; a dash for none."""
        return shown(self.reading.column, self.reading.side(side))

    def verdict(self, side: str = "") -> str:
        """Where that number lies: "above target", "below target", or empty; empty too for a number of before."""
        return self.target.verdict(self.reading.side(side)) if self.target and not self.before else ""

    @property
    def words(self) -> str:
        """The target, and where the number lies to it: "above target 170–180"."""
        if self.target is None:
            return ""
        return f"{self.verdict() or 'target'} {self.target.text()}"

    @property
    def has_sides(self) -> bool:
        """Whether left and right are told apart."""
        return self.reading.told

    @property
    def old(self) -> bool:
        """Whether it is not the runner's present number."""
        return bool(self.age_s or self.before)

    @property
    def faint(self) -> bool:
        """Whether it is shown greyed out: not the present number, or in doubt."""
        return self.old or bool(self.doubt)

    @property
    def state(self) -> str:
        """Of which steps it is, or from when: "10 left + 10 right steps"."""
        return self._state(" left + ", " right")

    @property
    def brief(self) -> str:
        """The same in fewer letters: "10 + 10 steps"."""
        return self._state(" + ", "")

    def _state(self, between: str, behind: str) -> str:
        reading = self.reading
        if self.before or reading.value is None:
            return self.before
        if self.doubt:
            return "in doubt"
        if self.age_s:
            return f"last step {_ago(self.age_s)} ago"
        averaged = between.join(str(n) for n in reading.averaged) + (behind if reading.told else "")
        if reading.averaged != reading.looked_at:
            averaged += " of " + " + ".join(str(n) for n in reading.looked_at)
        averaged += " step" if reading.steps == 1 else " steps"
        if self.count == LAST_MINUTE:
            return f"last minute, {averaged}"
        return averaged if reading.told else f"last {averaged}"

    @property
    def tip(self) -> str:
        """All of it at length."""
        reading = self.reading
        lines = [f"{self.name}{f' ({self.unit})' if self.unit else ''}"]
        if self.before:
            lines.append(f"{self.before[:1].upper()}{self.before[1:]}; no step since then has this number.")
        lines.append(self.reason or _mean_words(reading))
        if self.doubt:
            lines.append(f"In doubt: {self.doubt}")
        if reading.uncertainty:
            lines.append(f"Standard uncertainty of one step: {_rough(reading.uncertainty)} {self.unit}".strip())
        if self.target:
            lines.append(f"Target {self.target.text()}, chosen by you. {self.target.note}".strip())
        return "\n".join(lines)


def face_of(scene: Scene, column: str, steps: int, targets: Mapping[str, Target]) -> Face:
    """What a metric says now.

    Args:
        scene: The moment.
        column: The metric.
        steps: How many of a foot, or `LAST_MINUTE`.
        targets: Targets by column.

    Returns:
        The face.
    """
    reading = read(cut(scene.source.table, scene.rows, column), column, steps)
    first = () if scene.rows else (awaited(scene),)
    reason = "" if reading.value is not None else why_empty(reading, scene.source.missing, *first)
    age_s, doubt = age_of(reading.ended_s, scene.now_s), scene.source.doubtful.get(column, "")
    return Face(reading, targets.get(column), reason, age_s, steps, doubt=doubt)


def face_before(table: Columns, column: str, steps: int, targets: Mapping[str, Target], before: str) -> Face:
    """What a metric said at the end of something that is over.

    Args:
        table: All rows of that.
        column: The metric.
        steps: How many of a foot, or `LAST_MINUTE`.
        targets: Targets by column.
        before: Words for when that was.

    Returns:
        The face; without a number if none of those steps had one.
    """
    return Face(read(table, column, steps), targets.get(column), count=steps, before=before)


def age_of(ended_s: float, now_s: float) -> int:
    """Whole seconds since the last step, if that is long ago; else 0.

    Args:
        ended_s: End of its contact; NaN if there is none.
        now_s: The moment.

    Returns:
        Seconds.
    """
    age_s = now_s - ended_s
    return math.floor(age_s) if age_s > STALE_S else 0


def _mean_words(reading: Reading) -> str:
    """Of which steps the number is the mean, at length."""
    if not reading.told:
        steps = count(reading.steps, "valid step")
        return f"Mean over {reading.used} of the last {steps} of either foot: {NOT_TOLD}."
    (left, right), (all_left, all_right) = reading.averaged, reading.looked_at
    words = f"Mean over {left} of the last {all_left} left and {right} of the last {all_right} right valid steps"
    return f"{words}; both feet count the same."


def _ago(age_s: int) -> str:
    return f"{age_s} s" if age_s < 120 else f"{age_s // 60} min"


def _rough(value: float | None) -> str:
    """An uncertainty, to one digit."""
    if not value or not math.isfinite(value):
        return "–"
    return f"{value:.{max(0, -math.floor(math.log10(value)))}f}"
