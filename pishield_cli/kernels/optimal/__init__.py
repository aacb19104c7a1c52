"""Correcting to the nearest row, or by changing the fewest cells."""
