"""Correcting one column after the other, as a shield layer does: proposed in floats, checked."""
