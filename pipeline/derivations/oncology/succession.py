"""Lesions that split into parts, merge, and separate again: which of them stand at an assessment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from pipeline.derivations.oncology.lesions import LESION
from pipeline.records import lookup
from pipeline.records.identity import SUBJECT

AT: Final = [*LESION, "assessment"]
# T04.1, T04-1 and T04_1 are parts of T04, and so are T04a, T04.b, T04-C, T04(1) and T04 (b).
_PART: Final = (r"^(.+)[.\-_ ][0-9]+$", r"^(.+?)[.\-_ ]?[A-Za-z]$", r"^(.+?) *\((?:[0-9]+|[A-Za-z])\)$")
# T02/T03, T02+T03, T02 & T03, T02,T03, T02;T03, T02-T03, T02/03 and T02 and T03 are lesions that merged.
_MERGED: Final = r"\s*[/\\+&,;–-]\s*|\s+and\s+"
_LETTERS: Final = r"^([^0-9]*)[0-9]"  # T of T02


@dataclass(frozen=True)
class Succession:
    """`origins`: the lesions that others came of (USUBJID, lesion, origin, is_part, first). `standing`: the
    assessments at which lesions that came of others stand for them. `replaced`: the assessments at which a
    lesion does not stand, because others stand for it.
    """

    origins: pd.DataFrame
    standing: pd.DataFrame
    replaced: pd.DataFrame

    def stands(self, records: pd.DataFrame) -> pd.Series:
        """Whether each lesion stands at the assessment, for itself or for others."""
        replaced = _is_among(records, self.replaced, AT)
        succeeding = _is_among(records, self.standing, AT)
        return ~replaced & (~_is_among(records, self.origins, LESION) | succeeding)


def came_of_others(lesions: pd.DataFrame, records: pd.DataFrame) -> pd.Series:
    """Whether each lesion is a part or a merger of others, by the records of all lesions."""
    return _is_among(lesions, _origins(records), LESION)


def succession(records: pd.DataFrame, assessments: pd.DataFrame) -> Succession:
    """Which lesions stand at each assessment, as lesions split, merge and separate.

    1. T04.1 and T04.2, or T04a and T04b, are parts of T04: from the first record of a part on, the parts
       stand and T04 no longer does.
    2. T02/T03 or T02+T03 is T02 and T03 merged: from its first record on it stands for both.
    3. A merged lesion separates again where one of the lesions that merged is assessed and it has no record,
       nor has a part of it: from then on they stand again, until it is recorded anew.
    4. A label is read in this way only where the lesions that it names exist, and where its first record
       comes after baseline: at baseline nothing has split or merged. A label that can be read both ways names
       a part. How a lesion is written does not matter: T1, t01 and T 01 name T01.

    Takes     lesion records (USUBJID, assessment, lesion, done); the assessments (USUBJID, assessment).
    Source    RECIST 1.1 (Eisenhauer 2009), appendix II (lesions that split or coalesce).
    """
    origins = _origins(records)
    of_these = assessments[assessments[SUBJECT].isin(origins[SUBJECT].unique())]
    lesions = origins[[*LESION, "first"]].drop_duplicates(LESION)
    begun = lesions.merge(of_these[[SUBJECT, "assessment"]], on=SUBJECT, how="inner", validate="many_to_many")
    begun = begun[begun["assessment"].ge(begun["first"])]

    separate = _separate(records, begun, origins)
    parts = origins.loc[origins["is_part"], [*LESION, "origin"]]
    of_separate = separate.rename(columns={"lesion": "origin"})
    parts_of_separate = parts.merge(of_separate, on=[SUBJECT, "origin"], how="inner", validate="many_to_many")
    standing = begun[~_is_among(begun, separate, AT) & ~_is_among(begun, parts_of_separate, AT)]
    replaced = standing[AT].merge(
        origins[[*LESION, "origin"]], on=LESION, how="inner", validate="many_to_many"
    )
    replaced = replaced[[SUBJECT, "origin", "assessment"]].rename(columns={"origin": "lesion"})
    return Succession(origins, standing[AT], replaced.drop_duplicates())


def _separate(records: pd.DataFrame, begun: pd.DataFrame, origins: pd.DataFrame) -> pd.DataFrame:
    """The assessments at which lesions that merged lie apart again."""
    mergers = origins.loc[~origins["is_part"], [*LESION, "origin"]]
    if mergers.empty:
        return begun.iloc[:0][AT]
    merged = begun[_is_among(begun, mergers, LESION)]
    whole = origins.loc[
        _is_among(origins.assign(lesion=origins["origin"]), mergers, LESION), [*LESION, "origin"]
    ]
    # a record of the merged lesion, of a part of it, or of a larger merger shows them merged
    shown_by = pd.concat(
        [
            merged[LESION].drop_duplicates().assign(shown_by=lambda rows: rows["lesion"]),
            whole.set_axis([SUBJECT, "shown_by", "lesion"], axis="columns"),
        ]
    )
    recorded = records[[SUBJECT, "lesion", "assessment"]].rename(columns={"lesion": "shown_by"})
    together = shown_by.merge(recorded, on=[SUBJECT, "shown_by"], how="inner", validate="many_to_many")
    assessed = records.loc[records["done"], [SUBJECT, "lesion", "assessment"]]
    assessed = assessed.rename(columns={"lesion": "origin"})
    apart = mergers.merge(assessed, on=[SUBJECT, "origin"], how="inner", validate="many_to_many")

    is_together = pd.Series(_is_among(merged, together, AT), index=merged.index)
    is_apart = pd.Series(_is_among(merged, apart, AT), index=merged.index) & ~is_together
    state = pd.Series(float("nan"), index=merged.index).mask(is_together, 0.0).mask(is_apart, 1.0)
    in_order = merged.assign(state=state).sort_values(AT)
    last_state = in_order.groupby(LESION, observed=True)["state"].ffill()
    return in_order.loc[last_state.eq(1), AT]


def _origins(records: pd.DataFrame) -> pd.DataFrame:
    """The lesions that each part or merged lesion came of: USUBJID, lesion, origin, is_part, first."""
    first = records.groupby(LESION, observed=True)["assessment"].min().rename("first").reset_index()
    first = first.astype({SUBJECT: "str", "lesion": "str"})
    named = _named(first["lesion"])
    later = first[first["first"].gt(0)]
    origins = later.merge(named, on="lesion", how="inner", validate="many_to_many")
    existing = first[LESION].rename(columns={"lesion": "origin"})
    existing = existing.assign(name=_plain(existing["origin"])).drop_duplicates([SUBJECT, "name"])
    origins = origins.merge(existing, on=[SUBJECT, "name"], how="inner", validate="many_to_one")
    origins = origins[origins["origin"].ne(origins["lesion"])]
    n_existing = origins.groupby([*LESION, "is_part"])["origin"].transform("size")
    origins = origins[origins["is_part"] | n_existing.eq(origins["n_named"])]
    # T01/T02.1 can be read as a part of T01/T02, or as T01 merged with T02.1. Such a label names a part.
    names_a_part = origins.groupby(LESION)["is_part"].transform("max")
    origins = origins[origins["is_part"].eq(names_a_part)]
    # T01/T02/T03 stands for T01/T02 too.
    mergers = origins.loc[~origins["is_part"], [*LESION, "origin"]]
    size = mergers.groupby(LESION)["origin"].transform("size")
    columns = [*LESION, "origin", "is_part", "first"]
    if not size.gt(2).any():  # a merger of two holds no smaller one
        return origins[columns].reset_index(drop=True).astype({"is_part": "bool"})
    smaller = mergers.assign(size=size).rename(columns={"lesion": "smaller"})
    larger = mergers.assign(larger_size=size)
    shared = larger.merge(smaller, on=[SUBJECT, "origin"], how="inner", validate="many_to_many")
    n_shared = shared.groupby([SUBJECT, "lesion", "smaller"])["origin"].transform("size")
    within = shared[n_shared.eq(shared["size"]) & shared["size"].lt(shared["larger_size"])]
    within = within[[SUBJECT, "lesion", "smaller"]].drop_duplicates().rename(columns={"smaller": "origin"})
    within = within.merge(first, on=LESION, how="left", validate="many_to_one").assign(is_part=False)
    return pd.concat([origins[columns], within[columns]], ignore_index=True).astype({"is_part": "bool"})


def _named(labels: pd.Series) -> pd.DataFrame:
    """The lesions that a label names as its whole, or as what merged into it: their plain names, and how many
    the label names.
    """
    label = pd.Series(labels.unique(), dtype="str")
    parts = [
        pd.DataFrame({"lesion": label, "name": label.str.extract(pattern, expand=False), "is_part": True})
        for pattern in _PART
    ]
    tokens = label[label.str.contains(_MERGED, regex=True)].str.split(_MERGED, regex=True).explode()
    letters = label.reindex(tokens.index).str.extract(_LETTERS, expand=False)
    tokens = tokens.mask(tokens.str.isdigit(), letters + tokens)  # 03 of T02/03 is T03
    mergers = pd.DataFrame({"lesion": label.reindex(tokens.index), "name": tokens, "is_part": False})
    named = pd.concat([*parts, mergers], ignore_index=True).astype({"lesion": "str", "name": "str"})
    named = named[named["name"].notna()].assign(name=lambda rows: _plain(rows["name"]))
    named = named.drop_duplicates(["lesion", "name", "is_part"])
    return named.assign(n_named=named.groupby(["lesion", "is_part"])["name"].transform("size"))


def _plain(labels: pd.Series) -> pd.Series:
    """Labels without what people write differently: capitals, blanks, and zeros before a number."""
    return labels.str.upper().str.replace(r"\s+|(?<![0-9])0+(?=[0-9])", "", regex=True)


def _is_among(records: pd.DataFrame, others: pd.DataFrame, columns: list[str]) -> pd.Series:
    if not len(records) or not len(others):
        return pd.Series(False, index=records.index)
    among = lookup.is_among([records[c] for c in columns], [others[c] for c in columns])
    return pd.Series(among, index=records.index)
