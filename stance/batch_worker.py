"""A process that analyses sessions, one after the other, for a batch on this machine.

Started as `python -m stance.batch_worker`; jobs come by standard input and outcomes go by standard output, pickled. It
ends when its input does, so it never outlives the batch for long.
"""

import os
import pickle
import sys
from typing import Any, BinaryIO

READY, DONE, UNSEEN = "ready", "done", "unseen"
"""What an answer is: it can begin; the outcome; why the session is not to be seen."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Analyse what is asked for, until there is no more.

    Args:
        requests: Pickled jobs.
        answers: Where pickled answers go: a word, and the outcome or the reason.
    """
    from stance.batch_session import SessionUnseenError, analyse_session

    _import_all()
    _answer(answers, (READY, None))
    while True:
        try:
            job = pickle.load(requests)
        except EOFError:
            return
        try:
            _answer(answers, (DONE, analyse_session(job)))
        except SessionUnseenError as error:
            _answer(answers, (UNSEEN, str(error)))


def _answer(answers: BinaryIO, answer: tuple[str, Any]) -> None:
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _import_all() -> None:
    """Import what an analysis needs, so that what is missing shows before the first session."""
    from daq.optional import need
    from stance import api

    need("pyarrow", "export")
    assert api


def main() -> None:
    """Serve; what anybody prints goes to standard error, for standard output is the line to the parent."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers)
    except BrokenPipeError:  # the batch has ended
        os._exit(0)


if __name__ == "__main__":
    main()
