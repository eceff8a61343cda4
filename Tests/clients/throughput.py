#!/usr/bin/env python3
"""Compares our program with curl: one large file from the same server into the same folder.

    throughput.py [GIGABYTES] [ROUNDS]     default 3 GB, 3 rounds

Each round downloads with curl alone, with ours, and with curl and OpenSSL's SHA-256: side by side
through a pipe, and one after the other, then sync; that is the same work as ours. Prints medians of
the time and of the processor time, and the peak memory of each. TMPDIR chooses the volume.
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import time

from harness import MODEL, FakeHub, environment, fresh, ours, scratch

NAME = "model.safetensors"
PEER = "curl and openssl at once, sync"


def timed(command, env):
    """Seconds, processor seconds, and the peak memory in MB, of a shell command or a program."""
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        env=env,
        shell=isinstance(command, str),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0, command
    busy = usage.ru_utime + usage.ru_stime
    return time.monotonic() - start, busy, usage.ru_maxrss / 1024


def write_source(path, size):
    """A file of pseudo-random bytes."""
    chance = random.Random(7)
    with open(path, "wb") as out:
        for start in range(0, size, 1 << 20):
            out.write(chance.randbytes(min(1 << 20, size - start)))


def main():
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    folder = scratch()
    write_source(f"{folder}/source", int(gigabytes * 1e9))
    hub = FakeHub()
    added = hub.add({"config.json": {"text": "{}"}, NAME: {"file": f"{folder}/source"}})
    size = added["files"][NAME]["size"]
    target = f"{folder}/home/file"
    curl = f"curl -sSfL {hub.address}/{MODEL}/resolve/{added['commit']}/{NAME}"
    openssl = "openssl dgst -sha256"
    commands = {
        "curl": f"{curl} -o {target}",
        "internvl": ours("huggingface"),
        PEER: f"{curl} | tee {target} | {openssl} && sync {target}",
        "curl, then openssl and sync": f"{curl} -o {target} && {openssl} {target} && sync {target}",
    }
    seconds = {title: [] for title in commands}
    processor = {title: [] for title in commands}
    peak = {title: 0 for title in commands}
    for _ in range(rounds):
        for title, command in commands.items():
            env = environment(hub, fresh(f"{folder}/home"))
            subprocess.run(["sync"], check=True)
            taken, busy, memory = timed(command, env)
            print(f"{title}: {taken:.2f} s", file=sys.stderr)
            seconds[title].append(taken)
            processor[title].append(busy)
            peak[title] = max(peak[title], memory)
    curl_time, peer_time = (statistics.median(seconds[title]) for title in ("curl", PEER))
    print(
        f"| {size / 1e9:.1f} GB, median of {rounds} | s | MB/s | of curl | of curl with hash"
        " | processor s | peak memory, MB |"
    )
    print("|---|---|---|---|---|---|---|")
    for title, all_seconds in seconds.items():
        taken = statistics.median(all_seconds)
        print(
            f"| {title} | {taken:.2f} | {size / 1e6 / taken:.0f} | {curl_time / taken:.2f}"
            f" | {peer_time / taken:.2f} | {statistics.median(processor[title]):.2f} | {peak[title]:.0f} |"
        )
    hub.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
