"""Recorders publish themselves in the temporary directory: the tests' own must not meet the user's."""

import os
import tempfile

os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="st-")  # short: a socket's path has at most 104 bytes
tempfile.tempdir = None
