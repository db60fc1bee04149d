"""Realistic data and the tour."""

from memadvise.demo.data import make_data
from memadvise.demo.headless import run_headless
from memadvise.demo.tour import open_tour

__all__ = ["make_data", "open_tour", "run_headless"]
