"""Countries by the codes and names of ISO 3166-1, and what a mapping makes of them."""

from __future__ import annotations

import pytest

from pipeline.derivations.sdtm.terms import country_code
from pipeline.standards import countries
from tests.support.tables import shown, text

WRITTEN = {
    "the code of three letters": ("DEU", "DEU"),
    "the code of two letters": ("de", "DEU"),
    "the name": ("Germany", "DEU"),
    "in capitals, with blanks": (" UNITED  STATES ", "USA"),
    "as forms call it": ("South Korea", "KOR"),
    "without its accent": ("Cote d'Ivoire", "CIV"),
    "with it": ("Côte d'Ivoire", "CIV"),
    "no country stays as it is": ("Bavaria", "Bavaria"),
}


@pytest.mark.parametrize(("collected", "code"), WRITTEN.values(), ids=WRITTEN)
def test_a_country_has_its_code_of_three_letters(collected: str, code: str) -> None:
    assert shown(country_code(text(collected))) == [code]


def test_the_table_has_each_country_once() -> None:
    assert len(countries.alpha3()) == 249
    assert {countries.by_spelling()[code.casefold()] for code in countries.alpha3()} == countries.alpha3()
