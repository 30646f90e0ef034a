"""What `--help` of each command shows at its end: how it is most often called."""

from __future__ import annotations

EXAMPLES = {
    "build": (
        "build drops/2019-07-01 --out outputs",
        "build drops/2019-07-01 --out outputs --edition both --workers 4",
        "build drops/2019-07-08 --out outputs --previous outputs",
        "build drops/2019-07-01 --out /shared/outputs --scheduler tcp://10.0.0.1:8786",
        "build drops/2019-07-01 --out outputs --quiet --json",
    ),
    "init": (
        "init study",
        "init study --from drops/2019-07-01",
        "init study --from drops/2019-07-01 --form vitals",
        "init study --define define.xml",
    ),
    "lint": ("lint", "lint --study study --json"),
    "review-mark": ("review-mark . ADTTE.AVAL --by Statistician", "review-mark . LB --by Programmer"),
    "schema": ("schema mapping", "schema --out schemas --study study"),
    "functions": ("functions", "functions study_day"),
    "check-drop": (
        "check-drop drops/2019-07-01 --out outputs/check",
        "check-drop drops/2019-07-01 --out outputs/check-2 --against outputs/check",
        "check-drop drops/2019-07-08 --against outputs/check --answers returned.xlsx --format xlsx,sites",
        "check-drop drops/2019-07-01 --format junit,sarif --fail-on warnings --quiet",
    ),
    "simulate": ("simulate outputs/simulated --subjects 10", "simulate outputs/clean --clean --seed 7"),
    "open": ("open outputs", "open outputs --address"),
    "explain": (
        "explain outputs ADTTE.AVAL USUBJID=S1-01 PARAMCD=PFS",
        "explain outputs T14-2-5 row=... column=... --json",
    ),
    "impact": ("impact outputs tl.DIAMETER", "impact outputs tl.DIAMETER SUBJECT=01 --json"),
    "mapping": ("mapping outputs AE", "mapping outputs --html mapping.html", "mapping outputs --unread"),
    "diff": (
        "diff drops/2018-07-01 drops/2019-07-01",
        "diff drops/2018-07-01 drops/2019-07-01 --summary changes.md --fail-on removed",
    ),
    "review-change": ("review-change outputs/before outputs/after --html review.html --cells",),
    "compare": ("compare outputs other/sdtm", "compare outputs other/adam ADSL --tolerance absolute:0.001"),
    "preflight": ("preflight outputs/m5",),
    "verify": ("verify outputs --drop drops/2019-07-01", "verify outputs --drop drops/2019-07-01 --rebuild"),
    "conform": (
        "conform outputs --core /opt/core",
        "conform outputs --core /opt/core --record core.json",
        "conform outputs --report core.json --junit core.xml",
    ),
    "check-define": ("check-define define.xml", "check-define define.xml --data datasets --json"),
}


def of(command: str) -> str:
    """The end of a command's help, one example a line."""
    lines = "\n".join(f"  cdisc-pipeline {words}" for words in EXAMPLES[command])
    return f"\b\nExamples:\n{lines}"
