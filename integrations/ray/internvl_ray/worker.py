"""A long-lived `internvl caption --worker`, spoken to in lines of JSON."""

import base64
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Row = dict[str, Any]


class Picture(NamedTuple):
    """A picture to caption: its name in the output, and a path or the file's bytes."""

    name: str
    place: str | bytes


class WorkerError(RuntimeError):
    """The program ended before it had answered anything, or answered something else than rows."""


class Worker:
    """Keeps one program with its model loaded; starts it again when it dies."""

    def __init__(self, command: Sequence[str]) -> None:
        """`command` is the whole command line, such as `internvl caption --worker --model-name 1b`."""
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._has_answered = False
        self._errors = tempfile.TemporaryFile()

    def caption(self, pictures: Sequence[Picture]) -> list[Row]:
        """A row for each picture, in their order.

        Where the program dies, the pictures it still owed are asked about one at a time. One that ends the
        program again gets a row with an error.

        Raises WorkerError if the program ends before its first row.
        """
        rows = list(self._exchange(pictures))
        for picture in pictures[len(rows):]:
            row = next(self._exchange([picture]), None)
            if row is None and not self._has_answered:
                raise WorkerError(f"{self._command[0]} ended before its first row: {self._last_lines()}")
            rows.append(row or {"image": picture.name, "error": f"ended the program: {self._last_lines()}"})
        return rows

    def close(self) -> None:
        """Ends the program."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    try:
                        pipe.close()
                    except OSError:
                        pass  # What was not written to a program that ended.

    def _exchange(self, pictures: Sequence[Picture]) -> Iterator[Row]:
        """Rows until all are there or the program ends."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        process = self._process
        assert process.stdout
        # The program answers while it reads: writing everything first could fill both pipes.
        writer = threading.Thread(target=_write, args=(process, pictures), daemon=True)
        writer.start()
        for picture in pictures:
            line = process.stdout.readline()
            if not line.endswith(b"\n"):
                self.close()
                break
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                self.close()
                raise WorkerError(f"{self._command[0]} wrote no row: {line[:200]!r}")
            self._has_answered = True
            yield {**row, "image": picture.name}
        writer.join()

    def _last_lines(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


def _write(process: "subprocess.Popen[bytes]", pictures: Sequence[Picture]) -> None:
    assert process.stdin
    try:
        for name, place in pictures:
            line = {"image": place} if isinstance(place, str) else {
                "image": name, "data": base64.b64encode(place).decode()}
            process.stdin.write(json.dumps(line).encode() + b"\n")
        process.stdin.flush()
    except (OSError, ValueError):
        pass  # The program has ended, which the reader sees.
