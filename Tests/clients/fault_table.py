#!/usr/bin/env python3
"""Measures what each fault does to our program and to the Python clients; prints Markdown.

    fault_table.py VENVS [ROW ...]     VENVS as for check_clients.py; ROWs choose faults

A cell says what became of a first run with the fault and, if that failed, of a second run without
it. "right" means that every file has the right SHA-256; "again" counts bytes that were sent more
than once. Times are seconds of the first run, with 3 s instead of 10 s as the limit for silence.
Each client has a fake hub of its own, and the four of a row run side by side. A row during which this
machine stood still is measured again.

Root may mount the tmpfs that the disk faults need; without it they are left out.
"""

import concurrent.futures
import pathlib
import shutil
import sys
import threading
import time

import special_faults
from bench import Bench, Client
from faults import FAULTS
from harness import MODEL, ours, scratch


def clients(venvs):
    download = "from {} import snapshot_download as s; s('{}')"
    names = [("huggingface_hub", "hf-2.4.0"), ("modelscope", "ms-1.40.2")]
    theirs = [
        [f"{venvs}/{venv}/bin/python", "-c", download.format(package, MODEL)]
        for package, venv in names
    ]
    return [
        Client("internvl, Hugging Face", "huggingface", ours("huggingface", everything=True)),
        Client("huggingface_hub 2.4.0", "huggingface", theirs[0]),
        Client("internvl, ModelScope", "modelscope", ours("modelscope", everything=True)),
        Client("modelscope 1.40.2", "modelscope", theirs[1]),
    ]


class Standstill:
    """Notices when nothing on this machine ran for some seconds."""

    def __init__(self):
        self.happened = False
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            start = time.monotonic()
            time.sleep(0.2)
            self.happened = self.happened or time.monotonic() - start > 2


def main():
    venvs = pathlib.Path(sys.argv[1]).resolve()
    chosen = sys.argv[2:]
    folder = scratch()
    benches = [
        Bench(client, f"{folder}/{number}") for number, client in enumerate(clients(venvs))
    ]
    print("| fault |" + "".join(f" {bench.client.title} |" for bench in benches))
    print("|---|" + "---|" * len(benches))
    rows = {name: lambda bench, name=name: bench.measure(FAULTS[name]) for name in FAULTS}
    rows |= special_faults.ROWS
    standstill = Standstill()
    with concurrent.futures.ThreadPoolExecutor(len(benches)) as pool:
        for name, row in rows.items():
            if chosen and name not in chosen:
                continue
            for _ in range(5):
                standstill.happened = False
                cells = list(pool.map(row, benches))
                if not standstill.happened:
                    break
            print(f"| {name} |" + "".join(f" {cell} |" for cell in cells), flush=True)
    for bench in benches:
        bench.hub.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
