"""Runs commands and prints as JSON what each asks of the world outside its files: a connection, another
program, a pickled object. `python watched_commands.py` takes the commands as JSON from standard input.
"""

from __future__ import annotations

import json
import sys

from typer.testing import CliRunner

from pipeline.cli import app

# no `socket.bind`: a library of Great Expectations tries whether the machine has IPv6, on its own address
WATCHED: tuple[str, ...] = (
    "socket.connect",
    "socket.send",
    "socket.getaddrinfo",
    "socket.gethostby",
    "urllib.",
)
WATCHED += (
    "ftplib.",
    "smtplib.",
    "http.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
)
WATCHED += ("pickle.", "webbrowser.")


def main() -> None:
    asked: list[tuple[str, str]] = []
    told = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(WATCHED):
            asked.append((event, repr(arguments)))

    commands = json.loads(sys.stdin.read())
    sys.addaudithook(watch)
    for words in commands:
        asked.clear()
        result = CliRunner().invoke(app, words)
        told.append({"words": words, "code": result.exit_code, "output": result.output, "asked": [*asked]})
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
