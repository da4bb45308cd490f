"""rnnlib, the helper package of the book *RNNs, Unrolled*.

A chapter builds an idea in short cells and then imports the checked version from here. Import from the modules,
for example ``from rnnlib.layers import LSTM``; the package itself imports nothing, so that it stays light.
"""

__version__ = "0.1.0"
