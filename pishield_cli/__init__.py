"""Check, correct and learn tables under requirements, exactly."""

__version__ = "0.1.0"
