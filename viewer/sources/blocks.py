"""Blocks of a recorded session, cut out in the background and kept while they are near."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from daq.excerpt import Excerpt

BLOCK_S = 8.0
"""Length of a block: short enough to be there at once after a seek, long enough for its zero and its sides."""
KEPT = 512
"""Blocks remembered: over an hour, some 100 MB at 1 kHz on one belt."""
MOST_WAITING = 64
"""Blocks that stay wanted although a view has scrolled on."""
PATIENCE_S = 0.25
"""A seek waits this long for the block that it lands on; the others follow while the window goes on."""

ASKED_S = 3.0
"""A block that nobody asked for again in this time is not wanted any more."""

Cut = Callable[[int], Excerpt]


class Blocks:
    """A worker thread that cuts the blocks wanted now, the most wanted first.

    Args:
        cut: Makes block number n; called by the worker alone.
        prepare: Called by the worker first.
    """

    def __init__(self, cut: Cut, prepare: Callable[[], object] | None = None) -> None:
        self._cut, self._prepare = cut, prepare
        self._there: OrderedDict[int, Excerpt] = OrderedDict()
        self._shown: list[int] = []
        self._screen: frozenset[int] = frozenset()
        self._asked: dict[int, float] = {}
        self._change = threading.Condition()
        self._closing = False
        self._round = 0
        self.trouble: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="stance-blocks", daemon=True)
        self._thread.start()

    def show(self, numbers: Sequence[int], ahead: Sequence[int], wait: int | None = None) -> dict[int, Excerpt]:
        """Take what is there of the blocks on screen, and have the others made before all else.

        Args:
            numbers: Blocks on screen, the most wanted first.
            ahead: Blocks that will soon be on screen.
            wait: A block to wait a moment for.

        Returns:
            Those that are there.
        """
        with self._change:
            # A view that lacks only the newest asks for no more; what it asked for a frame ago is on the screen still.
            before = self._shown if self._screen.intersection(numbers) else []
            wanted = dict.fromkeys((*numbers, *before[:MOST_WAITING], *ahead))
            self._screen = frozenset(numbers) | self._screen.intersection(before)
            self._shown = [n for n in wanted if n not in self._there]
            self._change.notify_all()
            if wait in self._shown:
                self._change.wait_for(lambda: wait in self._there or self.trouble is not None, PATIENCE_S)
            return self._take(numbers)

    def ask(self, numbers: Sequence[int]) -> dict[int, Excerpt]:
        """Take what is there of some blocks, and have the others made when there is time."""
        now = time.monotonic()
        with self._change:
            self._asked |= {n: now for n in numbers if n not in self._there}
            self._change.notify_all()
            return self._take(numbers)

    def _take(self, numbers: Sequence[int]) -> dict[int, Excerpt]:
        found = {n: self._there[n] for n in numbers if n in self._there}
        for n in found:
            self._there.move_to_end(n)
        while len(self._there) > max(KEPT, len(found)):
            self._there.popitem(last=False)
        return found

    @property
    def waiting(self) -> int:
        """Blocks still to be made that are on screen or were asked for."""
        return sum(n in self._screen for n in tuple(self._shown)) + len(self._asked)

    def forget(self) -> None:
        """Make all of them anew: the step table is another one."""
        with self._change:
            self._there.clear()
            self._round += 1

    def close(self) -> None:
        """End the worker."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._thread.join()

    def _next(self) -> int | None:
        """The block to make now; called with the lock held."""
        if self.trouble is not None:
            return None
        late = time.monotonic() - ASKED_S
        self._asked = {n: asked for n, asked in self._asked.items() if asked > late and n not in self._there}
        self._shown = [n for n in self._shown if n not in self._there]
        return next(iter(self._shown), next(iter(self._asked), None))

    def _work(self) -> None:
        try:
            if self._prepare is not None:
                self._prepare()
        except Exception as error:  # as below: the window must hear of it
            self.trouble = error
        while True:
            with self._change:
                while (number := self._next()) is None and not self._closing:
                    self._change.wait()
                if self._closing or number is None:
                    return
                made_for = self._round
            try:
                block = self._cut(number)
            except Exception as error:  # shown by the window: the thread has nobody to tell
                self.trouble = error
                continue
            with self._change:
                if made_for == self._round:
                    self._there[number] = block
                self._change.notify_all()
