"""A Dask cluster: its workers analyse sessions that they see under the same path, and send the parts back.

What crosses the wire is plain: the scheduler unpacks every task, and needs to know nothing of this software for that.
"""

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from daq.errors import LinkError
from daq.optional import need
from daq.results import software_version
from stance.batch_job import Job, Outcome
from stance.batch_session import failed

CONNECT_S = 8.0
"""How long a scheduler may take to answer, s."""
WORKERS_S = 15.0
"""How long the first worker may take to come, s."""
ASK_S = 5.0
"""How often the cluster is asked for its size, s."""
PER_THREAD = 2
"""Sessions handed out for each thread of the cluster: one at work, one waiting. More would only fill its memory."""


def _asked() -> Callable[[dict[str, Any], str], tuple[bytes | None, str]]:
    """The function for the workers. As it is local, it travels by value: only workers need this software."""

    def stance_session(values: dict[str, Any], software: str) -> tuple[bytes | None, str]:
        from stance.batch_remote import analyse_remote

        return analyse_remote(values, software)

    return stance_session


def _asked_first() -> Callable[[str], tuple[str, str]]:
    """The question to each worker at the start, likewise by value."""

    def stance_version(path: str) -> tuple[str, str]:
        try:
            from stance.batch_remote import worker_version
        except ImportError as error:
            return "", str(error)
        return worker_version(path)

    return stance_version


class ClusterWorkers:
    """The workers of a Dask scheduler; use it as a context manager.

    Args:
        address: Of the scheduler, for example tcp://192.168.1.5:8786.
        say: Is told when there is nobody to work.
    """

    def __init__(self, address: str, say: Callable[[str], None] = lambda _: None) -> None:
        self._address, self._say = address, say
        self._dask = need("distributed", "cluster")
        self._client: Any = None
        self._news: queue.Queue[Any] = queue.Queue()
        self._at_work: dict[Any, Job] = {}
        self._waiting: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        self._tried: set[Job] = set()
        self._threads, self._ask_at = 0, 0.0

    def __enter__(self) -> "ClusterWorkers":
        """Connect.

        Returns:
            This.

        Raises:
            LinkError: There is no scheduler at the address, or it has no worker.
        """
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # we say ourselves what went wrong
        try:
            self._client = self._dask.Client(self._address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise LinkError(self._address, expected="a Dask scheduler", seen=str(error),
                            next_step="Check the address: `dask scheduler` prints it.") from error  # fmt: skip
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_S)
        except (OSError, TimeoutError) as error:
            self._close()
            raise LinkError(self._address, expected="workers", seen="none",
                            next_step=f"Start some: dask worker {self._address} --nthreads 1.") from error  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        """Take back what is handed out, and leave."""
        with suppress(Exception):
            self._client.cancel(list(self._at_work))
        self._close()

    def _close(self) -> None:
        with suppress(Exception):  # a scheduler that is gone does not say goodbye
            self._client.close(timeout=2)

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Analyse sessions. A LinkError says that workers cannot do it, or that the scheduler is gone.

        Args:
            jobs: Sessions; the first ones begin first.

        Yields:
            Outcome: What became of each, as it comes.
        """
        self._waiting.extend(jobs)
        if not self._waiting:
            return
        self._check_workers(self._waiting[0].path)
        while self._waiting or self._at_work or self._suspects:
            self._hand_out()
            future = self._next()
            if future is None:
                continue
            outcome = self._outcome(future, self._at_work.pop(future))
            if outcome is not None:
                yield outcome

    def _check_workers(self, path: str) -> None:
        """Every worker must have this very version, and see the first session."""
        mine = software_version()
        answers = self._client.run(_asked_first(), path, on_error="return")
        for worker, answer in answers.items():
            version, trouble = answer if isinstance(answer, tuple) else ("", str(answer))
            if version != mine:
                raise LinkError(
                    f"worker {worker}",
                    expected=mine,
                    seen=version or f"none that works ({trouble})",
                    next_step="Install the same version on every worker: pip install 'stance[cluster,export]'.",
                )
            if trouble:
                raise LinkError(f"worker {worker}", expected=f"to see {path}", seen=trouble,
                                next_step="Share the archive under the same path on every machine.")  # fmt: skip

    def _hand_out(self) -> None:
        """Fill the window. Suspects come last, one at a time, so that a death tells whose fault it is."""
        if time.monotonic() >= self._ask_at:
            self._look()
        while self._waiting and len(self._at_work) < max(1, PER_THREAD * self._threads):
            self._submit(self._waiting.popleft())
        if self._suspects and not self._waiting and not self._at_work:
            self._submit(self._suspects.popleft())

    def _submit(self, job: Job) -> None:
        future = self._client.submit(_asked(), asdict(job), software_version(), pure=False, retries=1)
        self._at_work[future] = job
        future.add_done_callback(self._news.put)

    def _next(self) -> Any:
        """A session that is done; None if it is time to look after the cluster."""
        try:
            return self._news.get(timeout=ASK_S)
        except queue.Empty:
            return None

    def _look(self) -> None:
        """How large the cluster is by now: workers come and go."""
        self._check_scheduler()
        known, self._threads = self._threads, sum(self._client.nthreads().values())
        if known and not self._threads:
            self._say("The cluster has no worker left; the work goes on when one comes.")
        self._ask_at = time.monotonic() + ASK_S

    def _check_scheduler(self) -> None:
        if self._client.status != "running":
            raise LinkError(self._address, expected="the scheduler to stay", seen="that it is gone",
                            next_step="Start it and its workers again.")  # fmt: skip

    def _outcome(self, future: Any, job: Job) -> Outcome | None:
        """What became of a session; None if it shall be tried once more."""
        try:
            part, trouble = future.result()
        except self._dask.KilledWorker as error:
            if job not in self._tried:  # Dask blames every session that a dead worker had been given
                self._tried.add(job)
                self._suspects.append(job)
                return None
            return failed(job, f"the worker that analysed it died again and again ({type(error).__name__})")
        except Exception as error:
            self._check_scheduler()
            return Outcome(job, None, f"a worker could not try it: {type(error).__name__}: {error}")
        return Outcome(job, part, trouble)
