#!/usr/bin/env python3
"""Measures what each fault does to our program and to the Python clients; prints Markdown.

    fault_table.py VENVS [NAME ...]     VENVS as for check_clients.py; NAMEs choose faults

A cell says what became of a first run with the fault and, if that failed, of a second run without
it. "right" means that every file has the right SHA-256; "again" counts bytes that were sent more
than once. Times are seconds of the first run, with 3 s instead of 10 s as the limit for silence.
Root may mount the tmpfs that the disk faults need; without it they are left out.
"""

import re
import sys
import threading

from harness import *

SHARD = "model-00001-of-00002.safetensors"
SIZE = FILES[SHARD]["random"]
TOTAL = sum(len(f["text"]) if "text" in f else f["random"] for p, f in FILES.items())
ALWAYS = {"count": -1}
LIMIT = {"HF_HUB_DOWNLOAD_TIMEOUT": "3", "HF_HUB_ETAG_TIMEOUT": "3"} | {
    "MODELSCOPE_DOWNLOAD_TIMEOUT": "3"
}


def both(fault, place, **options):
    """A fault of the listing or of files, for both hubs' protocols."""
    places = {"list": ["api", "ms-list"], "file": ["resolve", "ms-file"], "store": ["cdn"]}[place]
    return [dict(fault=fault, at=at, **options) for at in places]


def status(code, place, **headers):
    names = {"retry": "Retry-After", "limit": "RateLimit", "error": "X-Error-Code"}
    sent = {names[key]: value for key, value in headers.items()}
    return both("status", place, status=code, headers=sent)


ROOM = '"api";r=0;t=2'
FAULTS = {
    "none": [],
    "cut before the first byte": both("cut", "store", path=SHARD, after=0),
    "cut after 1 byte": both("cut", "store", path=SHARD, after=1),
    "cut in the middle": both("cut", "store", path=SHARD, after=SIZE // 2),
    "cut before the last byte": both("cut", "store", path=SHARD, after=-1),
    "cut every time after 3 MB": both("cut", "store", path=SHARD, after=3_000_000, **ALWAYS),
    "one wrong byte, once": both("flip", "store", path=SHARD, offset=9),
    "one wrong byte, always": both("flip", "store", path=SHARD, offset=9, **ALWAYS),
    "`Range` ignored on resume": both("cut", "store", path=SHARD, after=SIZE // 2)
    + both("ignore-range", "store", path=SHARD, **ALWAYS),
    "wrong `Content-Range` on resume": both("cut", "store", path=SHARD, after=SIZE // 2)
    + both("wrong-range", "store", path=SHARD),
    "416 on resume": both("cut", "store", path=SHARD, after=SIZE // 2)
    + both("416", "store", path=SHARD),
    "more bytes than listed": both("longer", "store", path=SHARD, by=100),
    "fewer bytes, with a length to match": both("shorter", "store", path=SHARD, by=100),
    "no `Content-Length`": both("chunked", "store", path=SHARD),
    "signed address expires midway": both("cut", "store", path=SHARD, after=SIZE // 2)
    + both("expire", "store", path=SHARD, skip=1),
    "another etag than listed, always": both(
        "etag", "file", path=SHARD, etag="a" * 64, **ALWAYS
    )[:1],
    "stall before the head": both("stall-head", "store", path=SHARD, seconds=30),
    "stall in the body": both("stall", "store", path=SHARD, after=SIZE // 2, seconds=30),
    "slow drip, 1 byte/s": both("drip", "store", path=SHARD, seconds=1),
    "gzip on a text file": both("gzip", "file", path="config.json"),
    "redirect loop": both("loop", "store", path=SHARD, **ALWAYS),
    "redirect to `file://`": both("redirect", "file", path=SHARD, to="file:///etc/passwd", **ALWAYS),
    "small files by relative 307": both("relative", "file", **ALWAYS)[:1],
    "listing in pages of 3": both("pages", "list", size=3, **ALWAYS)[:1],
    "401 without a code": status(401, "list"),
    "401 `RepoNotFound`": status(401, "list", error="RepoNotFound"),
    "401 `GatedRepo`": status(401, "list", error="GatedRepo"),
    "403": status(403, "list"),
    "404 `RevisionNotFound`": status(404, "list", error="RevisionNotFound"),
    "429 on the listing, `Retry-After: 1`": status(429, "list", retry="1"),
    "429 on the listing, `RateLimit`": status(429, "list", limit=ROOM),
    "429 on a file, `Retry-After: 1`": status(429, "file", retry="1"),
    "429 on a file, no header": status(429, "file"),
    "503 on the listing": status(503, "list"),
    "503 on a file": status(503, "file"),
    "500 from the object store, 3 times": both("status", "store", path=SHARD, status=500, count=3),
    "login page instead of the listing": both("portal", "list", **ALWAYS),
    "`../../x` in the listing": [
        dict(fault="list", at="api", entries=[dict(type="file", path="../../x", oid="a" * 40, size=1)]),
        dict(fault="list", at="ms-list", entries=[dict(Type="blob", Path="../../x", Size=1, Sha256="a" * 64)]),
    ],
}


class Client:
    def __init__(self, title, hub_name, command, env={}):
        self.title, self.hub_name, self.command, self.env = title, hub_name, command, env


def clients(venvs):
    python = "from {} import snapshot_download as s; s('{}')"
    return [
        Client("internvl, HF", "huggingface", ours("huggingface", everything=True)),
        Client(
            "huggingface_hub 2.4.0",
            "huggingface",
            [f"{venvs}/hf-2.4.0/bin/python", "-c", python.format("huggingface_hub", MODEL)],
        ),
        Client("internvl, MS", "modelscope", ours("modelscope", everything=True)),
        Client(
            "modelscope 1.40.2",
            "modelscope",
            [f"{venvs}/ms-1.40.2/bin/python", "-c", python.format("modelscope", MODEL)],
        ),
    ]


def outcome(hub, added, client, home, code, output, seconds, env, sent_before):
    """One cell of the table; runs the client again where the first run failed."""
    wrong = wrong_files(snapshot(home, client.hub_name), added, FILES)
    if code == 0:
        text = f"**wrong bytes, exit 0** ({wrong[0]})" if wrong else "right"
    else:
        text = "hangs" if code is None else f"error: {reason(output)}"
        hub.mend()
        code, output, _ = run(client.command, env)
        wrong = wrong_files(snapshot(home, client.hub_name), added, FILES)
        again = "right" if code == 0 and not wrong else "**still broken**"
        text += f"; next run {again}"
    sent = sum(entry["sent"] for entry in hub.log()) - sent_before
    extra = sent - TOTAL
    if extra > 100_000:
        text += f", {extra / 1e6:.1f} MB again"
    return f"{text} ({seconds:.1f} s)"


def reason(output):
    lines = [line for line in output.strip().splitlines() if line.strip()]
    last = lines[-1] if lines else "no message"
    last = re.sub(r"/tmp/\S+|http://127\.0\.0\.1:\d+|\(Request ID[^)]*\)", "…", last)
    return last.removeprefix("internvl: ").replace("|", "/")[:110]


def measure(hub, client, faults, folder):
    home = fresh(f"{folder}/home")
    env = environment(hub, home, **LIMIT)
    hub.mend()
    added = hub.add()
    for fault in faults:
        hub.fault(**fault)
    before = sum(entry["sent"] for entry in hub.log())
    code, output, seconds = run(client.command, env, timeout=90)
    cell = outcome(hub, added, client, home, code, output, seconds, env, before)
    escaped = [str(path) for path in [*pathlib.Path(folder).rglob("x")]]
    return cell + (f" **wrote {escaped}**" if escaped else "")


def two_at_once(hub, client, folder):
    home = fresh(f"{folder}/home")
    env = environment(hub, home)
    hub.mend()
    added = hub.add()
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(run(client.command, env)))
        for _ in range(2)
    ]
    before = sum(entry["sent"] for entry in hub.log())
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    wrong = wrong_files(snapshot(home, client.hub_name), added, FILES)
    codes = sorted(str(result[0]) for result in results)
    text = "right" if codes == ["0", "0"] and not wrong else f"**exit {codes}, {wrong[:1]}**"
    extra = sum(entry["sent"] for entry in hub.log()) - before - TOTAL
    return text + (f", {extra / 1e6:.1f} MB again" if extra > 100_000 else "")


def disk_full(hub, client, folder, megabytes, filler):
    """A volume of some megabytes, of which others take `filler` while the download runs."""
    volume = fresh(f"{folder}/volume")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", volume]).returncode:
        return None
    try:
        home = f"{volume}/home"
        env = environment(hub, home)
        hub.mend()
        added = hub.add()
        hub.fault("limit", at="cdn", path=SHARD, rate=20_000_000)
        before = sum(entry["sent"] for entry in hub.log())

        def fill():
            time.sleep(1.0)
            with open(f"{volume}/filler", "wb") as file:
                try:
                    file.write(bytes(filler * 1_000_000))
                except OSError:
                    pass

        if filler:
            threading.Thread(target=fill).start()
        code, output, seconds = run(client.command, env)
        pathlib.Path(f"{volume}/filler").unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=200m", volume], check=True)
        sent = sum(entry["sent"] for entry in hub.log()) - before
        cell = outcome(hub, added, client, home, code, output, seconds, env, before)
        return f"{cell}, {sent / 1e6:.1f} MB before the error" if code else cell
    finally:
        subprocess.run(["umount", "-l", volume])


def foreign_partial(hub, client, folder):
    """Files of zeros with the right size under the names that other clients' partial files have."""
    home = fresh(f"{folder}/home")
    env = environment(hub, home)
    hub.mend()
    added = hub.add()
    shard = added["files"][SHARD]
    cache = pathlib.Path(home, ".cache")
    repository = cache / f"huggingface/hub/models--{MODEL.replace('/', '--')}/blobs"
    scope = cache / f"modelscope/models/{MODEL.replace('/', '--')}/snapshots/master"
    for file in (repository / f"{shard['sha256']}.incomplete", scope / f"{SHARD}.incomplete"):
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(shard["size"]))
    before = sum(entry["sent"] for entry in hub.log())
    code, output, seconds = run(client.command, env)
    return outcome(hub, added, client, home, code, output, seconds, env, before)


def main():
    venvs = pathlib.Path(sys.argv[1]).resolve()
    chosen = sys.argv[2:]
    folder = scratch()
    hub = FakeHub()
    all_clients = clients(venvs)
    specials = {
        "two processes at once": two_at_once,
        "foreign partial file, full size, zeros": foreign_partial,
        "disk too small": lambda *a: disk_full(*a, megabytes=20, filler=0),
        "disk fills up midway": lambda *a: disk_full(*a, megabytes=45, filler=40),
    }
    print("| fault |" + "".join(f" {client.title} |" for client in all_clients))
    print("|---|" + "---|" * len(all_clients))
    for name in [*FAULTS, *specials]:
        if chosen and name not in chosen:
            continue
        row = []
        for client in all_clients:
            if name in specials:
                row.append(specials[name](hub, client, folder) or "–")
                continue
            faults = FAULTS[name]
            applies = {"huggingface": ("api", "resolve", "cdn"), "modelscope": ("ms-list", "ms-file", "cdn")}
            mine = [fault for fault in faults if fault["at"] in applies[client.hub_name]]
            row.append(measure(hub, client, mine, folder) if mine or not faults else "–")
        print(f"| {name} |" + "".join(f" {cell} |" for cell in row), flush=True)
    hub.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
