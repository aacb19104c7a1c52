"""Correcting a single row exactly, and why it cannot be."""
