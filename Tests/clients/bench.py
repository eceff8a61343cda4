"""One client with a fake hub of its own, and what becomes of its downloads."""

import dataclasses
import pathlib
import re

from faults import OUTSIDE
from harness import FILES, FakeHub, environment, fresh, run, snapshot, wrong_files

TOTAL = sum(len(f["text"]) if "text" in f else f["random"] for f in FILES.values())

#: Silences end sooner than by default, so that a table takes minutes and not hours.
SILENCE = {
    "HF_HUB_DOWNLOAD_TIMEOUT": "3",
    "HF_HUB_ETAG_TIMEOUT": "3",
    "MODELSCOPE_DOWNLOAD_TIMEOUT": "3",
}

#: The kinds of requests that a client makes, by hub.
PLACES = {
    "huggingface": ("api", "resolve", "cdn"),
    "modelscope": ("ms-list", "ms-file", "cdn"),
}


@dataclasses.dataclass
class Client:
    title: str
    hub_name: str
    command: list


class Bench:
    def __init__(self, client, folder):
        self.client, self.folder = client, folder
        self.hub = FakeHub()

    @property
    def is_ours(self):
        return self.client.title.startswith("internvl")

    def start(self, home=None, **variables):
        """Sets up for one cell: an empty home, the model on the hub, no faults."""
        self.home = fresh(home or f"{self.folder}/home")
        self.env = environment(self.hub, self.home, **SILENCE, **variables)
        self.hub.mend()
        self.added = self.hub.add()
        self.before = self.sent_ever()

    def sent_ever(self):
        return sum(entry["sent"] for entry in self.hub.log())

    def run(self, timeout=90):
        return run(self.client.command, self.env, timeout)

    def wrong(self):
        return wrong_files(snapshot(self.home, self.client.hub_name), self.added, FILES)

    def again(self):
        """How much was sent more than once, as words; nothing when it is next to nothing."""
        extra = self.sent_ever() - self.before - TOTAL
        return f", {extra / 1e6:.1f} MB again" if extra > 100_000 else ""

    def measure(self, faults):
        """The cell of a fault that the fake hub can make; a dash where it does not apply."""
        mine = [fault for fault in faults if fault["at"] in PLACES[self.client.hub_name]]
        if faults and not mine:
            return "–"
        self.start()
        for fault in mine:
            self.hub.fault(**fault)
        return self.outcome(*self.run())

    def outcome(self, code, output, seconds):
        """A cell; runs the client again, without the fault, where the first run failed."""
        wrong = self.wrong()
        if code == 0:
            text = f"**wrong bytes, exit 0** ({wrong[0]})" if wrong else "right"
        else:
            text = "**hangs**" if code is None else f"error: {reason(output)}"
            self.hub.mend()
            code, output, _ = self.run()
            ends_right = code == 0 and not self.wrong()
            text += "; next run right" if ends_right else "; next run **still broken**"
        return f"{text}{self.again()} ({seconds:.1f} s){self.escaped()}"

    def escaped(self):
        """What was written where nothing should be, as words."""
        found = [path for path in pathlib.Path(self.folder).rglob("x") if path.parent.name != "a"]
        if pathlib.Path(OUTSIDE).exists():
            found.append(pathlib.Path(OUTSIDE))
        for path in found:
            path.unlink()
        return f" **wrote {found[0].name} outside**" if found else ""


def reason(output):
    """The last line of what a client printed, without addresses, long hashes and its own name."""
    lines = [line for line in output.strip().splitlines() if line.strip()]
    last = lines[-1] if lines else "no message"
    last = re.sub(r"/\S*internvl-clients-\S+|http://127\.0\.0\.1:\d+", "…", last)
    last = re.sub(r"\(Request ID[^)]*\)", "…", last)
    last = re.sub(r"\b([0-9a-f]{8})[0-9a-f]{32,}\b", r"\1…", last)
    last = last.removeprefix("internvl: ").strip().replace("|", "/")
    return last if len(last) <= 180 else last[:180] + "…"
