"""Ticketing and booking that stays fast, fair and exact when everyone comes at once."""

__version__ = "0.1.0"
