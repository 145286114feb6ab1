"""A comparison on a terminal: the primary metric on top, and what the design does not carry said first."""

from collections.abc import Iterator

from analysis.comparison_words import load_shift_note, name_of, plain_line
from stance.comparing import Compared
from viewer.report.compare_design import because
from viewer.report.compare_tables import POSE, Row, rows_of, spelled
from viewer.report.words import count, within

LABEL = 34
"""Width of the first column."""


def comparison_lines(compared: Compared) -> Iterator[str]:
    """What is printed.

    Args:
        compared: The comparison.

    Yields:
        str: Lines.
    """
    comparison = compared.comparison
    yield from _head(compared)
    rows = rows_of(comparison)
    yield ""
    yield from _table(rows)
    yield ""
    found = comparison.differences
    told = [one for one in found.values() if one.primary]
    told += [found[metric] for metric in POSE if metric in found and not found[metric].primary]
    for one in told:
        yield ("Primary: " if one.primary else "- ") + plain_line(one)
    for note in (load_shift_note(comparison), *comparison.notes):
        if note:
            yield f"Note: {spelled(note, (*found, *comparison.not_compared))}"
    for metric, why in comparison.not_compared.items():
        if metric in POSE:
            yield f"Not compared: {within(name_of(metric))} ({why})"


def _head(compared: Compared) -> Iterator[str]:
    design, names = compared.comparison.design, compared.choice.names
    for side, name in enumerate(names):
        yield (f"{('before', 'after')[side]:7s} {name}: {count(design.bouts[side], 'bout')}, "
               f"{count(design.steps[side], 'valid step')}")  # fmt: skip
    yield f"{'NOT A TEST' if design.kind == 'not a test' else 'A test'}. {because(compared.comparison)}"
    if not any(one.primary for one in compared.comparison.differences.values()):
        yield "No primary metric was chosen beforehand (--primary METRIC), so all of this is exploratory."


def _table(rows: list[Row]) -> Iterator[str]:
    cells = [("", "before", "after", "difference", "95 % interval", "MDC", "verdict"), *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(6)]
    for row in cells:
        numbers = (f"{text:>{width}s}" for text, width in zip(row[1:6], widths[1:], strict=True))
        yield f"{row[0]:{max(LABEL, widths[0])}s} {'  '.join(numbers)}  {row[6]}".rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    label = f"{row.label}, {row.unit}" if row.unit else row.label
    return (f"{'* ' if row.primary else '  '}{label}", row.before, row.after, row.difference, row.interval, row.mdc,
            row.verdict)  # fmt: skip
