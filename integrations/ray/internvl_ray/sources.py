"""Folders, WebDataset tars and parquet files as a data set of pictures.

A row has `image`, its name, and one of `path`, `url` and `bytes`; the others are None or absent.
"""

import glob
import os
import tarfile
from collections.abc import Collection, Iterator
from typing import Any

import ray.data

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".avif")


def pictures(source: str, done: Collection[str] = ()) -> "ray.data.Dataset":
    """The pictures of a source, without those whose names are in `done`.

    `source` is a folder, or a path or glob of `.tar` files or of `.parquet` files. A parquet file has the
    columns `image` (the name; the URL where it is absent) and `url` or `bytes`.
    """
    known = frozenset(done)
    if source.endswith((".tar", ".parquet")):
        files = sorted(os.path.abspath(file) for file in glob.glob(source))
        if not files:
            raise FileNotFoundError(f"no file is called {source}")
        if source.endswith(".parquet"):
            return ray.data.read_parquet(files).map(_named).filter(lambda row: row["image"] not in known)
        archives = ray.data.from_items([{"path": file} for file in files])
        return archives.flat_map(_members).filter(lambda row: row["image"] not in known)
    if not os.path.isdir(source):
        raise FileNotFoundError(f"{source} is neither a folder nor .tar or .parquet")
    return ray.data.from_items([row for row in _files(os.path.abspath(source)) if row["image"] not in known])


def _files(folder: str) -> Iterator[dict[str, Any]]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                path = os.path.join(parent, name)
                yield {"image": os.path.relpath(path, folder), "path": path}


def _members(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with tarfile.open(row["path"], "r|*") as archive:
        for member in archive:
            if member.isfile() and member.name.lower().endswith(ENDINGS):
                content = archive.extractfile(member)
                assert content
                yield {"image": f"{os.path.basename(row['path'])}!{member.name}", "bytes": content.read()}


def _named(row: dict[str, Any]) -> dict[str, Any]:
    if not row.get("image") and not row.get("url"):
        raise ValueError("a row of the parquet file has neither an image nor a url")
    return {"image": row.get("image") or row["url"], "url": row.get("url"), "bytes": row.get("bytes")}
