"""The run: a data set of pictures, an actor a machine, a file a batch."""

import os
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy
import ray
import ray.data

from . import output
from .sources import pictures
from .worker import Picture, Row, Worker

LARGEST_DOWNLOAD = 1 << 30


class Summary(NamedTuple):
    """What a run did: pictures with a caption, with an error, and those that had a row before."""

    captioned: int
    failed: int
    skipped: int


class Captioner:
    """What an actor does: a batch in, its rows to the disk, two counts out."""

    def __init__(self, command: Sequence[str], folder: str, format: output.Format) -> None:
        self._worker = Worker(command)
        self._folder = folder
        self._format: output.Format = format

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        columns = [column for column in ("bytes", "path", "url") if column in batch]
        places = [next((batch[column][i] for column in columns if batch[column][i] is not None), None)
                  for i in range(len(batch["image"]))]
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(_fetch, batch["image"], places))
        answers = iter(self._worker.caption([entry for entry in found if isinstance(entry, Picture)]))
        rows = [next(answers) if isinstance(entry, Picture) else entry for entry in found]
        output.write(self._folder, rows, self._format)
        failed = sum("error" in row for row in rows)
        return {"captioned": numpy.array([len(rows) - failed]), "failed": numpy.array([failed])}


def caption(source: str, folder: str, options: Sequence[str], *, program: str = "internvl",
            format: output.Format = "jsonl", cpus: int | None = None, batch_size: int = 32) -> Summary:
    """Captions the pictures of `source` that have no row in `folder` yet.

    `options` are those of `internvl caption --worker`, such as `["--model-name", "1b"]`. An actor takes
    `cpus` processors; left out, all but one of the smallest machine: Ray reads the pictures with that one.
    """
    if not ray.is_initialized():
        ray.init()
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    had = output.done(folder, format)
    sizes = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes()  # type: ignore[no-untyped-call]
             if node["Alive"]]
    sizes = [size for size in sizes if size]
    cpus = cpus or max(1, min(sizes) - 1)
    command = [program, "caption", "--worker", "--quiet", "--threads", str(cpus), *options]
    counts = pictures(source, had).map_batches(
        Captioner,
        fn_constructor_args=(command, folder, format),
        batch_size=batch_size,
        concurrency=max(1, sum(size >= cpus for size in sizes)),
        num_cpus=cpus,
        scheduling_strategy="SPREAD",
        max_restarts=-1,
        max_task_retries=-1,
    )
    captioned = failed = 0
    for row in counts.iter_rows():
        captioned += row["captioned"]
        failed += row["failed"]
    return Summary(int(captioned), int(failed), len(had))


def _fetch(name: str, place: object) -> Picture | Row:
    """The picture, or a row that says why there is none."""
    if isinstance(place, bytes):
        return Picture(name, place)
    if isinstance(place, str) and place.startswith(("http://", "https://")):
        try:
            with urllib.request.urlopen(place, timeout=60) as answer:
                content = answer.read(LARGEST_DOWNLOAD + 1)
        except (OSError, ValueError) as error:
            return {"image": name, "error": f"cannot be downloaded: {error}"}
        if len(content) > LARGEST_DOWNLOAD:
            return {"image": name, "error": "is larger than 1 GiB"}
        return Picture(name, content)
    if isinstance(place, str):
        return Picture(name, place)
    return {"image": name, "error": "has neither bytes nor a url"}
