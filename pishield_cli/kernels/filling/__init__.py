"""Filling missing cells that requirements determine."""

from pishield_cli.kernels.filling.filler import Filled, Filler

__all__ = ["Filled", "Filler"]
