#!/usr/bin/env python3
"""Captions 500 pictures on a Ray cluster of two nodes in two network namespaces, and kills one in the middle.

usage, as root: INTERNVL=.build/release/internvl VENV/bin/python Tests/scale/ray_cluster.py
VENV has Ray and integrations/ray.
"""

import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import samples  # noqa: E402

PROJECT = Path(__file__).parents[2]
PROGRAM = os.path.abspath(os.environ.get("INTERNVL", PROJECT / ".build/release/internvl"))
COUNT = 500
# The head and the other node: a namespace and an address each.
NODES = {"internvl-a": "10.213.7.1", "internvl-b": "10.213.7.2"}
HEAD, OTHER = NODES
BIN = Path(sys.executable).parent
started = time.time()


def check(what, is_right, detail=""):
    print(f"{time.time() - started:6.1f} s  {'ok  ' if is_right else 'FAIL'} {what}", flush=True)
    if not is_right:
        sys.exit(f"{detail}")


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def end(namespace):
    """Kills every process of a node."""
    found = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
    for process in found.stdout.split():
        try:
            os.kill(int(process), signal.SIGKILL)
        except ProcessLookupError:
            pass


def take_down():
    for namespace in NODES:
        end(namespace)
        subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL)


def set_up(folder):
    take_down()
    for namespace in NODES:
        ip("netns", "add", namespace)
    ip("link", "add", "eth0", "netns", HEAD, "type", "veth", "peer", "name", "eth0", "netns", OTHER)
    for namespace, address in NODES.items():
        ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", namespace, "link", "set", "eth0", "up")
        ip("-n", namespace, "link", "set", "lo", "up")
    start(HEAD, folder, "--head", "--port=6379", "--include-dashboard=false", f"--temp-dir={folder}/h")
    start(OTHER, folder, f"--address={NODES[HEAD]}:6379", f"--temp-dir={folder}/o")


def start(namespace, folder, *options):
    environment = dict(os.environ, RAY_health_check_failure_threshold="2", XDG_CACHE_HOME=f"{folder}/cache")
    result = subprocess.run(
        ["ip", "netns", "exec", namespace, BIN / "ray", "start", *options, "--num-cpus=2",
         f"--node-ip-address={NODES[namespace]}", "--object-store-memory=200000000"],
        env=environment, capture_output=True, text=True, timeout=120)
    check(f"{namespace} is up", result.returncode == 0, result.stdout + result.stderr)


def driver(source, output, *options):
    """The run as a user starts it, on the head."""
    environment = dict(os.environ, RAY_ADDRESS=f"{NODES[HEAD]}:6379")
    return subprocess.Popen(
        ["ip", "netns", "exec", HEAD, sys.executable, "-m", "internvl_ray", source, "--output", output,
         "--program", PROGRAM, "--batch-size", "10", *options,
         "--", "--model-path", PROJECT / "demo/model", "--max-tokens", "16"],
        env=environment, cwd=PROJECT / "Tests", text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(run):
    out, errors = run.communicate(timeout=240)
    check("the run ends well", run.returncode == 0, errors[-6000:])
    # Ray writes its own lines to standard output, too.
    return next((line for line in out.splitlines() if line.endswith("had a row")), out)


def rows(output):
    return [json.loads(line) for file in sorted(Path(output).glob("*/*.jsonl"))
            for line in file.read_text().splitlines()]


def workers(namespace):
    """How many programs caption on a node."""
    found = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True).stdout
    lines = [Path(f"/proc/{process}/cmdline") for process in found.split()]
    return sum(PROGRAM.encode() in line.read_bytes().split(b"\0")[0] for line in lines if line.exists())


def walk(folder):
    pictures, output = f"{folder}/pictures", f"{folder}/out"
    names = samples.make(pictures, COUNT)
    set_up(folder)

    run = driver(pictures, output)
    deadline = time.time() + 120
    while run.poll() is None and time.time() < deadline:
        there = len(rows(output))
        if there >= 60 and workers(OTHER):
            break
        time.sleep(0.05)
    check(f"both nodes caption, and {there} rows are on the disk",
          60 <= there < COUNT and workers(HEAD) == 1 and workers(OTHER) == 1,
          f"{workers(HEAD)} and {workers(OTHER)} workers, {run.poll() and run.stderr.read()[-4000:]}")
    end(OTHER)
    check("a node is killed", run.poll() is None)
    said = finish(run)
    found = rows(output)
    check("every picture is there once", sorted(row["image"] for row in found) == names, len(found))
    check("each has a caption", all(row.get("caption") for row in found))
    check(f"it says so: {said}", said.startswith(f"{COUNT} captioned, 0 failed"))

    lost = sorted(Path(output).glob("*/*.jsonl"))[:3]
    missing = sum(len(file.read_text().splitlines()) for file in lost)
    for file in lost:
        file.unlink()
    kept = {file: file.stat().st_mtime_ns for file in Path(output).glob("*/*.jsonl")}
    said = finish(driver(pictures, output))
    check(f"a second run does what is missing: {said}",
          said == f"{missing} captioned, 0 failed, {COUNT - missing} had a row")
    check("and nothing twice", sorted(row["image"] for row in rows(output)) == names)
    check("and leaves the other rows alone", all(f.stat().st_mtime_ns == time for f, time in kept.items()))
    sources(folder, pictures, names[:20])


def sources(folder, pictures, names):
    """A WebDataset tar to parquet, and that parquet's names with the files' bytes back to rows."""
    import pyarrow
    import pyarrow.parquet

    with tarfile.open(f"{folder}/set.tar", "w") as archive:
        for name in names:
            archive.add(f"{pictures}/{name}", arcname=name)
    said = finish(driver(f"{folder}/set.tar", f"{folder}/parquet", "--format", "parquet"))
    table = pyarrow.parquet.read_table(f"{folder}/parquet").to_pylist()
    check(f"a tar becomes parquet: {said}",
          sorted(row["image"] for row in table) == [f"set.tar!{name}" for name in names]
          and all(row["caption"] for row in table), table)

    columns = {"image": [*names, "gone"], "url": [None] * len(names) + ["http://127.0.0.1:9/gone.png"],
               "bytes": [Path(pictures, name).read_bytes() for name in names] + [None]}
    pyarrow.parquet.write_table(pyarrow.table(columns), f"{folder}/set.parquet")
    run = driver(f"{folder}/set.parquet", f"{folder}/from-parquet")
    out, errors = run.communicate(timeout=240)
    check("a URL that cannot be had fails, and the exit status is 3", run.returncode == 3, errors)
    found = {row["image"]: row for row in rows(f"{folder}/from-parquet")}
    first = {row["image"].removeprefix("set.tar!"): row["caption"] for row in table}
    check("the same bytes have the same captions from parquet",
          {name: found[name].get("caption") for name in names} == first and "error" in found["gone"], found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ivr") as folder:
        try:
            walk(folder)
        finally:
            take_down()
    print("Ray: all well")
