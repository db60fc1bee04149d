"""Realistic data and the tour."""
