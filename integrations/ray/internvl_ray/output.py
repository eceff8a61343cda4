"""Rows on the disk: a file a batch, named by what is in it.

A batch that Ray repeats, because the node that had it died, replaces its own file. So no row is twice, and a
file that is there is whole.
"""

import glob
import hashlib
import json
import os
from collections.abc import Sequence
from typing import Literal

from .worker import Row

Format = Literal["jsonl", "parquet"]


def write(folder: str, rows: Sequence[Row], format: Format) -> str:
    """Writes a batch in one step and returns its path."""
    names = "\0".join(row["image"] for row in rows).encode(errors="surrogateescape")
    digest = hashlib.sha256(names).hexdigest()[:32]
    path = os.path.join(folder, digest[:2], f"{digest}.{format}")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = f"{path}.{os.uname().nodename}-{os.getpid()}"
    if format == "parquet":
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]

        # Fields such as an error are in some batches only; text keeps all files to one shape.
        columns = {
            "image": [row["image"] for row in rows],
            "caption": [_text(row.get("caption")) for row in rows],
            "error": [_text(row.get("error")) for row in rows],
            "row": [json.dumps(row) for row in rows],
        }
        shape = pyarrow.schema([(name, pyarrow.string()) for name in columns])
        pyarrow.parquet.write_table(pyarrow.table(columns, schema=shape), partial)
    else:
        with open(partial, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    with open(partial, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(partial, path)
    return path


def done(folder: str, format: Format) -> set[str]:
    """The names of all pictures that have a row."""
    names: set[str] = set()
    for path in glob.glob(os.path.join(glob.escape(folder), "*", f"*.{format}")):
        if format == "parquet":
            import pyarrow.parquet

            names.update(pyarrow.parquet.read_table(path, columns=["image"])["image"].to_pylist())
        else:
            with open(path, encoding="utf-8") as file:
                names.update(json.loads(line)["image"] for line in file)
    return names


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
