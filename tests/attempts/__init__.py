"""Readers' answers to the exercises, a module for each chapter: unusual ones that are right, likely ones that are not.

Each module has ``ATTEMPTS``: by the exercise's id, its right and its wrong answers, by what they are. An answer is the
code that a reader would write in the place of the cell's blanks. ``STAND_INS`` are assignments that take the place of a
chapter's own, by exercise and name, where those would train for minutes.
"""
