"""CTGAN on a CSV file, run by a Python that has it: for so many seconds of processor, then sampled.

`PYTHON ctgan_peer.py IN OUT ROWS SEED SECONDS COLUMN...`: the columns are those of texts. It knows
nothing of this package.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN


def fitted(table: pd.DataFrame, discrete: list[str], seed: int, epochs: int) -> tuple[CTGAN, float]:
    """A model and the seconds that it took."""
    torch.set_num_threads(1)
    np.random.seed(seed)  # noqa: NPY002 - CTGAN draws from it
    torch.manual_seed(seed)
    begin = time.process_time()
    model = CTGAN(epochs=epochs, verbose=False)
    model.fit(table, discrete)
    return model, time.process_time() - begin


def main(arguments: list[str]) -> None:
    """Fit for about the time that is allowed, beside what it takes to prepare the columns."""
    source, output, rows, seed, seconds, *discrete = arguments
    table = pd.read_csv(source, dtype=dict.fromkeys(discrete, str), keep_default_na=False)
    fitted(table, discrete, int(seed), 1)  # What torch loads at first is not counted.
    _, once = fitted(table, discrete, int(seed), 1)
    _, more = fitted(table, discrete, int(seed), 6)
    epoch = max(1e-3, (more - once) / 5)
    epochs = max(1, int(float(seconds) / epoch))
    model, taken = fitted(table, discrete, int(seed), epochs)
    model.sample(int(rows)).to_csv(output, index=False)
    print(json.dumps({"seconds": taken, "preparing": once - epoch, "epochs": epochs}))


if __name__ == "__main__":
    main(sys.argv[1:])
