"""Make the tables of docs/uncertainty.md: how often stated intervals hold the truth, and stated verdicts are right.

python tools/make_coverage.py [TRIALS]; each trial is a machine, its calibration and ten seconds of running. A tenth as
many are made with each kind of deck that rings.
"""

import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tests.system.coverage_trials import BOUNDED, DECKS, Score, add, add_verdicts, trial  # noqa: E402
from tests.system.test_coverage import EXCEPTIONS  # noqa: E402

PAGE = ROOT / "docs" / "uncertainty.md"
TRIALS, AT_ONCE = 2000, 20
Verdicts = dict[tuple[str, str], list[int]]


def some(first: int, deck: str = "rigid") -> tuple[dict[str, Score], Verdicts]:
    """Scores of a few trials."""
    scores: dict[str, Score] = {}
    verdicts: Verdicts = {}
    for seed in range(first, first + AT_ONCE):
        outcome = trial(seed, deck=deck)
        add(scores, outcome)
        add_verdicts(verdicts, outcome)
    return scores, verdicts


def gather(trials: int, deck: str) -> tuple[dict[str, Score], Verdicts]:
    """Scores of all trials."""
    scores: dict[str, Score] = {}
    verdicts: Verdicts = {}
    first = range(0, trials, AT_ONCE)
    with ProcessPoolExecutor(2) as pool:
        for part, told in pool.map(some, first, [deck] * len(first)):
            for name, score in part.items():
                whole = scores.setdefault(name, Score())
                for field in ("steps", "held", "means", "mean_held"):
                    setattr(whole, field, getattr(whole, field) + getattr(score, field))
            for key, (count, right) in told.items():
                total = verdicts.setdefault(key, [0, 0])
                total[0] += count
                total[1] += right
    return scores, verdicts


def decks(trials: int) -> str:
    """What decks that ring change, as Markdown."""
    lines = [
        "| deck | trials | all steps in 1.96 u | all means in 1.96 u | least of a metric, steps |",
        "| --- " * 5 + "|",
    ]
    for deck in DECKS[1:]:
        scores, _ = gather(trials, deck)
        steps, held, means, mean_held = (
            sum(getattr(score, field) for score in scores.values()) for field in ("steps", "held", "means", "mean_held")
        )
        least = min(scores, key=lambda name: scores[name].step)
        lines.append(
            f"| {deck} | {trials} | {100 * held / steps:.1f} % | {100 * mean_held / means:.1f} % "
            f"| `{least}` {100 * scores[least].step:.1f} % |"
        )
    return "\n".join(lines)


def tables(trials: int) -> str:
    """Both tables as Markdown."""
    scores, verdicts = gather(trials, DECKS[0])
    lines = [
        f"{trials} trials.",
        "",
        "| metric | steps in 1.96 u | means in 1.96 u | remark |",
        "| --- | --- | --- | --- |",
    ]
    for name, score in scores.items():
        remark = EXCEPTIONS.get(name, "freed of its bias" if name in BOUNDED else "")
        lines.append(f"| `{name}` | {100 * score.step:.1f} % | {100 * score.mean:.1f} % | {remark} |")
    lines += ["", "| stated | | steps | true of |", "| --- | --- | --- | --- |"]
    for (column, stated), (count, right) in verdicts.items():
        lines.append(f"| `{column}` | {stated} | {count} | {f'{100 * right / count:.1f} %' if count else '–'} |")
    return "\n".join(lines)


def main() -> None:
    """Write the tables into the page."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    write("decks", decks(trials // 10))
    write("coverage", tables(trials))


def write(name: str, made: str) -> None:
    """Put what was made between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{made}\n{end}", page, flags=re.DOTALL)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
