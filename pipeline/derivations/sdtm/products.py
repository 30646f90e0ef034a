"""What one event means for each of several products, in the one value that a standard variable has."""

from __future__ import annotations

import pandas as pd

_DOES_NOT_APPLY = "NOT APPLICABLE"
_DIFFERENT = "MULTIPLE"


def answer_for_both_products(product: pd.Series, other: pd.Series) -> pd.Series:
    """The answer that was given for each of two products, or that they differ.

    1. The answer, where both products have the same one.
    2. MULTIPLE, where their answers differ; the supplemental qualifiers have each product's own.
    3. A product without an answer, or with NOT APPLICABLE because it was not being given, counts for nothing:
       the answer for the other product stands.
    4. NOT APPLICABLE, where it is the answer for both, or for one and the other has none.

    Takes     the answers for the two products, as submission values.
    Returns   text; missing where neither product has an answer.
    Source    SDTMIG 3.4, 4.2.8.3 (multiple values for a non-result qualifier variable).
    """
    applies = product.where(product.ne(_DOES_NOT_APPLY))
    other_applies = other.where(other.ne(_DOES_NOT_APPLY))
    answer = applies.where(applies.notna(), other_applies)
    differ = applies.notna() & other_applies.notna() & applies.ne(other_applies)
    answer = answer.mask(differ, _DIFFERENT)
    does_not_apply = answer.isna() & (product.notna() | other.notna())
    return answer.mask(does_not_apply, _DOES_NOT_APPLY)
