"""`python -m pishield_cli` is the command `pishield`."""

import sys

from pishield_cli.cli import process

if __name__ == "__main__":
    sys.exit(process())
