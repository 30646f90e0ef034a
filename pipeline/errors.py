"""The ways a command can be refused. Findings are not exceptions: they are rows of the report."""

from __future__ import annotations


class PipelineError(Exception):
    """A refusal whose text is the whole message for the user; no participant's value is in it."""

    exit_code = 1


class UsageError(PipelineError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class SpecError(PipelineError):
    """A file under specs/ or mappings/ is wrong; the message names file:line:column."""

    exit_code = 3


class DropError(PipelineError):
    """The drop cannot be read as the raw contracts say."""

    exit_code = 4


class MachineError(PipelineError):
    """This machine does not serve: a file or folder cannot be read or written, disk or memory are full, or a
    finished build is not what it was.
    """

    exit_code = 5
