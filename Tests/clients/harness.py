"""What the scripts of this folder share: the fake hub, clean environments, our program."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODEL = "OpenGVLab/InternVL3-1B"

#: A small model under a real name: two shards in the object store, code and pictures beside it.
FILES = {
    ".gitattributes": {"text": "*.safetensors filter=lfs\n"},
    "README.md": {"text": "# InternVL3-1B\n"},
    "config.json": {"text": '{"architectures": ["InternVLChatModel"]}'},
    "generation_config.json": {"text": "{}"},
    "tokenizer_config.json": {"text": "{}"},
    "vocab.json": {"random": 40000, "seed": 5},
    "merges.txt": {"text": "#version: 0.2\n"},
    "modeling_internvl_chat.py": {"text": "import torch\n"},
    "examples/image1.jpg": {"random": 20000, "seed": 6},
    "model.safetensors.index.json": {"text": '{"weight_map": {}}'},
    "model-00001-of-00002.safetensors": {"random": 25_000_000, "seed": 1},
    "model-00002-of-00002.safetensors": {"random": 5_000_000, "seed": 2},
}


class FakeHub:
    """The fake hub as a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "Tests/TestSupport/fake_hub.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ports = json.loads(self.process.stdout.readline())
        self.address = f"http://127.0.0.1:{ports['hub']}"
        self.store_port = ports["cdn"]

    def send(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def add(self, files=FILES, name=MODEL, **options):
        return self.send(do="add", id=name, files=files, **options)

    def fault(self, fault, **options):
        self.send(do="fault", fault=fault, **options)

    def mend(self):
        self.send(do="mend")

    def log(self):
        return self.send(do="log")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def environment(hub, home, **more):
    """Variables that keep every client on the fake hub and inside a folder of its own."""
    pathlib.Path(home).mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HF_ENDPOINT": hub.address,
        "MODELSCOPE_ENDPOINT": hub.address,
        "MODELSCOPE_CACHE": f"{home}/.cache/modelscope",
        "MODELSCOPE_HOME": f"{home}/.modelscope",
        "INTRA_CLOUD_ACCELERATION": "false",
        "NO_PROXY": "127.0.0.1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        **more,
    }


def ours(hub_name, everything=False):
    """The command line that downloads MODEL with our program, which INTERNVL names."""
    program = os.environ.get("INTERNVL", str(ROOT / ".build/release/internvl"))
    command = [program, "pull", "--size-in-billions", "1", "--model-format", "pytorch"]
    return command + ["--hub", hub_name] + (["--all-files"] if everything else [])


def run(command, env, timeout=120):
    """Runs a command; returns its exit code, output and seconds. A timeout gives code None."""
    start = time.monotonic()
    try:
        done = subprocess.run(
            [str(word) for word in command],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        return done.returncode, done.stdout, time.monotonic() - start
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b"").decode(errors="replace")
        return None, output, time.monotonic() - start


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def snapshot(home, hub_name):
    """The folder that a download ends in; None when there is none."""
    place = {
        "huggingface": f".cache/huggingface/hub/models--{MODEL.replace('/', '--')}/snapshots",
        "modelscope": f".cache/modelscope/models/{MODEL.replace('/', '--')}/snapshots",
    }[hub_name]
    folders = sorted(pathlib.Path(home, place).glob("*"))
    reference = pathlib.Path(home, place).parent / "refs/main"
    if reference.exists():
        return pathlib.Path(home, place, reference.read_text())
    return folders[0] if folders else None


RUNTIME = [
    path
    for path in FILES
    if not path.endswith((".py", ".jpg", ".md")) and path != ".gitattributes"
]


def wrong_files(folder, added, paths=RUNTIME):
    """Which files of a snapshot are missing ("path: missing") or wrong ("path: wrong")."""
    wrong = []
    for path in paths:
        file = pathlib.Path(folder or "/nonexistent", path)
        if not file.exists():
            wrong.append(f"{path}: missing")
        elif sha256(file) != added["files"][path]["sha256"]:
            wrong.append(f"{path}: wrong")
    return wrong


def fresh(folder):
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    pathlib.Path(folder).mkdir(parents=True)
    return folder


def scratch():
    return tempfile.mkdtemp(prefix="internvl-clients-")


FAILURES = []


def check(title, holds, detail=""):
    """Prints whether something holds, and what was seen where it does not."""
    print(f"{'ok  ' if holds else 'FAIL'} {title}", flush=True)
    if not holds:
        print(f"     {detail[-1500:]}", flush=True)
        FAILURES.append(title)


def finish():
    """Ends a script of checks; the status is 1 where one failed."""
    print(f"{len(FAILURES)} failed" if FAILURES else "all passed")
    sys.exit(1 if FAILURES else 0)
