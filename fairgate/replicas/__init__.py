"""Reads from replicas that have all that the reader has seen; see docs/decisions/reading-from-replicas.md.

A view that only shows is marked `may_read_replica`. What decides on stock, money or access never is.
"""
