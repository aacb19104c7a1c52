"""JSON lines: one object a line, read in pieces and written with only changed values anew."""
