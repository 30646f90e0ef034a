"""Slips planted in code that is loaded already: for each slip a process is forked, which changes the code in
its memory and runs the tests that judge it, up to the first that fails.

Python, the libraries and the study are loaded, and the tests collected, once for all slips: that takes longer
than the tests of one rule do. No file is changed.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from pipeline import sources
from pipeline.plan import plan_of
from pipeline.study import Study, load
from tests.support import reading
from tests.support.code_mutants import Slip
from tests.support.drops import DROP

ROOT = Path(__file__).resolve().parent.parent.parent
OWN = ("pipeline", "mappings", "tests")
Judged = tuple[Slip, Sequence[str]]  # a slip, and the tests that judge it: FILE, or FILE::FUNCTION


def noticed(slips: Sequence[Judged]) -> list[str | None]:
    """The first test that fails with each slip; None where all that judge it pass."""
    with TemporaryDirectory() as folder:
        asked, told = Path(folder, "asked.json"), Path(folder, "told.json")
        asked.write_text(json.dumps([[asdict(slip), list(judges)] for slip, judges in slips]))
        command = [sys.executable, "-m", "tests.support.forked", str(asked), str(told)]
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        lines = told.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(slips), done.stdout + done.stderr
    return [json.loads(line) for line in lines]


class Survey:
    """In the place of pytest's loop over the tests: a process a slip, and a line a slip in `told`."""

    def __init__(self, slips: Sequence[Judged], told: Path) -> None:
        self.slips, self.told = slips, told

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        with self.told.open("w", encoding="utf-8") as told:
            for slip, judges in self.slips:
                items = [item for judge in judges for item in session.items if _is_of(item.nodeid, judge)]
                assert items, f"there is no test {judges}"
                told.write(json.dumps(_in_another_process(slip, items)) + "\n")
                told.flush()
        return True


def _is_of(test: str, judge: str) -> bool:
    return test == judge or test.startswith((f"{judge}::", f"{judge}["))


def _in_another_process(slip: Slip, items: Sequence[pytest.Item]) -> str | None:
    """The first of the tests that fails with the slip, in a process that ends with it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = _first_failing(slip, items)
        except BaseException as e:  # a slip may break anything
            told = f"the tests cannot begin: {type(e).__name__}"
        os.write(write, told.encode("utf-8"))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return told or (None if status == 0 else "the process ended")


def _first_failing(slip: Slip, items: Sequence[pytest.Item]) -> str:
    failed: list[str] = []

    class Told:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                failed.append(report.nodeid)

    plant(slip)
    items[0].config.pluginmanager.register(Told())
    for item, after in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if failed:
            return failed[0]
    return ""


# --- the change of what is loaded
def plant(slip: Slip) -> None:
    """Changes the functions, the constants and the defaults of dataclasses that are loaded of the slip's file
    to what they are with it.
    """
    path = ROOT / slip.file
    text = path.read_text(encoding="utf-8")
    name = slip.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    original, planted = (compile(t, str(path), "exec", dont_inherit=True) for t in (text, slip.planted(text)))
    before = sys.modules.get(name)
    module = _executed(planted, name, path)
    _change_functions(slip.file, dict(zip(_codes(original), _codes(planted), strict=True)), module)
    _change_constants(dict(vars(before)) if before else {}, module)


def _executed(code: CodeType, name: str, path: Path) -> ModuleType:
    """The module that the file would be, beside the one that is loaded."""
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__package__ = name if path.name == "__init__.py" else name.rpartition(".")[0]
    before = sys.modules.get(name)
    sys.modules[name] = module  # a dataclass looks for its module by name
    exec(code, vars(module))
    if before is not None:
        sys.modules[name] = before
    return module


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a file and of each function in it, in the order of its text."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _change_functions(file: str, new: Mapping[CodeType, CodeType], module: ModuleType) -> None:
    for function in [o for o in gc.get_objects() if isinstance(o, FunctionType)]:
        code = function.__code__
        if not code.co_filename.endswith(file) or function.__globals__ is vars(module):
            continue
        planted = new.get(code, code)
        if len(planted.co_freevars) == len(code.co_freevars):
            function.__code__ = planted
        same = _named(module, function.__qualname__)
        if isinstance(same, FunctionType):
            function.__defaults__, function.__kwdefaults__ = same.__defaults__, same.__kwdefaults__


def _named(module: ModuleType, qualified: str) -> object:
    found: object = module
    for name in qualified.split("."):
        found = getattr(found, name, None)
    return getattr(found, "__wrapped__", found)


def _change_constants(before: Mapping[str, Any], module: ModuleType) -> None:
    """Each constant that is another one with the slip, in all modules that took it over, alone or in a longer
    table; and the defaults of each dataclass.
    """
    rows: dict[int, Any] = {}  # of the tables of the file, by the row that is loaded
    for name, was in before.items():
        now = getattr(module, name, was)
        if is_dataclass(was) and isinstance(was, type):
            was.__init__.__defaults__ = now.__init__.__defaults__
        if name.startswith("__") or callable(was) or isinstance(was, ModuleType) or repr(now) == repr(was):
            continue
        if isinstance(was, tuple) and len(was) == len(now):
            rows.update((id(a), b) for a, b in zip(was, now, strict=True) if repr(a) != repr(b))
        for other in _own_modules():
            if vars(other).get(name) is was:
                setattr(other, name, now)
    for other in _own_modules() if rows else ():
        for name, table in list(vars(other).items()):
            if isinstance(table, tuple) and any(id(row) in rows for row in table):
                setattr(other, name, tuple(rows.get(id(row), row) for row in table))


def _own_modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith(OWN)]


def main(asked: Path, told: Path) -> int:
    """Runs the survey that another process asked for."""
    slips = [(Slip(**slip), judges) for slip, judges in json.loads(asked.read_text(encoding="utf-8"))]
    # what the fixtures of a session make is made here, once for all
    study, read = load(ROOT), reading.read
    plan_of(study)
    sample = read(study, DROP)

    def read_once(of: Study, drop: Path) -> sources.Drop:
        return sample if (of, drop) == (study, DROP) else read(of, drop)

    patch = pytest.MonkeyPatch()
    patch.setattr("tests.conftest.load", lambda _: study)
    patch.setattr("tests.support.reading.read", read_once)
    tests = dict.fromkeys(judge for _, judges in slips for judge in judges)
    words = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return int(pytest.main([*words, "--long", *tests], plugins=[Survey(slips, told)]))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
