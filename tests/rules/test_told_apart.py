"""A value that is collected in some records and set by the sponsor in others: the variables by which
define.xml tells the two apart, where the spec of the study names none. Each has a value in every record.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import minimal

MH = """\
dataset: MH
records:
  - from: ae_raw
    variables: {MHTERM: {copy: IT.AETERM}, MHDECOD: {copy: AEDECOD}, MHCAT: {constant: GENERAL}}
  - from: dm_raw
    variables: {MHTERM: {constant: Colorectal cancer}, MHCAT: {constant: PRIMARY DIAGNOSIS}}
"""
RS = """\
dataset: RS
records:
  - from: ae_raw
    variables:
      RSTESTCD: {constant: OVRLRESP}
      RSGRPID:  {copy: AELLT}
      RSORRES:  {copy: IT.AETERM}
      RSSTRESC: {codelist: IT.AETERM}
  - from: dm_raw
    variables: {RSTESTCD: {constant: NEWLPROG}, RSORRES: {copy: IT.SEX}, RSSTRESC: {constant: UNEQUIVOCAL}}
variables: {RSCAT: {constant: RECIST 1.1}, RSEVAL: {constant: INVESTIGATOR}}
"""
TU = """\
dataset: TU
records:
  - from: ae_raw
    variables: {TULNKID: {copy: AELLT}, TUORRES: {constant: TARGET}, TUSTRESC: {constant: TARGET}}
  - from: dm_raw
    variables: {TULNKID: {constant: NEW01}, TUORRES: {constant: NEW}, TUSTRESC: {constant: NEW}}
variables: {TUTESTCD: {constant: TUMIDENT}, TUEVAL: {constant: INVESTIGATOR}}
"""
SV = """\
dataset: SV
records:
  - from: ae_raw
    variables: {VISITNUM: {constant: 1}, SVSTDTC: {date: IT.AESTDAT}}
  - from: dm_raw
    variables: {VISITNUM: {constant: 2}, SVSTDTC: {derive: first_date, of: {records: [ds_raw.DEATHDT]}}}
"""
NOT_COLLECTED = {
    "MH": "",
    "RS": "VISITNUM: no, RSDTC: no, RSLNKGRP: no",
    "TU": "TULOC: no, TUMETHOD: no, VISITNUM: no, TUDTC: no, TULOBXFL: no",
    "SV": "SVPRESP: no, SVOCCUR: no, SVENDTC: no",
}


@pytest.mark.parametrize(
    ("mapping", "variable", "expected"),
    [
        (MH, "MHTERM", ("MHCAT",)),  # MHDECOD is missing in one block, and MHCAT is the same in no two
        (RS, "RSSTRESC", ("RSTESTCD",)),  # RSGRPID is missing in one block
        (RS.replace("RSTESTCD: {constant: NEWL", "RSGRPID: {copy: IT.SEX}, RSTESTCD: {constant: NEWL"),
         "RSSTRESC", ("RSGRPID", "RSTESTCD")),
        (TU, "TULNKID", ("TUORRES",)),  # TUTESTCD is the same in both blocks
        (SV, "SVSTDTC", ("VISITNUM",)),  # SV has neither a test nor a term
        (MH, "MHCAT", ()),  # a constant in each block: one origin
    ],
)  # fmt: skip
def test_what_tells_collected_values_from_others(
    tmp_path: Path, mapping: str, variable: str, expected: tuple[str, ...]
) -> None:
    dataset = mapping.split()[1]
    spec = f"dataset: {dataset}\nnot_collected: {{{NOT_COLLECTED[dataset]}}}\nvariables: {{}}\n"
    files = {f"mappings/sdtm/{dataset.lower()}.yaml": mapping, f"specs/sdtm/{dataset.lower()}.yaml": spec}
    study = minimal.study(tmp_path, files)
    assert study.datasets[dataset].variables[variable].by == expected


def test_what_the_spec_of_the_study_names_wins(tmp_path: Path) -> None:
    spec = "dataset: MH\nvariables: {MHTERM: {by: [MHCAT, MHSEQ]}}\n"
    study = minimal.study(tmp_path, {"mappings/sdtm/mh.yaml": MH, "specs/sdtm/mh.yaml": spec})
    assert study.datasets["MH"].variables["MHTERM"].by == ("MHCAT", "MHSEQ")
