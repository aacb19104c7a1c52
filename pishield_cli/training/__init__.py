"""Learning under requirements: networks, tables as tensors, the loop, objectives, run folders."""
