"""What docs/accuracy.md is made of: sections between marks, tables, and rows that say whether a bar is held."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
for folder in (ROOT / "tests" / "analysis", ROOT / "tests", ROOT):  # figures come from what the tests use
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

MISSED = "MISSED"
"""What a row says that does not hold its bar; the reason stands below its table."""
UNEXPLAINED = "no reason is known yet"


@dataclass(frozen=True)
class Row:
    """One line of a table with bars.

    Attributes:
        name: What it is; unique on the page.
        cells: Further cells.
        missed: What of it does not hold the bar: nothing, or words for the last cell.
        judged: Whether it has a bar at all.
    """

    name: str
    cells: tuple[str, ...]
    missed: str = ""
    judged: bool = True

    @property
    def verdict(self) -> str:
        """Last cell."""
        if not self.judged:
            return "–"
        return f"**{MISSED}**: {self.missed}" if self.missed else "held"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a markdown table.

    Args:
        head: Titles.
        rows: Cells.

    Returns:
        The lines, an empty one at either end.
    """
    lines = ["", "| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return [*lines, ""]


def barred(head: Sequence[str], rows: Sequence[Row], reasons: Mapping[str, str]) -> list[str]:
    """Lines of a table whose rows hold their bars or not; a reason below for each that does not.

    Args:
        head: Titles of all cells but the last.
        rows: The rows.
        reasons: Why, by the row's name.

    Returns:
        The lines.
    """
    lines = table([*head, "bar"], [(row.name, *row.cells, row.verdict) for row in rows])
    missed = [row.name for row in rows if row.missed]
    return lines + [f"- **{name}**: {reasons.get(name, UNEXPLAINED)}" for name in missed] + ([""] if missed else [])


def closed(
    name: str, expected: float, found: Mapping[str, float | None], *, digits: int, rel: float | None = None,
    abs_: float | None = None, exact: float | None = 1e-4,
) -> Row:  # fmt: skip
    """A value known in closed form against what was found in several ways.

    Args:
        name: What it is, with its unit.
        expected: The closed form.
        found: Value by way, None where a way does not give it; the first way is the formula alone.
        digits: Decimals shown.
        rel: Tolerance of all ways but the first, as a share …
        abs_: … or in the value's unit.
        exact: Tolerance of the first way, as a share; None for the same as the others.

    Returns:
        The row.
    """
    cells, missed = [f"{expected:.{digits}f}"], []
    for number, (way, value) in enumerate(found.items()):
        if value is None:
            cells.append("–")
            continue
        cells.append(f"{value:.{digits}f}")
        off = abs(value - expected)
        allowed = rel * abs(expected) if rel is not None else abs_
        if number == 0 and exact is not None:
            allowed = exact * abs(expected) + 0.5 * 10.0**-digits  # the closed form is printed to so many digits
        if allowed is None or not off <= allowed:
            missed.append(f"{way} {signed(value, expected, rel is not None)}")
    tolerance = f"± {100 * rel:g} %" if rel is not None else f"± {abs_:g}"
    return Row(name, (*cells, tolerance), "; ".join(missed))


def signed(value: float, expected: float, relative: bool) -> str:
    """How far a value is off, in words."""
    if not math.isfinite(value):
        return "not found"
    return f"{100 * (value / expected - 1):+.2f} %" if relative and expected else f"{value - expected:+.3g}"


def bounded(name: str, value: float, limit: float, *, digits: int, unit: str = "", least: bool = False) -> Row:
    """A value that must not exceed a limit, or with `least` not fall below it."""
    held = value >= limit if least else value <= limit
    sign = "≥" if least else "≤"
    shown = f"{value:.{digits}f} {unit}".strip()
    return Row(
        name, (shown, f"{sign} {limit:.4g} {unit}".strip()), "" if held else f"by {abs(value - limit):.{digits}f}"
    )


def mean_sd(values: object, digits: int) -> str:
    """Mean ± SD of numbers."""
    import numpy as np

    found = np.asarray(values, float)
    return f"{np.nanmean(found):.{digits}f} ± {np.nanstd(found):.{digits}f}"


def stored(page: str, name: str) -> str | None:
    """What a page holds between the marks of a section; None if it has no such section."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    if begin not in page or end not in page:
        return None
    return page.split(begin)[1].split(end, maxsplit=1)[0]


def marked(name: str, text: str) -> str:
    """A section between its marks."""
    return f"<!-- {name} -->\n{text}<!-- end of {name} -->\n"
