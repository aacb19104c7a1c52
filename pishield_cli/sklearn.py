"""A transformer of scikit-learn that corrects rows; needs the extra `sklearn`."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np

from pishield_cli.actions.bound import Rules
from pishield_cli.api import CorrectionReport, correct_table
from pishield_cli.errors import MissingExtraError
from pishield_cli.listed import listed

try:
    from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise MissingExtraError(
        "`pishield_cli.sklearn` needs scikit-learn 1.6 or later, which is not installed.",
        extra="sklearn",
    ) from None


class Corrector(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Moves every row as little as it takes to satisfy the requirements.

    Put it behind what predicts or imputes in a pipeline, or before what must not see impossible
    rows. It learns nothing from data: `fit` looks at the columns, and makes sure that the
    requirements can be satisfied. Missing cells (NaN) stay missing.

    Args:
        requirements: As in `pishield_cli.check_table`: parsed, a file's path, or their text. None
            requires nothing, so that rows pass as they are.
        columns: The columns' names; by default those of a frame that `fit` sees, else `x0`, `x1`,
            ..., as scikit-learn calls them. `y_0`, `y_1`, ... stand for them, too.
        fixed: Columns that must not change.
        only: If given, the only columns that may change.
        method: As in `pishield_cli.correct_table`.
        weights: Likewise.

    Attributes:
        n_features_in_: How many columns there are.
        feature_names_in_: Their names, where `fit` was given a frame.

    Example:
        >>> corrector = Corrector("y_0 <= y_1").fit([[1.0, 2.0]])
        >>> corrector.transform([[5.0, 3.0]]).tolist()
        [[5.0, 5.0]]
    """

    def __init__(
        self,
        requirements: Rules | None = None,
        *,
        columns: Sequence[str] | None = None,
        fixed: Sequence[str] = (),
        only: Sequence[str] | None = None,
        method: Literal["shield", "nearest", "fewest"] = "shield",
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.requirements = requirements
        self.columns = columns
        self.fixed = fixed
        self.only = only
        self.method = method
        self.weights = weights

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's own names
        """Note the columns, and make sure that the requirements can be satisfied.

        Args:
            X: Shape `(rows, columns)`.
            y: Not used.

        Raises:
            ContradictionError: If no row satisfies the requirements.
            RequirementsFileError: With all that is wrong with the requirements.
        """
        array = validate_data(self, X, dtype="numeric", ensure_all_finite="allow-nan")
        self._corrected(array[:1])
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Correct rows.

        Args:
            X: Shape `(rows, columns)`, as `fit` saw them.

        Returns:
            Of the same shape and dtype; every row satisfies the requirements exactly. A row that
            cannot be corrected, because of `fixed` or `only`, is as it was; a warning says so.
        """
        check_is_fitted(self, "n_features_in_")
        array = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite="allow-nan")
        corrected, report = self._corrected(array)
        if report is not None and not report:
            warnings.warn(f"Some rows could not be corrected.\n{report}", stacklevel=2)
        return corrected

    def _corrected(self, array: Any) -> tuple[Any, CorrectionReport | None]:
        if self.requirements is None:
            return np.array(array), None
        names = self.columns
        if names is None:
            names = self.get_feature_names_out()
        return correct_table(
            array,
            self.requirements,
            columns=[str(name) for name in listed(names)],
            fixed=self.fixed,
            only=self.only,
            method=self.method,
            weights=self.weights,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
