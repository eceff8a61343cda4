#!/usr/bin/env python3
"""Loads our server with clients that ask, go away, read slowly, talk nonsense and start again.

    server_load.py [--clients 64] [--seconds 600]

Starts the server with the demo model itself; INTERNVL names our program (default
.build/release/internvl). Passes when every answer is the one that the request gets alone, no error
is the server's, and the memory at the end is no more than after the first quarter, 5 % aside.
"""

import argparse
import collections
import http.client
import json
import random
import threading
import time

from harness import check, finish
from serving import DESCRIBE, MODEL, Server, question

QUESTIONS = {
    "describe": question(DESCRIBE, "three-shapes.png"),
    "large": question(DESCRIBE, "big-square.jpg"),
    "chinese": question("请描述这张图片。", "one-star.jpg"),
    "text": question("Who are you?"),
    "pair": question("Which picture has more shapes?", "pair-1.png", "pair-2.png"),
}
REQUESTS = [
    {"model": MODEL, "messages": messages, **more}
    for messages in QUESTIONS.values()
    for more in ({}, {"temperature": 1.2, "seed": 11}, {"max_tokens": 5})
]
BAD_BODIES = [
    b"",
    b"{",
    b"[" * 100_000,
    b'{"messages": 1}',
    b'{"messages": []}',
    json.dumps({"model": MODEL, "messages": QUESTIONS["text"], "temperature": "hot"}).encode(),
    json.dumps({"model": "no-such", "messages": QUESTIONS["text"]}).encode(),
    json.dumps({"model": MODEL, "messages": QUESTIONS["describe"]}).encode()[:-900],
    b"\xff\xfe" * 5000,
]


class Client(threading.Thread):
    """One client: a connection that it keeps while all goes well, and what it has seen."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.random = random.Random(number)
        self.connection = None

    def run(self):
        acts = [self.ask, self.ask, self.stream, self.stream, self.leave, self.read_slowly]
        acts += [self.talk_nonsense, self.restart]
        while time.monotonic() < self.load.end:
            act = self.random.choice(acts)
            try:
                act()
                self.load.counts[act.__name__] += 1
            except Busy:
                self.load.counts["busy"] += 1
                time.sleep(self.random.uniform(0.1, 0.5))
            except Exception as error:
                self.load.fault(f"{act.__name__}: {error!r}")
                self.restart()
        self.restart()

    def post(self, body):
        """Sends a body; the response, once its head is there."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.load.port, timeout=120)
        headers = {"Content-Type": "application/json"}
        self.connection.request("POST", "/v1/chat/completions", body, headers)
        response = self.connection.getresponse()
        if response.status == 503:
            retry = response.headers["Retry-After"]
            response.read()
            if not retry:
                raise ValueError("503 without Retry-After")
            raise Busy
        return response

    def choose(self, **more):
        number = self.random.randrange(len(REQUESTS))
        return number, json.dumps({**REQUESTS[number], **more}).encode()

    def ask(self):
        number, body = self.choose()
        reply = json.loads(self.post(body).read())
        self.load.compare(number, reply["choices"][0]["message"]["content"])

    def stream(self, pause=0.0, chunks=None):
        """Reads a stream, to its end or only so many lines of it."""
        number, body = self.choose(stream=True)
        response = self.post(body)
        text = ""
        for count, line in enumerate(iter(response.readline, b"")):
            if count == chunks:
                return
            if line.startswith(b"data: {"):
                chunk = json.loads(line[6:])
                if "error" in chunk:
                    raise ValueError(chunk["error"])
                text += chunk["choices"][0]["delta"].get("content") or ""
            elif line.startswith(b"data: [DONE]"):
                response.read()
                self.load.compare(number, text)
                return
            time.sleep(pause)
        raise ValueError("a stream ended without [DONE]")

    def read_slowly(self):
        self.stream(pause=0.05)

    def leave(self):
        """Goes away in the middle of an answer, or before its first byte."""
        if self.random.random() < 0.5:
            self.stream(chunks=self.random.randrange(20))
        else:
            _, body = self.choose()
            self.restart()
            self.connection = http.client.HTTPConnection("127.0.0.1", self.load.port, timeout=120)
            headers = {"Content-Type": "application/json"}
            self.connection.request("POST", "/v1/chat/completions", body, headers)
            time.sleep(self.random.uniform(0, 0.2))
        self.restart()

    def talk_nonsense(self):
        response = self.post(self.random.choice(BAD_BODIES))
        reply = json.loads(response.read())
        if not 400 <= response.status < 500 or not reply["error"]["message"]:
            raise ValueError(f"{response.status} {reply}")
        if response.headers["Connection"] == "close":
            self.restart()

    def restart(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Busy(Exception):
    """The server has no room now, and says so."""


class Load:
    """What all clients share."""

    def __init__(self, server, seconds):
        self.port = int(server.address.rpartition(":")[2])
        self.counts = collections.Counter()
        self.faults = []
        self.end = time.monotonic() + 60
        self.alone = []
        first = Client(self, 0)
        for request in REQUESTS:
            reply = json.loads(first.post(json.dumps(request).encode()).read())
            self.alone.append(reply["choices"][0]["message"]["content"])
        first.restart()
        self.end = time.monotonic() + seconds

    def compare(self, number, text):
        self.counts["compared"] += 1
        if text != self.alone[number]:
            self.fault(f"request {number}: {text!r} instead of {self.alone[number]!r}")

    def fault(self, sentence):
        self.faults.append(sentence)


def resident_mib(pid):
    """Memory of a process in MiB."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    # Fewer places than clients, so that some are sent away for now.
    server = Server("--parallel", "8", "--queue", "32")
    load = Load(server, options.seconds)
    clients = [Client(load, number) for number in range(1, options.clients + 1)]
    for client in clients:
        client.start()
    memory = []
    while time.monotonic() < load.end:
        time.sleep(min(5, options.seconds / 40))
        memory.append(resident_mib(server.process.pid))
    for client in clients:
        client.join(timeout=180)
    print(dict(load.counts))
    early, late = max(memory[: len(memory) // 4]), memory[-1]
    print(f"memory: {early:.0f} MiB at most in the first quarter, {late:.0f} MiB at the end")
    check("every client ended", not any(client.is_alive() for client in clients))
    check("answers were compared", load.counts["compared"] > 0)
    check("no answer differs, no error is the server's", not load.faults, str(load.faults[:5]))
    check("memory is flat", late <= early * 1.05, str([round(value) for value in memory]))
    check("the server ends in peace", server.stop() == 0)
    finish()


if __name__ == "__main__":
    main()
