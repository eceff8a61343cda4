#!/usr/bin/env python3
"""Runs our server with the demo model, and asks it with programs that were written for others.

    check_server.py VENVS       VENVS holds llm-clients and api-testers (make_venvs.sh)

INTERNVL names our program (default .build/release/internvl). Everything stays on loopback.
"""

import json
import pathlib
import subprocess
import sys

from harness import HERE, check, finish, scratch
from serving import MODEL, Server

#: Tests of llm-comply that are not about reasoning.
COMPLIANCE = [
    "chat-basic-response",
    "chat-system-prompt",
    "chat-multi-turn",
    "chat-tool-calling",
    "chat-streaming-response",
    "chat-streaming-usage",
    "chat-image-input",
    "chat-error-handling",
]


def script(venv, name, address):
    """Runs a script of this folder in a virtual environment, and shows what it says."""
    print(f"-- {name}", flush=True)
    done = subprocess.run([venv / "bin/python", HERE / name, address])
    check(f"{name} passes", done.returncode == 0)


def comply(venv, address):
    done = subprocess.run(
        [venv / "bin/llm-comply", "--format", "openai-chat", "-u", f"{address}/v1"]
        + ["-k", "none", "-m", MODEL, "-f", ",".join(COMPLIANCE), "--json"],
        capture_output=True,
        text=True,
    )
    try:
        results = json.loads(done.stdout)["results"]
    except (ValueError, KeyError):
        results = []
    passed = [result["id"] for result in results if result["status"] == "passed"]
    check("llm-comply passes", passed == COMPLIANCE, done.stdout + done.stderr)


def schemathesis(venv, address):
    done = subprocess.run(
        [venv / "bin/schemathesis", "run", f"{address}/openapi.json", "--url", address]
        + ["--max-examples", "20", "--seed", "1", "--no-color", "--request-timeout", "30"]
        # A schema cannot say that the last message is the user's, or that bytes are a picture.
        + ["--exclude-checks", "positive_data_acceptance"],
        cwd=scratch(),  # It keeps a cache where it runs.
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    check("schemathesis finds nothing", done.returncode == 0, done.stdout)


def main():
    venvs = pathlib.Path(sys.argv[1]).resolve()
    server = Server()
    script(venvs / "llm-clients", "check_openai.py", server.address)
    script(venvs / "llm-clients", "check_other_clients.py", server.address)
    script(venvs / "llm-clients", "check_page.py", server.address)
    comply(venvs / "api-testers", server.address)
    schemathesis(venvs / "api-testers", server.address)
    check("the server ends in peace", server.stop() == 0)
    finish()


if __name__ == "__main__":
    main()
