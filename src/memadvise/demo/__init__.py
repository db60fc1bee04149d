"""Realistic data and the tour."""

from memadvise.demo.data import make_data

__all__ = ["make_data"]
