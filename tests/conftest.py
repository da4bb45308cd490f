"""Lets tests import the build helpers in tools/, which are scripts and not an installed package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
