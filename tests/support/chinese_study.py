"""The small study with Chinese texts: a note in SUPPEX, a product, and what an edition for the NMPA says of
it all.
"""

from __future__ import annotations

from tests.support import small_builds

EDITION = """\
encoding: UTF-8
datasets: {DM: 人口学资料, EX: 暴露, SUPPEX: 暴露补充限定词, ADSL: 受试者水平分析数据集}
variables:
  STUDYID: 研究标识符
  USUBJID: 受试者唯一标识符
  SUBJID: 研究受试者标识符
  DM.SEX: 性别
  ADSL.SEX: 受试者性别
  SEXN: 性别(文字)
  BRTHDTC: 出生日期
  RFSTDTC: 首次给药日期
  --SEQ: 序号
  --TRT: 治疗名称
  --DOSE: 剂量
  --NOTE: 备注
  EXSTDTC: 开始日期
  --STDY: 开始的研究日
  TRTSDT: 首次给药日期
  HOURS: 小时数
  RDOMAIN: 相关域名缩写
  IDVAR: 标识变量
  IDVARVAL: 标识变量的值
  QNAM: 限定词变量名称
  QLABEL: 限定词变量标签
  QVAL: 数据值
  QORIG: 来源
  QEVAL: 评估者
terms:
  SEX: {F: 女, M: 男}
"""
FILES = {
    "specs/nmpa.yaml": EDITION,
    "specs/codelists.yaml": small_builds.file("specs/codelists.yaml")
    + "DOMAIN: {name: Domain, terms: {EX: {}}}\nEVAL: {name: Evaluator, terms: {INVESTIGATOR: {}}}\n",
    "specs/translations.yaml": "曲妥珠单抗: Trastuzumab\n输注后寒战: Chills after infusion\n女: F\n",
    "specs/raw/enrol.yaml": small_builds.file("specs/raw/enrol.yaml").replace(
        "[Female, Male]", "[Female, Male, 女]"
    ),
    "specs/raw/dose.yaml": small_builds.file("specs/raw/dose.yaml")
    + "  NOTE:    {question: Note, type: text}\n",
    "specs/sdtm/ex.yaml": small_builds.file("specs/sdtm/ex.yaml")
    + "  EXNOTE:  {label: Note on the Dose, type: text, supp: true, long: true}\n",
    "specs/adam/adsl.yaml": small_builds.file("specs/adam/adsl.yaml")
    .replace("label: Sex, type: text", "label: Sex, type: text, codelist: SEX")
    .replace("label: Sex in words, type: text", "label: Sex in words, type: text, codelist: SEX"),
    "mappings/sdtm/ex.yaml": small_builds.file("mappings/sdtm/ex.yaml").replace(
        "      EXDOSE: {copy: MG}\n", "      EXDOSE: {copy: MG}\n      EXNOTE: {copy: NOTE}\n"
    ),
}
DROP = {
    "enrol.csv": small_builds.DROP["enrol.csv"].replace("03,,,female", "03,,,女"),
    "dose.csv": "SUBJECT,FOLDER,GIVEN,DAY,MG,PRODUCT,NOTE\n"
    "01,V1,Yes,01 MAR 2018,100,曲妥珠单抗,输注后寒战\n"
    "01,V2,Yes,22 MAR 2018,100,Trastuzumab,Chills after infusion\n"
    "02,V1,yes,02 MAR 2018,90,曲妥珠单抗,\n"
    "02,V2,No,,,,\n",
}
