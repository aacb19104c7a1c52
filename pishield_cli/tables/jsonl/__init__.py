"""JSON lines: one object on each line, read in pieces and written with only changed values anew."""
