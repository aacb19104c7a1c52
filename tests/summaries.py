"""Summaries of runs that were never trained."""

from pishield_cli.actions.report_runs import RunSummary


def summary(run: str, data: str, error: float) -> RunSummary:
    """A run of one trial that predicts numbers."""
    return RunSummary(
        run=run,
        method="layer",
        arch="deep",
        data=data,
        targets=("y",),
        figure="RMSE",
        errors={0: error},
        standardised={0: 1.0},
        free={},
        violating=0.0,
        seconds=1.0,
        rmse={0: error},
        free_rmse={},
        texts={},
        labels={},
        loss="mse",
    )
