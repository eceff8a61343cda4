#!/usr/bin/env python3
"""Uses our server's page in a real browser.

    check_page.py ADDRESS [FOLDER]      ADDRESS is a server with the demo model (check_server.py);
                                        screenshots go to FOLDER
"""

import json
import pathlib
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.request

from browser import Browser
from harness import check, finish, scratch
from serving import DESCRIBE, DESCRIPTIONS, HELLO, HELLO_ANSWER, MODEL, PICTURES, Server

BIG = "big-square.jpg"
ANSWER = "document.querySelector('#conversation li:last-child .text').textContent"
TEXTS = "[...document.querySelectorAll('#conversation .text')].map(text => text.textContent)"
IS_IDLE = "document.getElementById('stop').hidden"
FACTS = "document.querySelector('#conversation li:last-child .facts').textContent"


class Front(socketserver.ThreadingTCPServer):
    """Stands before a server, and passes on what it says slowly while `is_slow`."""

    daemon_threads = True

    def __init__(self, address):
        super().__init__(("127.0.0.1", 0), Passage)
        self.port = int(address.rpartition(":")[2])
        self.is_slow = False
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Passage(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as server:
            back = threading.Thread(target=self.pump, args=(server, self.request, True))
            back.start()
            self.pump(self.request, server, False)
            back.join()

    def pump(self, source, sink, is_answer):
        """Copies until one side ends."""
        try:
            while piece := source.recv(100 if is_answer and self.server.is_slow else 1 << 16):
                sink.sendall(piece)
                if is_answer and self.server.is_slow:
                    time.sleep(0.05)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def ask(browser, text):
    """Asks with the keyboard, and waits for the whole answer."""
    browser.run("document.getElementById('text').focus()")
    browser.type(text)
    browser.press("Enter")
    browser.until(f"document.querySelector('#conversation li') && {IS_IDLE}")
    return browser.run(ANSWER)


def click(browser, selector):
    browser.run(f"document.querySelector({json.dumps(selector)}).click()")


def picture(browser):
    browser.drop([PICTURES / BIG])
    card = "document.querySelector('#pictures figcaption')"
    check("a dropped picture is on the page", browser.until(card))
    browser.until(f"{card}?.lastElementChild.textContent")
    text = browser.run(f"{card}?.textContent") or ""
    check("it says how it is cut and what it costs", "2 × 2" in text and "80" in text, text)
    lines = browser.run("document.querySelectorAll('#pictures .lines i').length")
    check("it shows the tiles", lines == 4, str(lines))
    words = ask(browser, DESCRIBE)
    check("the answer has the right words", words == DESCRIPTIONS[BIG], str(words))
    facts = browser.run(FACTS)
    check("it says how fast it was", "first token" in facts and "tokens/s" in facts, facts)
    left = browser.until("/of .* tokens left/.test(document.getElementById('left').value)")
    check("it says what is left of the context", left)
    spoken = browser.run("document.getElementById('spoken').textContent")
    check("a screen reader hears the answer", spoken == words, spoken)


def editing(browser):
    click(browser, "[data-word=edit]")
    browser.run("document.getElementById('text').select()")
    words = ask(browser, "How many shapes are there?")
    check("an edited question is answered", words == "Three.", words)
    count = browser.run("document.querySelectorAll('#conversation li').length")
    check("it replaces what followed", count == 2, str(count))


def stopping(browser, front):
    front.is_slow = True
    browser.run("document.getElementById('text').focus()")
    browser.type(HELLO)
    browser.press("Enter")
    check("an answer begins", browser.until(f"!{IS_IDLE} && {ANSWER}"))
    browser.press("Escape")
    check("Escape stops it", browser.until(f"{IS_IDLE} && {FACTS}.includes('stopped')"))
    words = browser.run(ANSWER)
    check("what came stays", HELLO_ANSWER.startswith(words) and words != HELLO_ANSWER, words)
    front.is_slow = False


def files(browser, folder):
    browser.downloads(folder)
    before = browser.run(TEXTS)
    click(browser, "#save")
    saved = pathlib.Path(folder, "conversation.json")
    for _ in range(100):
        if saved.exists():
            break
        time.sleep(0.1)
    check("a conversation is saved", saved.exists())
    click(browser, "#new")
    check("a new one is empty", browser.run("!document.querySelector('#conversation li')"))
    browser.choose("#conversation-file", [saved])
    check("a saved one is loaded", browser.until("document.querySelector('#conversation img')"))
    after = browser.run(TEXTS)
    check("it has the same texts", "Three." in after and after == before, f"{before} {after}")
    words = ask(browser, "How many red shapes are there?")
    check("it goes on", words == "One.", words)
    pathlib.Path(folder, "no.json").write_text("[1]")
    browser.choose("#conversation-file", [pathlib.Path(folder, "no.json")])
    told = browser.until("document.getElementById('status').textContent.includes('not a')")
    check("another file is refused", told)


def copying(browser, folder):
    """What is copied runs, and gets the page's own answer."""
    click(browser, "#new")
    browser.drop([PICTURES / BIG])
    browser.until("document.querySelector('#pictures figure')")
    words = ask(browser, DESCRIBE)
    browser.run(
        "navigator.clipboard.writeText = async (text) => { window.copied = text }, true"
    )
    snippets = {}
    for name in ("copyCurl", "copyPython"):
        click(browser, f"[data-word={name}]")
        browser.until("window.copied")
        snippets[name] = browser.run("window.copied")
        browser.run("window.copied = null")
    pathlib.Path(folder, BIG).write_bytes((PICTURES / BIG).read_bytes())
    outputs = [
        subprocess.run(command, cwd=folder, capture_output=True, text=True)
        for command in (
            ["bash", "-c", snippets["copyCurl"]],
            [sys.executable, "-c", snippets["copyPython"]],
        )
    ]
    try:
        reply = json.loads(outputs[0].stdout)["choices"][0]["message"]["content"]
    except (ValueError, KeyError):
        reply = outputs[0].stdout + outputs[0].stderr
    check("copied curl gets the same answer", reply == words, reply)
    reply = outputs[1].stdout.strip()
    check("copied Python gets the same answer", reply == words, reply + outputs[1].stderr)


def languages(browser):
    click(browser, "#language")
    text = browser.run("document.documentElement.lang + document.getElementById('ask').textContent")
    check("the page speaks Chinese", text == "zh提问", text)
    click(browser, "#language")
    names = browser.run(
        "[...document.querySelectorAll('button, select, textarea, input:not([hidden])')]"
        ".filter(e => !e.hidden && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))"
        ".map(e => e.id)"
    )
    check("every control has a name", names == [], str(names))


def keys(browser):
    """A server with a key is asked once it is given."""
    guarded = Server("--api-key", "secret")
    browser.open(f"{guarded.address}/")
    browser.until("document.getElementById('model')?.value")
    browser.drop([PICTURES / BIG])
    check("the page asks for a key", browser.until("document.querySelector('dialog').open"))
    browser.run("document.getElementById('key').focus()")
    browser.type("secret")
    browser.press("Enter")
    costs = "document.querySelector('#pictures figcaption').textContent.includes('80 tokens')"
    check("it uses the key", browser.until(costs))
    words = ask(browser, DESCRIBE)
    check("it gets an answer with the key", words == DESCRIPTIONS[BIG], words)
    guarded.stop()


def policy(browser, address):
    with urllib.request.urlopen(address) as response:
        policy = response.headers["Content-Security-Policy"]
    check("the policy allows nothing inline", policy and "unsafe" not in policy, str(policy))
    check("the browser complained of nothing", not browser.complaints, str(browser.complaints))


def screenshots(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)
    browser.until("!document.getElementById('status').textContent")
    looks = {"light": (900, 720), "dark": (900, 720), "phone": (390, 780)}
    for name, (width, height) in looks.items():
        browser.look(width, height, is_dark=name != "light", is_phone=name == "phone")
        browser.run("window.scrollTo(0, document.body.scrollHeight)")
        time.sleep(0.3)
        (folder / f"page-{name}.png").write_bytes(browser.screenshot())


def main():
    front = Front(sys.argv[1])
    address = front.address
    folder = scratch()
    browser = Browser()
    browser.look(900, 720)
    browser.open(f"{address}/")
    chosen = browser.until(f"document.getElementById('model')?.value === '{MODEL}'")
    check("the page offers the model", chosen)
    picture(browser)
    editing(browser)
    stopping(browser, front)
    files(browser, folder)
    copying(browser, folder)
    languages(browser)
    if len(sys.argv) > 2:
        screenshots(browser, pathlib.Path(sys.argv[2]))
    policy(browser, address)
    keys(browser)
    browser.close()
    finish()


if __name__ == "__main__":
    main()
