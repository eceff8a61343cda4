"""Our server with the demo model, its pictures and what it answers about them."""

import base64
import os
import pathlib
import re
import signal
import subprocess

from harness import ROOT

PICTURES = ROOT / "demo/pictures"
MODEL = "InternVL3-Demo"
DESCRIBE = "Describe the picture."
#: What the demo model says to DESCRIBE.
DESCRIPTIONS = {
    "three-shapes.png": "Three shapes: a large red circle at the top left, a small blue star at the"
    " top right, a large green square at the bottom right.",
    "one-star.jpg": "One shape: a large purple star at the bottom right.",
    "big-square.jpg": "Three shapes: a large yellow star at the top left, a small blue circle at the"
    " top right, a large red triangle at the bottom right.",
}
HELLO = "Who are you?"
HELLO_ANSWER = "I am a small demo model that describes pictures of shapes."


class Server:
    """`internvl serve` with the demo model on a free port of loopback; INTERNVL names our program."""

    def __init__(self, *options, log=None):
        program = os.environ.get("INTERNVL", str(ROOT / ".build/release/internvl"))
        self.process = subprocess.Popen(
            [program, "serve", MODEL, "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=log or subprocess.DEVNULL,
            text=True,
        )
        line = self.process.stdout.readline()
        self.address = re.search(r"http://\S+", line)[0]

    def stop(self):
        """Ends it as a service manager does; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def data_url(name):
    """A demo picture as a data URL."""
    path = pathlib.Path(PICTURES, name)
    kind = {".png": "image/png", ".jpg": "image/jpeg"}[path.suffix]
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def question(text, *names):
    """OpenAI's messages: one question about demo pictures."""
    pictures = [{"type": "image_url", "image_url": {"url": data_url(name)}} for name in names]
    return [{"role": "user", "content": [*pictures, {"type": "text", "text": text}]}]
