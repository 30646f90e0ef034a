"""An exception in a function of a study, or of the library, told as a fault of the mapping's line.

Its own message may hold a participant's value, so it is shown only where Python writes it of the code alone.
"""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.mapping.steps import Step
from pipeline.study import Study

_OF_CODE = (NameError, AttributeError, ImportError)  # their messages name what the code names, and no value
_PROGRAM = Path(__file__).parents[2]


@contextmanager
def told_at(study: Study, step: Step) -> Iterator[None]:
    """Turns what the function of a step raises into a refusal.

    Raises    SpecError that names the line of the mapping, the function, and where in it the fault is.
    """
    try:
        yield
    except PipelineError:
        raise
    except (Exception, SystemExit) as e:
        advice = "correct the function, or what the mapping gives it"
        message = f"{step.name} failed: {_what(study, step, e)}{_place(study, step, e)}; {advice}"
        raise study.error(*step.place, message) from None


def _what(study: Study, step: Step, error: BaseException) -> str:
    """What is shown of an exception: all of it where it is of the code; of a missing column its name."""
    if isinstance(error, _OF_CODE):
        return told(error)
    if isinstance(error, KeyError) and error.args:
        columns = {name for form in study.forms.values() for name in form.fields}
        columns |= {name for spec in study.datasets.values() for name in spec.variables}
        given = {read.column for inputs in step.inputs.values() for read in inputs}
        missing = [word for word in re.findall(r"\w+", str(error.args[0])) if word in columns - given]
        if missing:
            return f"KeyError: {', '.join(missing)}, which the mapping does not give it"
    return type(error).__name__


def told(error: BaseException) -> str:
    """The message of an exception on one line, after its kind."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def line(error: BaseException, file: str) -> int:
    """The last line of a file that an exception passed; 1 where it passed none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] or 1 if lines else 1


def _place(study: Study, step: Step, error: BaseException) -> str:
    """Where the function failed: the last line of its own file, with its text."""
    file = inspect.getsourcefile(step.what) or ""
    number = line(error, step.what.__code__.co_filename)
    own = study.functions.get(step.node[0], "") if file.startswith("mappings/") else ""
    if own:
        text = own.splitlines()[number - 1].strip()
        return f" at {study.shown(file)}:{number} ({text})"
    path = Path(file)
    return f" at {path.relative_to(_PROGRAM).as_posix()}:{number}" if path.is_relative_to(_PROGRAM) else ""
