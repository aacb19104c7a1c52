"""Exact reasoning about requirements, in fractions, with the standard library only."""
