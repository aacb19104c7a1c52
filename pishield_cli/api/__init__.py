"""Checking, correcting, suggesting and predicting from Python, with tables of any kind."""

from pishield_cli.api.checking import TableReport, check_table
from pishield_cli.api.correcting import Corrected, CorrectionReport, correct_table
from pishield_cli.api.runs import LoadedGenerator, LoadedRun, load_run
from pishield_cli.api.suggesting import suggest_requirements

__all__ = [
    "Corrected",
    "CorrectionReport",
    "LoadedGenerator",
    "LoadedRun",
    "TableReport",
    "check_table",
    "correct_table",
    "load_run",
    "suggest_requirements",
]
