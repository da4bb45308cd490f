"""Data sets of the book: small modules that draw their data from torch's random generator or ship it."""
