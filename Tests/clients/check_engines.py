#!/usr/bin/env python3
"""Has our program start, ask, watch and end a real engine: Transformers with a tiny model.

    VENVS/models/bin/python check_engines.py VENVS      VENVS also holds torchvision (make_venvs.sh)

INTERNVL names our program. Nothing is downloaded.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import tiny_models as tiny
from check_checkpoints import COUNT, PROGRAM, TIE, cases, ours, transformers_prompt
from harness import HERE, FakeHub, check, finish, scratch
from serving import PICTURES

TWIN = "OpenGVLab/InternVL3-1B-hf"
#: How long an engine may take to start or to end.
PATIENCE = 120


class Machine:
    """A folder with a tiny model, and an environment that has Transformers."""

    def __init__(self, folder, venvs):
        self.folder = folder
        self.environment = {
            **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            "PATH": f"{venvs}/models/bin:/usr/bin:/bin",
            "PYTHONPATH": f"{HERE}/engine_site:{venvs}/torchvision",
            "HOME": str(folder),
            "HF_HUB_OFFLINE": "1",
        }
        self.tokenizer = tiny.byte_level_tokenizer()
        self.model = tiny.random_model(
            tiny.text_config("qwen2", len(self.tokenizer)), self.tokenizer
        )
        self.checkpoint = folder / "tiny"
        tiny.save_transformers_layout(self.checkpoint, self.model, self.tokenizer)
        settings = {
            "processor_class": "InternVLProcessor",
            "image_seq_length": tiny.TOKENS_PER_TILE,
        }
        (self.checkpoint / "processor_config.json").write_text(json.dumps(settings))

    def endless(self):
        """The same model, which does not end an answer by itself."""
        copy = shutil.copytree(self.checkpoint, self.folder / "endless")
        file = copy / "generation_config.json"
        settings = json.loads(file.read_text())
        file.write_text(json.dumps(settings | {"suppress_tokens": [settings["eos_token_id"]]}))
        return copy

    def start(self, *words, **variables):
        """Our program, with what it writes as pipes."""
        return subprocess.Popen(
            [str(word) for word in [PROGRAM, *words]],
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *words, **variables):
        """Status, output and errors of our program."""
        process = self.start(*words, **variables)
        output, errors = process.communicate(timeout=2 * PATIENCE)
        return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")

    def launch(self, checkpoint, *words):
        """The words that have Transformers serve a folder."""
        return ("launch", "-en", "Transformers", "--model-path", checkpoint, *words)


def engines(checkpoint):
    """The ids of the processes that serve a folder or a repository, without those that have ended."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and str(checkpoint).encode() in words:
            found.append(int(process.name))
    return found


def ends(checkpoint):
    """Whether no process serves a folder any more, after a while."""
    return until(lambda: not engines(checkpoint))


def until(holds):
    start = time.monotonic()
    while not (seen := holds()) and time.monotonic() - start < PATIENCE:
        time.sleep(0.1)
    return seen


def question_of_a_launch(machine):
    """One question to a model by name: its twin is downloaded, started, asked about a picture, ended."""
    hub = FakeHub()
    files = {path.name: {"file": str(path)} for path in machine.checkpoint.iterdir()}
    hub.add(files, name=TWIN)
    picture = PICTURES / "four-shapes.png"
    status, output, errors = machine.run(
        "launch", "1b", "-f", "pytorch", "-en", "Transformers", "--image", picture, "--prompt",
        "What is this?", "--max-tokens", COUNT, "--json", HF_ENDPOINT=hub.address, HF_HUB_OFFLINE="0",
    )  # fmt: skip
    hub.close()
    check("a launch of 1B starts Transformers and asks it", status == 0, errors)
    check("and says which repository it takes", f"{TWIN} takes the place of" in errors, errors)
    if status == 0:
        reply = json.loads(output)
        native, _ = ours(machine.checkpoint, "What is this?", [picture])
        same = reply["text"] == native["text"] and reply["usage"] == native["usage"]
        check("and prints what the native engine does", same, f"{reply}\n     {native}")
        check("and says who answered", reply["engine"] == "Transformers", output)
    check("and leaves no process", not engines(TWIN))


def answers_of_the_printed_line(machine):
    """The line of --dry-run, started by a shell and asked by --endpoint: the native engine's answers."""
    port = free_port()
    _, line, _ = machine.run(
        *machine.launch(machine.checkpoint, "--dry-run", "--engine-option", f"port={port}")
    )
    with open(machine.folder / "serve.log", "wb") as log:
        server = subprocess.Popen(
            ["sh", "-c", f"exec {line}"], env=machine.environment, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        listens = until(lambda: machine.run("launch", "-e", address, "-p", "Hi")[0] == 0)
        check("the line of --dry-run starts Transformers", listens)
        if listens:
            compare(machine, address)
            captions(machine, address)
            drawn(machine, address)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def compare(machine, address):
    for name, text, pictures in cases():
        *_, margin = tiny.answer(
            machine.model, machine.tokenizer, transformers_prompt(text, len(pictures)), pictures,
            COUNT,
        )  # fmt: skip
        images = [word for picture in pictures for word in ("--image", picture)]
        status, output, errors = machine.run(
            "launch", "-e", address, "--prompt", text, "--max-tokens", COUNT, "--json", *images
        )
        native, said = ours(machine.checkpoint, text, pictures)
        title = f"{name}: the native engine answers the same"
        if status != 0 or native is None:
            check(title, False, errors + str(said))
            continue
        reply = json.loads(output)
        found, expected = [
            (each["usage"], each["text"] if margin >= TIE else None) for each in (reply, native)
        ]
        check(title, found == expected, f"{found}\n     {expected}")


def drawn(machine, address):
    """Answers that are drawn, by fields that it knows."""
    words = ("-p", "Hi", "--temperature", 0.7, "--top-p", 0.9, "--seed", 7, "--max-tokens", 8)
    status, _, errors = machine.run("launch", "-e", address, *words)
    check("it draws its tokens", status == 0, errors)


def captions(machine, address):
    status, output, errors = machine.run(
        "caption", PICTURES, "-e", address, "--max-tokens", 8, "--parallel", 2
    )
    rows = [json.loads(line) for line in output.splitlines()]
    count = len([path for path in PICTURES.iterdir() if path.suffix in (".png", ".jpg")])
    good = [row for row in rows if row.get("caption")]
    check("it captions pictures", status == 0 and len(good) == count, errors + output)


def many_questions(machine):
    """Captions and a batch by engines that are started for them."""
    model = ("-en", "Transformers", "--model-path", machine.checkpoint)
    status, output, errors = machine.run(
        "caption", PICTURES, *model, "--max-tokens", 8, "--parallel", 2
    )
    rows = [json.loads(line) for line in output.splitlines()]
    named = {row.get("settings", {}).get("engine") for row in rows}
    good = status == 0 and rows and all(row.get("caption") for row in rows)
    check("captions are made by an engine that is started", good, errors + output)
    check("and say by which", named == {"Transformers"}, output)

    requests = [
        {"custom_id": f"{number}", "url": "/v1/chat/completions", "body": {
            "messages": [{"role": "user", "content": "Hi"}], "max_tokens": number, "stream": True,
        }} for number in (1, 2)
    ]  # fmt: skip
    file, results = machine.folder / "requests.jsonl", machine.folder / "results.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in requests))
    status, _, errors = machine.run("batch", file, "--output", results, *model)
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    counts = {row["custom_id"]: row["response"]["body"]["usage"]["completion_tokens"] for row in rows}
    check("a batch is answered by one too", status == 0 and counts == {"1": 1, "2": 2}, errors)
    check("and none is left", not engines(machine.checkpoint))


def ends_of_launches(machine):
    """Ctrl-C, an engine that is killed and a launch that is killed, in the middle of an answer."""
    base = machine.endless()
    folders = [shutil.copytree(base, machine.folder / name) for name in "ABC"]
    words = ("--prompt", "Tell me a story.", "--max-tokens", 1000000)
    launches = [machine.start(*machine.launch(folder, *words)) for folder in folders]
    begun = [launch.stdout.read(40) for launch in launches]
    check("answers come while they are made", all(len(text) == 40 for text in begun))

    launches[0].send_signal(signal.SIGINT)
    errors = launches[0].communicate(timeout=PATIENCE)[1].decode()
    check("Ctrl-C ends an answer", launches[0].returncode == 130, errors)
    check("and its engine", not engines(folders[0]))

    for process in engines(folders[1]):
        os.kill(process, signal.SIGKILL)
    errors = launches[1].communicate(timeout=PATIENCE)[1].decode()
    said = "Transformers ended by signal 9, because it was killed" in errors
    check("a killed engine ends the launch", launches[1].returncode == 1 and said, errors)
    check("and none is left", not engines(folders[1]))

    launches[2].kill()
    launches[2].communicate()
    check("a launch that is killed leaves no engine", ends(folders[2]))


def failures(machine):
    """What keeps the engine from starting is said."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        option = f"port={taken.getsockname()[1]}"
        status, _, errors = machine.run(
            *machine.launch(machine.checkpoint, "-p", "x", "--engine-option", option)
        )
    check("a port that is taken is named", status == 1 and "is taken" in errors, errors)

    status, _, errors = machine.run(
        *machine.launch(machine.checkpoint, "-p", "x", "--engine-option", "no-such-option=1")
    )
    said = "its version may be too old" in errors
    check("an option that it does not know is told", status == 1 and said, errors)
    check("and none is left", not engines(machine.checkpoint))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def main():
    folder = pathlib.Path(scratch())
    try:
        machine = Machine(folder, pathlib.Path(sys.argv[1]).resolve())
        question_of_a_launch(machine)
        answers_of_the_printed_line(machine)
        many_questions(machine)
        ends_of_launches(machine)
        failures(machine)
    finally:
        shutil.rmtree(folder)
    finish()


if __name__ == "__main__":
    main()
