"""Arrow files: what Feather 2 and Arrow's own file and stream formats hold."""
