"""Make docs/accuracy.md: every accuracy table, from the data that come with the project and from the full data.

    python tools/make_accuracy.py                                   # all tables that need only the project itself
    STANCE_DATA=path/to/data python tools/make_accuracy.py          # the ones that need the full data as well
    python tools/make_accuracy.py NAME …                            # only these sections

What is not made again stays on the page as it is. Running it again gives the same page.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import accuracy_curves
import accuracy_feet
import accuracy_fukuchi
import accuracy_models
import accuracy_real
import accuracy_rig
import accuracy_rules
from accuracy_page import MISSED, PAGE, UNEXPLAINED, marked, stored

Made = Callable[..., list[str]]
HEAD = """\
# Accuracy

What this software finds, held against independent truths: closed forms (the oracles O1 to O17 of its
specification), real runners whose truth was found by others or by foot markers, decks that ring, walkers whose feet are
known. The numbers stand as they were found. Where a bar is not held, its row says **MISSED**, and the reason stands
below the table.

`make accuracy` makes the page again (a few minutes), with the full data of others if `STANCE_DATA` names their folder;
sections that need them then stay as they are if it does not. What each number means: [metrics.md](metrics.md).
"""


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        name: For the command line and the marks.
        title: Heading.
        make: Gives its lines.
        data: What it is made from.
        full: Whether it needs the full data: `make` is then given the folder.
    """

    name: str
    title: str
    make: Made
    data: str
    full: bool = False

    def text(self, folder: Path | None) -> str:
        """Heading, command, origin and lines."""
        prefix = "STANCE_DATA=… " if self.full else ""
        head = f"## {self.title}\n\n`{prefix}python tools/make_accuracy.py {self.name}`, from {self.data}.\n\n"
        lines = self.make(folder) if self.full else self.make()
        return head + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n\n"


CLOSED, EXCERPTS = "closed forms", "the excerpts in `tests/data`"
WHOLE = "the whole trials of Fukuchi, Fukuchi & Duarte 2017"
SECTIONS = (
    Section("curves", "Known curves: O1 to O4, O12, O16", accuracy_curves.section, CLOSED),
    Section("rig", "Known loads, belts, drifts and decks: O5 to O11", accuracy_rig.section, CLOSED),
    Section("rules", "Arithmetic and invariants: O13 to O15, O17", accuracy_rules.section, CLOSED),
    Section("davis", "Davis: one runner at 2400 Hz", accuracy_real.davis, "`rigs/data/davis_runner.npz`"),
    Section("davis_whole", "Davis, the whole trial", accuracy_real.davis_whole, "the trial of J. J. Davis", full=True),
    Section("alcantara", "Alcantara: one runner on slopes, 16 trials", accuracy_real.alcantara,
            "`tests/data/alcantara2022.npz`"),
    Section("dryft", "dryft: drift against the undrifted truth", accuracy_real.dryft, "`tests/data/dryft.npz`"),
    Section("fukuchi", "Fukuchi: 13 runners, ten seconds of each trial", accuracy_fukuchi.excerpts, EXCERPTS),
    Section("fukuchi_whole", "Fukuchi, the whole trials", accuracy_fukuchi.whole, WHOLE, full=True),
    Section("typical", "What is usual in 13 runners", accuracy_fukuchi.typical, EXCERPTS),
    Section("chain", "Real runners through the virtual treadmill", accuracy_fukuchi.chain, EXCERPTS),
    Section("foot_strike", "Foot strike from force alone", accuracy_feet.strike, EXCERPTS),
    Section("foot_strike_whole", "Foot strike, the whole trials", accuracy_feet.strike, WHOLE, full=True),
    Section("strike_index", "Strike index and load shares against heel markers", accuracy_feet.place, EXCERPTS),
    Section("registration", "Foot registration", accuracy_feet.registration, WHOLE, full=True),
    Section("two_mass", "Two-mass fit", accuracy_models.recovery, "closed forms in noise and " + EXCERPTS),
    Section("walking", "Walking", accuracy_models.walking, "walkers whose two feet are known"),
    Section("deck", "Decks that ring, filters, sampling rates", accuracy_models.deck, "closed forms and " + EXCERPTS),
)  # fmt: skip


def summary(texts: dict[str, str]) -> str:
    """How many bars each section holds."""
    lines = ["| section | bars held | missed |", "| --- | --- | --- |"]
    for section in SECTIONS:
        rows = [line for line in texts[section.name].splitlines() if line.startswith("|")]
        missed = sum(MISSED in line for line in rows)
        held = sum(line.endswith("| held |") for line in rows)
        lines.append(f"| {section.title} | {held or '–'} | {missed if held + missed else '–'} |")
    return "\n".join(lines) + "\n\n"


def make(names: Sequence[str], folder: Path | None) -> str:
    """Text of the page.

    Args:
        names: Sections to be made again; none for all that can be.
        folder: The full data, if they are there.

    Returns:
        The page.

    Raises:
        SystemExit: There is no such section, or it needs the full data.
    """
    known = {section.name: section for section in SECTIONS}
    if wrong := [name for name in names if name not in known or (known[name].full and folder is None)]:
        raise SystemExit(
            f"{', '.join(wrong)}: no such section, or STANCE_DATA does not name its data; {', '.join(known)}"
        )
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    texts = {}
    for section in SECTIONS:
        due = section.name in names if names else folder is not None or not section.full
        old = stored(page, section.name)
        begin = time.perf_counter()
        texts[section.name] = section.text(folder) if due else old or _never(section)
        if due:
            print(f"{section.name}: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    body = "".join(marked(name, text) for name, text in texts.items())
    return f"{HEAD}\n{summary(texts)}{body}".rstrip() + "\n"


def _never(section: Section) -> str:
    return f"## {section.title}\n\nNot made yet: it needs {section.data}.\n\n"


def main() -> None:
    """Write the page, and name what it misses without a reason."""
    folder = Path(os.environ["STANCE_DATA"]) if os.environ.get("STANCE_DATA") else None
    text = make(sys.argv[1:], folder)
    PAGE.write_text(text, encoding="utf-8")
    for line in text.splitlines():
        if UNEXPLAINED in line:
            print(line)


if __name__ == "__main__":
    main()
