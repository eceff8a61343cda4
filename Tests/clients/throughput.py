#!/usr/bin/env python3
"""Compares our program with curl: one large file from the same server into the same folder.

    throughput.py [GIGABYTES] [ROUNDS]     default 4 GB, 3 rounds

Each round downloads with curl, with curl followed by sha256sum (the same work as ours), and with
ours. Prints seconds, MB/s and our peak memory.
"""

import resource
import sys

from harness import *


def timed(command, env):
    """Seconds, and the peak memory in MB of the process."""
    start = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = process.communicate()
    seconds = time.monotonic() - start
    assert process.returncode == 0, errors
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main():
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 4
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    folder = scratch()
    source = f"{folder}/source"
    size = int(gigabytes * 1e9)
    with open(source, "wb") as out:
        block = os.urandom(1 << 20)
        for number in range(0, size, len(block)):
            out.write(block[8:] + number.to_bytes(8, "little"))
    hub = FakeHub()
    name = "model.safetensors"
    files = {"config.json": {"text": "{}"}, name: {"file": source}}
    added = hub.add(files)
    path = f"/{MODEL}/resolve/{added['commit']}/{name}"
    results = {"curl": [], "curl, then sha256sum": [], "internvl": []}
    peak = 0
    for _ in range(rounds):
        env = environment(hub, fresh(f"{folder}/home"))
        target = f"{folder}/home/file"
        curl = ["curl", "-sSfL", "-o", target, hub.address + path]
        seconds, _ = timed(curl, env)
        results["curl"].append(seconds)
        start = time.monotonic()
        subprocess.run(["sha256sum", target], stdout=subprocess.DEVNULL, check=True)
        results["curl, then sha256sum"].append(seconds + time.monotonic() - start)
        os.unlink(target)
        seconds, memory = timed(ours("huggingface"), env)
        results["internvl"].append(seconds)
        peak = max(peak, memory)
    print("| | best s | MB/s | of curl |\n|---|---|---|---|")
    best = min(results["curl"])
    for title, seconds in results.items():
        rate = os.path.getsize(source) / 1e6 / min(seconds)
        print(f"| {title} | {min(seconds):.2f} | {rate:.0f} | {best / min(seconds):.2f} |")
    print(f"\nPeak memory of all child processes: {peak:.0f} MB; file: {size / 1e9:.1f} GB")
    hub.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
