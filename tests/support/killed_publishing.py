"""A program that publishes and is killed before its n-th change of a folder, for each n: `python
killed_publishing.py OUT` prints what a reader of OUT finds after each of these deaths, as JSON.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.publish import staging

CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}
PARTS = {"first": ("m5", "lineage", "tlf"), "second": ("m5", "lineage", "site"), "third": ("m5", "site")}


def publish(out: Path, name: str) -> None:
    """Publishes a build of three files, as a build does, in the place of whatever was refused before."""
    with staging.staged(out) as stage:
        home = stage / "build"
        for part in PARTS[name]:
            (home / part).mkdir(parents=True)
            (home / part / "file.txt").write_text(name, encoding="ascii")
        (home / "manifest.json").write_text(json.dumps({"name": name}), encoding="ascii")
        staging.make_current(home, out)


def refuse(out: Path) -> None:
    with staging.staged(out) as stage:
        (stage / "refused").mkdir()
        (stage / "refused" / "findings.csv").write_text("rule", encoding="ascii")
        staging.show_refusal(stage / "refused", out)


def killed_at(change: int, out: Path, name: str) -> bool:
    """Publishes in a process that is killed before its n-th change; false where it came to its end."""
    child = os.fork()
    if child == 0:
        seen = [0]

        def watch(event: str, _: tuple[object, ...]) -> None:
            if event in CHANGES:
                seen[0] += 1
                if seen[0] == change:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        publish(out, name)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def found(out: Path) -> dict[str, object]:
    """What stands in a folder of builds: where `latest` leads, and what is there besides."""
    latest = out / "latest"
    links = [path for path in out.iterdir() if path.is_symlink()]
    builds = [path for path in (out / "builds").iterdir() if not path.name.startswith(".")]
    return {
        "name": json.loads((latest / "manifest.json").read_text()).get("name") if latest.exists() else None,
        "whole": latest.exists() and {p.parent.name: p.read_text() for p in latest.glob("*/file.txt")},
        "dangling": sorted(path.name for path in links if not path.exists()),
        "builds": sorted(json.loads((b / "manifest.json").read_text())["name"] for b in builds),
        "else": sorted(path.name for path in out.iterdir() if path not in links and path.name != "builds"),
        "hidden": sorted(path.name for path in (out / "builds").iterdir() if path.name.startswith(".")),
    }


def deaths(out: Path, before: bool) -> Iterator[dict[str, object]]:
    """What is found after each death, and after the next build: in a folder that has a build, or has none."""
    for change in itertools.count(1):
        shutil.rmtree(out, ignore_errors=True)
        if before:
            publish(out, "first")
            refuse(out)
        killed = killed_at(change, out, "second")
        after = found(out) if (out / "builds").exists() else None
        publish(out, "third")
        yield {"before": before, "killed": killed, "after": after, "next": found(out)}
        if not killed:
            return


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdout.write(json.dumps([*deaths(folder, True), *deaths(folder, False)]))
