"""Numbers of the take before: who presses Record or Stop keeps them until there are new ones."""

from weakref import WeakKeyDictionary

from analysis.steps import StepTable
from viewer.source import Source


class TakeBefore:
    """Follows a source from take to take and keeps the steps of the last one that had any."""

    def __init__(self) -> None:
        self._take: int | None = None
        self._now: StepTable | None = None
        self._skipped = False
        self.table: StepTable | None = None
        """All rows of a take that is over; None if there was none."""

    def follow(self, source: Source) -> None:
        """Take note of what the source holds.

        Args:
            source: Always the same one.
        """
        if self._take not in (None, source.take):
            if self._now is not None and self._now.rows:
                self.table, self._skipped = self._now, False
            else:
                self._skipped = True
        self._take, self._now = source.take, source.table

    def words(self, source: Source) -> str:
        """When the kept steps were, seen from now.

        Args:
            source: The same one.

        Returns:
            A few words; empty if no steps are kept.
        """
        if self.table is None:
            return ""
        if source.status is not None and source.status.state == "recording":
            return "before this recording"
        return "before the last recording" if self._skipped else "of the recording before"


_FOLLOWED: WeakKeyDictionary[Source, TakeBefore] = WeakKeyDictionary()


def take_before(source: Source) -> TakeBefore:
    """The take before of a source, the same for every panel: those on a page behind see no take come or go.

    Args:
        source: The source.

    Returns:
        What follows it; new and empty for a source not seen yet.
    """
    return _FOLLOWED.setdefault(source, TakeBefore())
