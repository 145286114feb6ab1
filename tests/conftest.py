"""Before any test: a temporary directory of its own, where recorders publish themselves; one thread for algebra."""

import os
import signal
import tempfile

# Small matrices only: a second thread of the linear algebra waits more than it computes where others compute too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="st-")  # short: a socket's path has at most 104 bytes
tempfile.tempdir = None

# Started in the background, a shell has told this process to ignore what its children are to be ended with.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
