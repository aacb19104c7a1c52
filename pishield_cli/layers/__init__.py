"""Torch modules: shields that correct, and losses that encourage."""

from pishield_cli.layers.shield import Backward, Shield

__all__ = ["Backward", "Shield"]
