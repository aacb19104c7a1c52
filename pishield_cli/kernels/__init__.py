"""Pure functions on arrays: satisfaction, bounds, projections. No state, no input or output."""
