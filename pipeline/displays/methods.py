"""The catalogue of methods: what the numbers of a display are, in a sentence, and how each is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from pipeline.derivations.statistics import (
    agreement,
    curves,
    proportional_hazards,
    response,
    restricted_mean,
    survival,
    two_by_two,
)


@dataclass(frozen=True)
class Method:
    """A way to work out the statistics of a line."""

    name: str
    sentence: str
    operations: Mapping[str, str]  # by the name in the results, what it is
    program: ModuleType | None = None  # where more than a count, a mean or a quantile is worked out


_LIMITS = {"lower": "Lower 95 % confidence limit", "upper": "Upper 95 % confidence limit"}

METHODS: Mapping[str, Method] = {
    "participants": Method(
        "Participants with a record",
        "Participants of the column with at least one record that meets the condition, and their share of all"
        " participants of the column.",
        {"count": "Participants", "percent": "Share of the column, in percent"},
    ),
    "records": Method(
        "Participants with a record, and records",
        "Participants of the column with at least one record that meets the condition, their share of all"
        " participants of the column, and the number of the records.",
        {"count": "Participants", "percent": "Share of the column, in percent", "records": "Records"},
    ),
    "exposure": Method(
        "Participants per 100 years",
        "Participants with at least one record that meets the condition, divided by the days at risk of all"
        " participants of the column, times 36,525.",
        {"rate": "Participants per 100 years"},
    ),
    "number": Method("Number", "Records with a value.", {"n": "Number"}),
    "mean": Method(
        "Mean and standard deviation",
        "Mean of the values, and the standard deviation of a sample, which one value does not have.",
        {"mean": "Mean", "sd": "Standard deviation"},
    ),
    "brief": Method(
        "Number, mean and standard deviation",
        "Records with a value, their mean, and the standard deviation of a sample, which one value does not"
        " have.",
        {"n": "Number", "mean": "Mean", "sd": "Standard deviation"},
    ),
    "median": Method(
        "Median", "The middle value, or the mean of the two in the middle.", {"median": "Median"}
    ),
    "range": Method("Range", "The least and the greatest value.", {"min": "Least", "max": "Greatest"}),
    "rate": Method(
        "Rate with exact interval",
        "Responders in percent of all participants of the column, of whom one without a record did not"
        " respond, with the 95 % confidence interval of Clopper and Pearson.",
        {"rate": "Rate, in percent", **_LIMITS},
        response,
    ),
    "difference": Method(
        "Difference of two rates",
        "Rate of the arm minus rate of the control, each of all participants of the arm, in percentage"
        " points, with the 95 % confidence interval of Newcombe (hybrid score, no continuity correction).",
        {"difference": "Difference, in percentage points", **_LIMITS},
        response,
    ),
    "fisher": Method(
        "Fisher's exact test",
        "Two-sided p-value of Fisher's exact test: the probability of all tables with the same margins that"
        " are no more probable than this one.",
        {"p": "Two-sided p-value"},
        two_by_two,
    ),
    "survival_median": Method(
        "Median time to event",
        "Median by Kaplan and Meier with its 95 % confidence interval (Brookmeyer and Crowley, complementary"
        " log-log).",
        {"median": "Median", **_LIMITS},
        survival,
    ),
    "survival_at": Method(
        "Probability of no event at a time",
        "Kaplan and Meier's estimate at the time, in percent, with the 95 % confidence interval by the"
        " complementary log-log of survival with Greenwood's variance.",
        {"probability": "Probability, in percent", **_LIMITS},
        curves,
    ),
    "logrank": Method(
        "Log-rank test",
        "Two-sided p-value of the log-rank test without strata.",
        {"p": "Two-sided p-value"},
        survival,
    ),
    "hazard_ratio": Method(
        "Hazard ratio",
        "Hazard ratio of the arm to the control by Cox, with Efron's ties and the 95 % confidence interval"
        " of Wald.",
        {"ratio": "Hazard ratio", **_LIMITS},
        survival,
    ),
    "follow_up": Method(
        "Median follow-up",
        "Median time to censoring by the reverse of Kaplan and Meier, an event censoring, with its 95 %"
        " confidence interval.",
        {"median": "Median", **_LIMITS},
        curves,
    ),
    "restricted_mean": Method(
        "Restricted mean survival",
        "Area under the curve of Kaplan and Meier up to the limit, with its 95 % confidence interval by the"
        " normal distribution.",
        {"mean": "Mean", **_LIMITS},
        restricted_mean,
    ),
    "mean_difference": Method(
        "Difference of restricted means",
        "Restricted mean of the arm minus that of the control, with its 95 % confidence interval by the"
        " normal distribution.",
        {"difference": "Difference", **_LIMITS},
        restricted_mean,
    ),
    "mean_test": Method(
        "Test of restricted means",
        "Two-sided p-value by the normal distribution that the restricted means of the arms are the same.",
        {"p": "Two-sided p-value"},
        restricted_mean,
    ),
    "proportional_hazards": Method(
        "Test of proportional hazards",
        "p-value of the score test of Grambsch and Therneau that the hazard ratio does not change with time,"
        " time counting as 1 minus survival.",
        {"p": "p-value"},
        proportional_hazards,
    ),
    "subgroup_difference": Method(
        "Responders and difference of the rates in a subgroup",
        "Responders among all participants of the subgroup in each arm, and rate of the arm minus rate of the"
        " control, in percentage points, with the 95 % confidence interval of Newcombe.",
        {
            "count": "Responders",
            "participants": "Participants",
            "difference": "Difference, in percentage points",
            **_LIMITS,
        },
        response,
    ),
    "subgroup_hazard_ratio": Method(
        "Events and hazard ratio in a subgroup",
        "Events among the participants of the subgroup in each arm, and the hazard ratio of the arm to the"
        " control by Cox, with Efron's ties and the 95 % confidence interval of Wald.",
        {"count": "Events", "participants": "Participants", "ratio": "Hazard ratio", **_LIMITS},
        survival,
    ),
    "agreement": Method(
        "Agreement of two evaluators",
        "Participants of whom both evaluators say the same, in percent of those with both answers, with the"
        " 95 % confidence interval of Clopper and Pearson.",
        {"rate": "Agreement, in percent", **_LIMITS},
        agreement,
    ),
    "kappa": Method(
        "Cohen's kappa",
        "Agreement beyond chance, with its asymptotic 95 % confidence interval (Fleiss, Cohen and Everitt).",
        {"kappa": "Kappa", **_LIMITS},
        agreement,
    ),
}
