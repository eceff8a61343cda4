#!/usr/bin/env python3
"""An array of four shards on Slurm with two nodes on loopback; one job is killed in the middle and requeued.

usage, as root, with Debian's slurmctld, slurmd, slurm-client and munge:
  INTERNVL=.build/release/internvl python3 Tests/scale/slurm_array.py
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import samples  # noqa: E402

PROJECT = Path(__file__).parents[2]
PROGRAM = os.path.abspath(os.environ.get("INTERNVL", PROJECT / ".build/release/internvl"))
COUNT = 300
started = time.time()
daemons = []


def check(what, is_right, detail=""):
    print(f"{time.time() - started:6.1f} s  {'ok  ' if is_right else 'FAIL'} {what}", flush=True)
    if not is_right:
        sys.exit(f"{detail}")


def configuration(folder):
    host = socket.gethostname().split(".")[0]
    return f"""
ClusterName=internvl
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort=26817
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/%n
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/%n.log
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=26818 CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=26819 CPUs=1 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def start(folder):
    for name in ("state", "n1", "n2"):
        Path(folder, name).mkdir()
    Path(folder, "slurm.conf").write_text(configuration(folder))
    key = Path(folder, "munge.key")
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    os.environ["SLURM_CONF"] = f"{folder}/slurm.conf"
    for command in (
            ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
             f"--pid-file={folder}/munge.pid", f"--log-file={folder}/munge.log",
             f"--seed-file={folder}/munge.seed"],
            ["slurmctld", "-D", "-i"], ["slurmd", "-D", "-N", "n1"], ["slurmd", "-D", "-N", "n2"]):
        daemons.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        time.sleep(1)
    states = ""
    for _ in range(40):
        states = say("sinfo", "-h", "-N", "-o", "%T")
        if states.split() == ["idle", "idle"]:
            return
        time.sleep(0.5)
    logs = "".join(file.read_text()[-2000:] for file in Path(folder).glob("*.log"))
    check("two nodes are idle", False, f"{states}\n{logs}")


def say(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def lines(file):
    return file.read_text().count("\n") if file.exists() else 0


def walk(folder):
    pictures = f"{folder}/pictures"
    names = samples.make(pictures, COUNT)
    start(folder)
    check("two nodes are up", True)

    job = Path(folder, "job.sh")
    # The job file of docs/scale.md, with this model and these sizes.
    job.write_text(f"""#!/bin/bash
#SBATCH --job-name=captions
#SBATCH --array=0-3
#SBATCH --cpus-per-task=1
#SBATCH --time=1:00:00
#SBATCH --requeue
#SBATCH --output={folder}/job-%a.log
#SBATCH --open-mode=append
echo "start $SLURM_RESTART_COUNT"
srun {PROGRAM} caption {pictures} --model-path {PROJECT}/demo/model --offline --max-tokens 16 \\
  --threads "$SLURM_CPUS_PER_TASK" --shard auto --output {folder}/captions.jsonl
""")
    number = say("sbatch", "--parsable", job)
    check(f"the array is taken as job {number}", number.isdigit(), number)
    first = Path(folder, "captions-1-of-4.jsonl")
    deadline = time.time() + 60
    while lines(first) < 10 and time.time() < deadline:
        time.sleep(0.02)
    # scontrol ends every process of the job with SIGKILL and queues it again.
    result = subprocess.run(["scontrol", "requeue", f"{number}_0"], capture_output=True, text=True)
    had = lines(first)
    check(f"shard 1 is killed and requeued behind row {had}", result.returncode == 0 and had >= 10,
          result.stderr)
    merge = [PROGRAM, "caption", "merge", *(f"{folder}/captions-{i}-of-4.jsonl" for i in range(1, 5)),
             "--output", f"{folder}/captions.jsonl", "--of", pictures]

    deadline = time.time() + 180
    while say("squeue", "-h") and time.time() < deadline:
        # What Slurm holds a requeued job back for, two minutes after its first start.
        subprocess.run(["scontrol", "update", f"JobId={number}_0", "StartTime=now"], capture_output=True)
        time.sleep(1)
    check("the array ends", not say("squeue", "-h"), say("squeue"))
    logs = Path(folder, "job-0.log").read_text()
    check("shard 1 ran twice", logs.count("start") == 2, logs)
    result = subprocess.run(merge, capture_output=True, text=True)
    check(f"the shards are complete: {result.stderr.strip()}", result.returncode == 0, logs)
    rows = [json.loads(line) for line in Path(folder, "captions.jsonl").read_text().splitlines()]
    check("every picture is there once, with a caption",
          sorted(row["image"] for row in rows) == names and all(row.get("caption") for row in rows))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ivs") as folder:
        try:
            walk(folder)
        finally:
            for daemon in reversed(daemons):
                daemon.send_signal(signal.SIGTERM)
                try:
                    daemon.wait(10)
                except subprocess.TimeoutExpired:
                    daemon.kill()
    print("Slurm: all well")
