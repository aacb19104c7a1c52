"""Correcting labels, and scores between 0 and 1."""
