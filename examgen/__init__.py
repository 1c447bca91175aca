"""Randomized variants of pen-and-paper deep-learning tasks, solved exactly and proved by independent engines."""

__version__ = "0.1.0"
