"""Probabilities of small counts, as decimal logarithms, so that none is too small to compare."""

from collections.abc import Callable
from math import exp, lgamma, log, log1p

_LN10 = log(10)
_NEGLIGIBLE = -40.0
_PRECISION = 1e-6


def poisson_tail(count: int, expected: float) -> float:
    """How likely at most `count` events are, where `expected` are expected by chance.

    The chance probability of Ernst et al., The Daikon system for dynamic detection of likely
    invariants (2007): that a rule's violations are as few as seen if columns were independent.

    Returns:
        The decimal logarithm of P(K <= count) for a Poisson variable.
    """
    if expected <= 0:
        return 0.0
    terms = count * log(expected) - expected - lgamma(count + 1)
    return min(0.0, (terms + _falling(count, lambda at: at / expected)) / _LN10)


def binomial_tail(count: int, trials: int, chance: float = 0.5) -> float:
    """How likely at most `count` successes are in some trials.

    With one half, the sign test of Arbuthnot (1710): whether rows near a boundary lie on one side.

    Args:
        count: How many successes, at least 0.
        trials: How many trials.
        chance: How likely one is a success, in (0, 1).

    Returns:
        The decimal logarithm of P(K <= count) for a binomial variable.
    """
    if count >= trials:
        return 0.0
    odds = (1 - chance) / chance
    last = (
        lgamma(trials + 1)
        - lgamma(count + 1)
        - lgamma(trials - count + 1)
        + count * log(chance)
        + (trials - count) * log1p(-chance)
    )
    below = _falling(count, lambda at: at * odds / (trials - at + 1))
    return min(0.0, (last + below) / _LN10)


def upper_share(count: int, trials: int, confidence: float = 0.95) -> float:
    """The greatest chance of an event for which at most `count` of some trials is not surprising.

    The upper end of the interval of Clopper and Pearson (Biometrika 26, 1934), from one side; about
    `3 / trials` for no event at all.

    Args:
        count: In how many trials the event was seen, at least 0.
        trials: How many trials.
        confidence: How surprising fewer events would be, in (0, 1).

    Returns:
        In [0, 1], to one part in a million of itself; 1 without trials.
    """
    if count >= trials:
        return 1.0
    surprising = log(1 - confidence) / _LN10
    lower, upper = count / trials, 1.0
    while upper - lower > _PRECISION * upper:
        middle = (lower + upper) / 2
        if binomial_tail(count, trials, middle) < surprising:
            upper = middle
        else:
            lower = middle
    return upper


def _falling(count: int, ratio: Callable[[int], float]) -> float:
    """The logarithm of the sum of terms down from `count`, relative to the greatest of them.

    Args:
        count: The number of the first term, which counts 1.
        ratio: The term before one, relative to it.
    """
    logarithm, greatest, total = 0.0, 0.0, 1.0
    for at in range(count, 0, -1):
        logarithm += log(ratio(at))
        if logarithm > greatest:
            total *= exp(greatest - logarithm)
            greatest = logarithm
        total += exp(logarithm - greatest)
        if logarithm - greatest < _NEGLIGIBLE and ratio(at) < 1:
            break
    return greatest + log(total)
