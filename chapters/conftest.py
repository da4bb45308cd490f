"""Where the notebooks are tested no progress bar is drawn: nbval would find its text in no stored output."""

import os

os.environ["RNNLIB_PROGRESS"] = "0"
