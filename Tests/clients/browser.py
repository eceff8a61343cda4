"""Chromium without a window, driven by its DevTools protocol."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

from websockets.sync.client import connect


class Browser:
    """One page of a browser."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="internvl-browser-")
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            + ["--remote-debugging-port=0", "--lang=en", f"--user-data-dir={self.profile}"]
            + ["about:blank"],
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stderr:
            if port := re.search(r"ws://127\.0\.0\.1:(\d+)/", line):
                break
        targets = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/json/list"))
        page = next(target for target in targets if target["type"] == "page")
        self.socket = connect(page["webSocketDebuggerUrl"], max_size=None)
        self.count = 0
        #: What the page complained of: errors, and what its policy refused.
        self.complaints = []
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        """Calls a method of the protocol; returns its result."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.complain(answer["params"])
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]

    def complain(self, details):
        # That a model is still being loaded is a status of 503, and no fault of the page.
        if details.get("entry", {}).get("source") != "network":
            self.complaints.append(details)

    def run(self, script):
        """The JSON value of a JavaScript expression."""
        done = self.send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"])
        return done["result"].get("value")

    def until(self, script, seconds=60):
        """Waits for an expression to be true; returns whether it became so."""
        end = time.monotonic() + seconds
        while not (holds := self.run(f"Boolean({script})")) and time.monotonic() < end:
            time.sleep(0.05)
        return holds

    def open(self, address):
        self.send("Page.navigate", url=address)

    def type(self, text):
        """Types into what has the focus."""
        self.send("Input.insertText", text=text)

    def press(self, key):
        codes = {"Enter": 13, "Escape": 27}
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                text="\r" if key == "Enter" and kind == "keyDown" else "",
            )

    def drop(self, paths):
        """Drops files on the middle of the page."""
        files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=300, y=200, data=files)

    def choose(self, selector, paths):
        """Gives files to a file input."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def look(self, width, height, is_dark=False, is_phone=False):
        """Sets the window's size, the colours and whether it is touched."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=is_phone,
        )
        self.send("Emulation.setTouchEmulationEnabled", enabled=is_phone)

    def screenshot(self):
        """A PNG of what the window shows."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def downloads(self, folder):
        """Saves downloads to a folder."""
        self.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
