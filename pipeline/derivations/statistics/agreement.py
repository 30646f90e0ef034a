"""Agreement of two evaluators who answered of the same participants: how often, and beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.derivations.statistics.response import rate


@dataclass(frozen=True)
class Agreement:
    """Participants with both answers, how many have each pair of answers, and agreement with its limits; None
    where not estimable.
    """

    participants: int
    pairs: dict[tuple[str, str], int]  # the pairs that occur, in the order of the answers
    agreeing: int
    rate: float | None
    low: float | None
    high: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None


def agreement(first: np.ndarray, second: np.ndarray, answers: list[str]) -> Agreement:
    """The table of two evaluators' answers, the share of participants of whom both say the same with the 95 %
    interval of Clopper and Pearson, and Cohen's kappa with its asymptotic 95 % interval.

    Kappa cannot be estimated where chance alone would make all agree: where both give everybody one answer.

    Takes     an answer of each evaluator for each participant, in the same order; the answers there are.
    Returns   fractions; kappa from -1 to 1.
    Source    Cohen 1960, Educational and Psychological Measurement 20: 37; Fleiss, Cohen and Everitt 1969,
              Psychological Bulletin 72: 323 (variance).
    """
    table = np.array(
        [[np.sum((first == a) & (second == b)) for b in answers] for a in answers], dtype="int64"
    )
    pairs = {(a, b): int(table[i, j]) for i, a in enumerate(answers) for j, b in enumerate(answers)}
    occurring = {pair: number for pair, number in pairs.items() if number}
    share = rate(first == second)
    numbers = (len(first), occurring, share.responders, share.rate, share.low, share.high)
    return Agreement(*numbers, *_kappa(table))


def _kappa(table: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Cohen's kappa and its limits."""
    participants = int(table.sum())
    by_first, by_second = table.sum(axis=1), table.sum(axis=0)
    if (
        int(np.sum(by_first * by_second)) == participants**2
    ):  # chance alone makes all agree, or nobody is there
        return None, None, None
    shares, rows, columns = table / participants, by_first / participants, by_second / participants
    diagonal = np.diag(shares)
    by_chance = float(np.sum(rows * columns))
    kappa = (float(np.sum(diagonal)) - by_chance) / (1 - by_chance)

    agreeing = np.sum(diagonal * (1 - (rows + columns) * (1 - kappa)) ** 2)
    off_diagonal = shares - np.diag(diagonal)
    disagreeing = (1 - kappa) ** 2 * np.sum(off_diagonal * (columns[:, None] + rows[None, :]) ** 2)
    chance = (kappa - by_chance * (1 - kappa)) ** 2
    variance = float(agreeing + disagreeing - chance) / ((1 - by_chance) ** 2 * participants)
    reach = 1.959964 * max(variance, 0.0) ** 0.5  # full agreement: 0, and no last bit of a float below it
    return kappa, max(kappa - reach, -1.0), min(kappa + reach, 1.0)
