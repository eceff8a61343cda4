#!/usr/bin/env python3
"""Walks through captioning as a new user would, with the demo model: 226 mixed pictures.

usage: INTERNVL=.build/release/internvl python3 Tests/captioning/new_user.py
"""

import base64
import csv
import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import archives  # noqa: E402
import tree  # noqa: E402

PROGRAM = os.path.abspath(os.environ.get("INTERNVL", ".build/debug/internvl"))
MODEL = str(tree.PROJECT / "demo/model")
KILLS = 50
GOOD = tree.COUNT - len(tree.BAD)


class Walk:
    """A folder to work in, and the checks that were made."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(folder, "cache"))
        self.failures = []
        self.started = time.time()

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, *arguments):
        return [PROGRAM, "caption", *arguments, "--model-path", MODEL, "--max-tokens", "24"]

    def run(self, *arguments, **options):
        """Runs `internvl caption` to its end."""
        return subprocess.run(self.command(*arguments), cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, errors="replace", **options)

    def check(self, what, is_right, detail=""):
        print(f"{time.time() - self.started:6.1f} s  {'ok  ' if is_right else 'FAIL'} {what}", flush=True)
        if not is_right:
            print(detail)
            self.failures.append(what)

    def rows(self, name):
        with open(self.path(name), encoding="utf-8", newline="\n") as file:
            return [json.loads(line) for line in file.read().split("\n") if line]


def answers(rows, normal=lambda name: name):
    """What came out, without times: by name, the caption or that it failed, and the hash."""
    return sorted((normal(row["image"]), row.get("caption"), row.get("sha256")) for row in rows)


def counts(result):
    found = re.search(r"(\d+) captioned, (\d+) skipped, (\d+) failed", result.stderr)
    return tuple(map(int, found.groups())) if found else result.stderr[-500:]


def first_run(walk):
    result = walk.run("photos", "-o", "rows.jsonl", "--failures", "failed.txt")
    walk.check("a run captions what can be read, and finishes with status 3",
               result.returncode == 3 and counts(result) == (GOOD, 0, len(tree.BAD)), result.stderr)
    rows = walk.rows("rows.jsonl")
    walk.check("every picture has a row, the twins too", len({row["image"] for row in rows}) == tree.COUNT)
    failed = {row["image"] for row in rows if "error" in row}
    walk.check("the broken ones have errors", failed == tree.BAD, failed ^ tree.BAD)
    listed = Path(walk.path("failed.txt")).read_text().split("\n")[:-1]
    walk.check("and are listed", {path.removeprefix("photos/") for path in listed} == tree.BAD, listed)
    walk.check("what is left out is told by kind",
               all(kind in result.stderr for kind in ["1 .txt", "1 JPEG 2000", "1 PDF", "1 hidden"]),
               result.stderr[:500])
    return rows


def killed_runs(walk, expected, seconds):
    draw = random.Random(1)
    output = Path(walk.path("killed.jsonl"))
    whole = Path(walk.path("rows.jsonl")).stat().st_size
    sizes = []
    for _ in range(KILLS):
        before = output.stat().st_size if output.exists() else 0
        # All together they get through about half of the pictures; one in five only begins.
        growth = draw.random() * whole / KILLS if draw.random() > 0.2 else 0
        process = subprocess.Popen(walk.command("photos", "-o", "killed.jsonl"), cwd=walk.folder,
                                   env=walk.environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and (not output.exists() or output.stat().st_size < before + growth):
            time.sleep(0.001)
        time.sleep(draw.random() * seconds / KILLS / 4)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            sizes.append(output.stat().st_size)
    last = walk.run("photos", "-o", "killed.jsonl")
    rows = walk.rows("killed.jsonl")
    walk.check("kills came at many moments", len(sizes) > 10 and len(set(sizes)) >= 5, sizes)
    walk.check(f"after {len(sizes)} kills the rows are those of an undisturbed run, in their order",
               answers(rows) == answers(expected)
               and [row["image"] for row in rows] == [row["image"] for row in expected],
               last.stderr[-500:])


def moved_and_touched(walk):
    os.rename(walk.path("photos"), walk.path("elsewhere"))
    result = walk.run("elsewhere", "-o", "rows.jsonl")
    walk.check("a folder that was moved is not captioned again",
               counts(result) == (0, GOOD, len(tree.BAD)), result.stderr[-500:])
    os.rename(walk.path("elsewhere"), walk.path("photos"))
    for folder, _, names in os.walk(os.fsencode(walk.path("photos"))):
        for name in names:
            os.utime(os.path.join(folder, name), (1_000_000, 1_000_000))
    result = walk.run("photos", "-o", "rows.jsonl")
    walk.check("nor are files that were touched",
               counts(result) == (0, GOOD, len(tree.BAD)), result.stderr[-500:])
    Path(walk.path("photos/same/a.png")).write_bytes(tree.shape(7777))
    result = walk.run("photos", "-o", "rows.jsonl")
    walk.check("a file that changed is", counts(result) == (1, GOOD - 1, len(tree.BAD)),
               result.stderr[-500:])
    walk.check("and has one row", len(walk.rows("rows.jsonl")) == tree.COUNT)


def other_settings(walk):
    before = Path(walk.path("rows.jsonl")).read_bytes()
    result = walk.run("photos", "-o", "rows.jsonl", "-p", "Which colours?")
    walk.check("another prompt is refused, and says what differs",
               result.returncode == 1 and "prompt was" in result.stderr
               and Path(walk.path("rows.jsonl")).read_bytes() == before, result.stderr[-500:])
    result = walk.run("photos", "-o", "rows.jsonl", "-p", "Which colours?", "--keep")
    walk.check("--keep skips what is done", counts(result) == (0, GOOD, len(tree.BAD)),
               result.stderr[-500:])
    result = walk.run("photos", "-o", "rows.jsonl", "-p", "Which colours?", "--overwrite")
    walk.check("--overwrite begins again", counts(result) == (GOOD, 0, len(tree.BAD))
               and len(walk.rows("rows.jsonl")) == tree.COUNT, result.stderr[-500:])


def archived(walk, names):
    plain = walk.run("photos", "-o", "plain.jsonl")
    expected = walk.rows("plain.jsonl")

    def composed(name):
        return unicodedata.normalize("NFC", name).removesuffix("\0")

    for ending in archives.FORMATS:
        archives.of_folder(walk.path(f"photos.{ending}"), walk.path("photos"), names)
        result = walk.run(f"photos.{ending}", "-o", f"{ending}.jsonl")
        rows = walk.rows(f"{ending}.jsonl")

        def member(name):
            # ZIP and 7z archives have both twins under the composed name.
            return composed(name.split("!", 1)[1]).replace("\u00e9#2", "\u00e9")

        walk.check(f"a .{ending} archive gives the same rows",
                   answers(rows, member) == answers(expected, composed),
                   (set(answers(rows, member)) ^ set(answers(expected, composed)), result.stderr[-300:]))
    return expected, plain


def sharded(walk, expected):
    for index in range(4):
        environment = dict(walk.environment, SLURM_ARRAY_TASK_ID=str(index), SLURM_ARRAY_TASK_MIN="0",
                           SLURM_ARRAY_TASK_COUNT="4")
        subprocess.run(walk.command("photos", "-o", "shard.jsonl", "--shard", "auto"), cwd=walk.folder,
                       env=environment, capture_output=True)
    parts = [f"shard-{number}-of-4.jsonl" for number in range(1, 5)]

    def merge(parts):
        return subprocess.run([PROGRAM, "caption", "merge", *parts, "-o", "merged.jsonl", "--of", "photos"],
                              cwd=walk.folder, env=walk.environment, capture_output=True, text=True)

    result = merge(parts[:3])
    walk.check("a missing shard is told", result.returncode == 3 and "missing shard: 4 of 4" in result.stderr,
               result.stderr[-500:])
    result = merge(parts)
    walk.check("shards add up to the whole", result.returncode == 0
               and [row["image"] for row in walk.rows("merged.jsonl")] == [row["image"] for row in expected]
               and answers(walk.rows("merged.jsonl")) == answers(expected), result.stderr[-500:])
    result = merge(parts + parts[:1])
    walk.check("rows that are twice are told", "twice" in result.stderr
               and len(walk.rows("merged.jsonl")) == tree.COUNT, result.stderr[-500:])
    environment = dict(walk.environment, JOB_COMPLETION_INDEX="2")
    subprocess.run(walk.command("photos", "-o", "pod.jsonl", "--shards", "4"), cwd=walk.folder,
                   env=environment, capture_output=True)
    walk.check("a Kubernetes index is a shard",
               answers(walk.rows("pod-3-of-4.jsonl")) == answers(walk.rows(parts[2])))


def other_forms(walk, expected):
    result = walk.run("photos", "-o", "rows.csv", "--sidecar-dir", "texts")
    with open(walk.path("rows.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    walk.check("CSV has the same rows", [row["image"] for row in rows] == [row["image"] for row in expected]
               and [row["caption"] for row in rows] == [row.get("caption", "") for row in expected],
               result.stderr[-500:])
    again = walk.run("photos", "-o", "rows.csv", "--sidecar-dir", "texts")
    walk.check("and goes on", counts(again) == (0, GOOD, len(tree.BAD)), again.stderr[-500:])
    texts = sum(len(files) for _, _, files in os.walk(walk.path("texts")))
    cut = sum(row["finish_reason"] not in ("stop", "") for row in rows)
    walk.check("whole answers have a text file", texts == GOOD - cut, (texts, GOOD, cut))
    os.remove(walk.path("rows.csv"))
    note = Path(walk.path("texts/same/a.jpg.txt"))
    note.write_text("my own words")
    again = walk.run("photos", "-o", "rows.csv", "--sidecar-dir", "texts")
    walk.check("text files are known when the rows are lost, and somebody's own words stay",
               "1 text file of others left alone" in again.stderr and note.read_text() == "my own words",
               again.stderr[-500:])
    lines = [json.dumps({"image": "photos/same/a.jpg"}),
             json.dumps({"image": "b", "data": base64.b64encode(tree.shape(5001)).decode()})]
    worker = walk.run("--worker", input="\n".join(lines))
    rows = [json.loads(line) for line in worker.stdout.splitlines()]
    walk.check("a worker answers lines", worker.returncode == 0
               and [row["image"] for row in rows] == ["photos/same/a.jpg", "b"], worker.stderr[-500:])


def reported(walk):
    """The report's page, in Chromium where that is installed."""
    result = walk.run("photos", "-o", "plain.jsonl", "--report", "report.html")
    page = Path(walk.path("report.html"))
    html = page.read_text()
    walk.check("a report has a card a picture and needs no other file",
               html.count("<article") == tree.COUNT and not re.search(r'(src|href)="(?!data:)', html),
               result.stderr[-500:])
    browser = shutil.which("chromium")
    if not browser:
        print("         skipped: the report in Chromium, which is not installed")
        return

    def seen(html):
        page.with_name("seen.html").write_text(html)
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                   f"file://{page.with_name('seen.html')}"]
        environment = dict(walk.environment, HOME=walk.folder)
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60).stdout

    def done(script):
        return seen(html.replace("</html>", f"<script>{script}</script></html>"))

    walk.check("Chromium shows all of it", f"<output>{tree.COUNT} of {tree.COUNT}</output>" in seen(html))
    search = "search.value = 'TWINS'; search.dispatchEvent(new Event('input', {bubbles: true}));"
    walk.check("its search finds names", f"<output>2 of {tree.COUNT}</output>" in done(search))
    choose = "kind.value = 'failed'; kind.dispatchEvent(new Event('input', {bubbles: true}));"
    walk.check("its filter finds failures", f"<output>{len(tree.BAD)} of {tree.COUNT}</output>" in done(choose))
    plain = seen(re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    walk.check("it can be read without scripts", plain.count("<article") == tree.COUNT
               and "<form hidden" in plain)


def packed_again(walk):
    """A WebDataset in, one with captions out; killed on the way."""
    members = []
    for number in range(60):
        members += [(f"{number:04}.cls", b"7"), (f"{number:04}.png", tree.shape(number))]
    archives.write(walk.path("samples.tar"), members)
    draw = random.Random(2)
    for _ in range(5):
        process = subprocess.Popen(walk.command("samples.tar", "-o", "captions.tar"), cwd=walk.folder,
                                   env=walk.environment, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=0.5 + draw.random())
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()
    result = walk.run("samples.tar", "-o", "captions.tar")
    with tarfile.open(walk.path("captions.tar")) as tar:
        names = tar.getnames()
        kept = all(tar.extractfile(name).read() == content for name, content in members)
        rows = [json.loads(tar.extractfile(name).read()) for name in names if name.endswith(".json")]
    stems = [name.split(".")[0] for name in names]
    walk.check("a WebDataset has each sample again with its row, once and in order", kept
               and stems == sorted(stems) and len(set(names)) == len(names) and len(rows) == 60,
               result.stderr[-500:])


def bad_input(walk):
    picture = tree.shape(1)
    whole = Path(walk.path("photos.tar.gz")).read_bytes()
    Path(walk.path("cut.tar.gz")).write_bytes(whole[:len(whole) // 2])
    archives.write(walk.path("secret.zip"), [("a.png", picture)], None, "zip",
                   "zip:encryption=traditional", "word")
    archives.write(walk.path("inner.tar"), [("a.png", picture)])
    archives.write(walk.path("outer.zip"),
                   [("inner.tar", Path(walk.path("inner.tar")).read_bytes()), ("b.png", picture)], None, "zip")
    archives.write(walk.path("up.tar"), [("../../up.png", picture), ("/tmp/up.png", picture), ("c.png", picture)])
    header = bytearray(512)
    header[:8] = b"zero.png"
    header[100:107], header[257:265] = b"0000644", b"ustar\x0000"
    header[124:136] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156], header[156:157] = b" " * 8, b"0"
    header[148:156] = b"%06o\0 " % sum(header)
    with gzip.open(walk.path("zeros.tar.gz"), "wb", 1) as file:
        file.write(bytes(header) + bytes(64 << 20))
    for name, captioned, sentence in [
            ("cut.tar.gz", None, "cannot be read further"), ("secret.zip", 0, "is encrypted"),
            ("outer.zip", 1, "left out: 1 archive"), ("up.tar", 1, "a name that no file can have"),
            ("zeros.tar.gz", 0, "too large")]:
        started = time.time()
        result = walk.run(name, "-o", f"{name}.rows.jsonl")
        got = counts(result)
        walk.check(f"{name} ends in rows and a sentence, soon",
                   sentence in result.stderr and (captioned is None or got[0] == captioned)
                   and time.time() - started < 20, result.stderr[-500:])
    walk.check("nothing was written outside", not os.path.exists("/tmp/up.png"))
    result = walk.run("photos", "-o", "x.jsonl", "-p", "What is {nmae}?")
    walk.check("an unknown variable is wrong usage", result.returncode == 2 and "{nmae}" in result.stderr,
               result.stderr)
    Path(walk.path("notes.jsonl")).write_text('{"my": "notes"}\n')
    result = walk.run("photos", "-o", "notes.jsonl", "--overwrite")
    walk.check("somebody else's file is left alone", result.returncode == 1
               and Path(walk.path("notes.jsonl")).read_text() == '{"my": "notes"}\n', result.stderr)


def main():
    folder = tempfile.mkdtemp(prefix="internvl-new-user-")
    try:
        walk = Walk(folder)
        names = tree.make(walk.path("photos"))
        started = time.time()
        rows = first_run(walk)
        killed_runs(walk, rows, time.time() - started)
        moved_and_touched(walk)
        other_settings(walk)
        expected, _ = archived(walk, [row["image"] for row in rows])
        sharded(walk, expected)
        other_forms(walk, expected)
        reported(walk)
        packed_again(walk)
        bad_input(walk)
        assert len(names) == tree.COUNT
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(walk.failures)} failed")
    return 1 if walk.failures else 0


if __name__ == "__main__":
    sys.exit(main())
