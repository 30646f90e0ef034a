"""specs/nmpa.yaml: what the package for the NMPA says in Chinese, and the encoding of its transport files."""

from __future__ import annotations

from typing import ClassVar, Literal

from pipeline.study.frozen import Frozen, Text
from pipeline.study.guides import Answer


class Edition(Frozen):
    """Labels by dataset and variable, and decodes by code list and term."""

    language: ClassVar[str] = "zh"
    folder: ClassVar[str] = "nmpa"

    encoding: Literal["UTF-8", "GB18030"]
    datasets: dict[str, Text]
    variables: dict[str, Text]  # DATASET.VARIABLE, VARIABLE, or --FRAGMENT where -- stands for the dataset
    terms: dict[str, dict[str, Text]] = {}
    tabulation: tuple[Answer, ...] = ()  # of the cSDRG, in place of the answer to the same question
    analysis: tuple[Answer, ...] = ()  # of the ADRG, in place of the answer to the same question

    def key(self, dataset: str, variable: str) -> str | None:
        """The name under which the label of a variable stands; None where it has none. In ADAE, -- stands for
        AE.
        """
        domains = [d for d in (dataset, dataset.removeprefix("AD")) if variable.startswith(d)]
        names = [f"{dataset}.{variable}", variable, *(f"--{variable[len(d) :]}" for d in domains)]
        return next((name for name in names if name in self.variables), None)

    @property
    def statement(self) -> str:
        return (
            f"The transport files of this edition hold text in {self.encoding}; the length of a text is its"
            " bytes in that encoding."
        )
