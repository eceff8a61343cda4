#!/usr/bin/env python3
"""Kills our program at random moments of a download, then lets it finish and checks every file.

    kill_test.py [TIMES] [SEED]     default 200 kills, seed 1

Each download starts with an empty cache, from both hubs in turn. Half of them are killed once and
half up to 4 times before they may finish; then every file's digest is compared.
"""

import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

from harness import RUNTIME, FakeHub, environment, fresh, ours, run, scratch, snapshot, wrong_files


def kill_once(command, env, seconds):
    """Runs a command and kills it after some seconds; how long it took when it was done before."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=seconds)
        return time.monotonic() - start
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return None


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    folder = scratch()
    hub = FakeHub()
    added = hub.add()
    total = sum(file["size"] for path, file in added["files"].items() if path in RUNTIME)
    home = fresh(f"{folder}/home")
    _, _, duration = run(ours("huggingface"), environment(hub, home))
    kills = rounds = failures = 0
    again = []
    while kills < times:
        hub_name = ("huggingface", "modelscope")[rounds % 2]
        command = ours(hub_name)
        home = fresh(f"{folder}/home")
        env = environment(hub, home)
        before = sum(entry["sent"] for entry in hub.log())
        here = 0
        for _ in range(1 if rounds % 4 < 2 else 4):
            done_after = kill_once(command, env, chance.uniform(0, duration))
            if done_after is None:
                here += 1
            else:
                duration = max(done_after, 0.1)
                break
        kills += here
        rounds += 1
        # Long enough that a machine that stands still for a while is not taken for a hang.
        code, output, _ = run(command, env, timeout=1000)
        wrong = wrong_files(snapshot(home, hub_name), added)
        # Hidden ones are notes of a few bytes, which later downloads sweep up.
        left = [p for p in pathlib.Path(home).rglob("*.incomplete") if p.name[0] != "."]
        left += [p for p in pathlib.Path(snapshot(home, hub_name) or home).rglob(".*") if p.is_file()]
        if code != 0 or wrong or left:
            failures += 1
            print(f"round {rounds}: exit {code}, {wrong}, {left}\n{output}")
        sent = sum(entry["sent"] for entry in hub.log()) - before
        if here:
            again.append((sent - total) / here)
    hub.close()
    shutil.rmtree(folder)
    again.sort()
    print(
        f"{kills} kills in {rounds} downloads of {total / 1e6:.1f} MB: {rounds - failures} right,"
        f" {failures} not; sent again per kill: median {again[len(again) // 2] / 1e6:.2f} MB, worst"
        f" {again[-1] / 1e6:.2f} MB"
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
