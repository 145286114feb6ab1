"""Lets these tests import what is shared by all rooms' tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
