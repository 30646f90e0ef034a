"""The README's tables of datasets and accounting, from a build's report. `python -m tests.support.readme OUT`
writes them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parent.parent.parent / "README.md"
PLACE = re.compile(r"<!-- counts -->.*?<!-- /counts -->|<!-- counts -->", re.DOTALL)


def tables(report: dict[str, Any]) -> str:
    """Markdown of a report's datasets and accounting."""
    lines = ["<!-- counts -->", "", "| dataset | label | records |", "| --- | --- | ---: |"]
    lines += [f"| {d['dataset']} | {d['label']} | {d['records']} |" for d in report["datasets"]]
    lines += ["", "| form | read | published | set aside | reason |", "| --- | ---: | ---: | ---: | --- |"]
    for a in report["accounting"]:
        aside = a["set_aside"]
        lines.append(
            f"| {a['form']} | {a['read']} | {a['published']} | {sum(aside.values())} | {'; '.join(aside)} |"
        )
    return "\n".join([*lines, "", "<!-- /counts -->"])


def main() -> None:
    report = json.loads((Path(sys.argv[1]) / "report" / "report.json").read_text(encoding="utf-8"))
    README.write_text(
        PLACE.sub(lambda _: tables(report), README.read_text(encoding="utf-8")), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
