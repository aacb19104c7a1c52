"""What correction has to know beforehand: elimination, resolution."""
