"""All cores of this machine: processes that analyse one session at a time, and are replaced when they die.

A pool of the standard library breaks as a whole when one of its processes is killed, and does not say at which task.
Here each process has a thread that speaks with it, so what is lost is known: one session, which is tried again.
"""

import os
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress

from daq.errors import SessionError
from stance.batch_job import Job, Outcome
from stance.batch_process import Worker, WorkerDied
from stance.batch_session import failed

ATTEMPTS = 3
"""A session in whose hands so many processes died is bad."""
MOST_SESSIONS = 200
"""Sessions after which a process is replaced by a fresh one, so that no leak of any library grows for a night."""


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalWorkers:
    """Some processes on this machine; use it as a context manager.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._waiting: deque[tuple[Job, int]] = deque()
        self._change = threading.Condition()
        self._busy: dict[int, Worker] = {}
        self._at_work = 0
        self._stopped = False
        # Parts wait here only while the one who keeps them is slower than all processes together.
        self._outcomes: queue.Queue[Outcome | WorkerDied] = queue.Queue(4 * count)
        self._threads: list[threading.Thread] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Analyse sessions.

        Args:
            jobs: Sessions; the first ones begin first.

        Yields:
            Outcome: What became of each, as it comes.

        Raises:
            SessionError: No process can be started.
        """
        self._waiting.extend((job, 0) for job in jobs)
        total = len(self._waiting)
        for number in range(min(self._count, total)):
            thread = threading.Thread(target=self._work, args=(number,), name=f"stance-batch-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        for _ in range(total):
            outcome = self._next()
            if isinstance(outcome, WorkerDied):
                raise SessionError("batch", expected="processes that can analyse", seen=f"none that starts ({outcome})",
                                   next_step="Try `stance analyze` with one of the sessions.")  # fmt: skip
            yield outcome

    def _next(self) -> Outcome | WorkerDied:
        while True:  # a wait without end cannot be interrupted on Windows
            with suppress(queue.Empty):
                return self._outcomes.get(timeout=0.5)

    def _work(self, number: int) -> None:
        """Speak with one process after the other, until nothing is left to do."""
        failures = 0
        try:
            while (taken := self._take()) is not None:
                try:
                    worker = self._ready(number)
                except (WorkerDied, OSError) as error:
                    self._drop(number)
                    failures += 1
                    self._hand_back(*taken)
                    if failures >= ATTEMPTS:
                        self._tell(WorkerDied(str(error)))
                        return
                    continue
                failures = 0
                self._try(number, worker, *taken)
        except Exception as error:  # nobody would wait for this thread, but for its sessions
            self._tell(WorkerDied(repr(error)))
            raise
        finally:
            self._drop(number)

    def _try(self, number: int, worker: Worker, job: Job, deaths: int) -> None:
        try:
            outcome = worker.analyse(job)
        except WorkerDied as died:
            self._drop(number)
            if self._stopped or deaths + 1 < ATTEMPTS:
                self._hand_back(job, deaths + 1)
                return
            why = f"the process that analysed it died {ATTEMPTS} times, the last one {died}"
            outcome = failed(job, why)
        with self._change:
            self._at_work -= 1
            self._change.notify_all()
        self._tell(outcome)

    def _take(self) -> tuple[Job, int] | None:
        """The next session and how many processes died of it; None when nothing is left that might be handed back."""
        with self._change:
            self._change.wait_for(lambda: self._stopped or self._waiting or not self._at_work)
            if self._stopped or not self._waiting:
                return None
            self._at_work += 1
            return self._waiting.popleft()

    def _hand_back(self, job: Job, deaths: int) -> None:
        with self._change:
            self._waiting.append((job, deaths))
            self._at_work -= 1
            self._change.notify_all()

    def _tell(self, outcome: Outcome | WorkerDied) -> None:
        while not self._stopped:
            with suppress(queue.Full):
                self._outcomes.put(outcome, timeout=0.5)
                return

    def _ready(self, number: int) -> Worker:
        """The process of a thread, ready to begin: the one it has, or a fresh one."""
        worker = self._busy.get(number)
        if worker is not None and worker.done < MOST_SESSIONS:
            return worker
        self._drop(number)
        worker = Worker()
        with self._change:
            self._busy[number] = worker
            if self._stopped:
                worker.kill()
        worker.ready()
        return worker

    def _drop(self, number: int) -> None:
        with self._change:
            worker = self._busy.pop(number, None)
        if worker is not None:
            worker.close()

    def __enter__(self) -> "LocalWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        """End every process now, whatever it is at."""
        with self._change:
            self._stopped = True
            for worker in self._busy.values():
                worker.kill()
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
