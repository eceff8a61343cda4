"""Faults that take more than the fake hub: other processes, full disks, damaged partial files."""

import pathlib
import subprocess
import threading
import time

from faults import ALWAYS, SHARD
from harness import FILES, MODEL, fresh

#: Slow enough to do something while a download runs.
SLOWLY = {"fault": "limit", "at": "cdn", "path": SHARD, "rate": 10_000_000}


def changed_midway(bench):
    """The hub falls silent in the middle of a shard, and then serves another commit's content."""
    bench.start()
    size = FILES[SHARD]["random"]
    bench.hub.fault("stall", at="cdn", path=SHARD, after=size // 2, seconds=30)
    changed = FILES | {SHARD: {"random": size, "seed": 99}}

    first = len(bench.hub.log())

    def change():
        wait(lambda: any(is_shard(entry) for entry in bench.hub.log()[first:]))
        bench.added = bench.hub.add(changed)

    thread = threading.Thread(target=change)
    thread.start()
    result = bench.run()
    thread.join()
    return bench.outcome(*result)


def is_shard(entry):
    """Whether bytes of the large shard were sent."""
    return SHARD in entry["path"] and entry["sent"] > 0


def wait(happened):
    """Returns when something has happened, or after 20 s."""
    deadline = time.monotonic() + 20
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)


def redirected(bench):
    """A token is set, and a shard is redirected to another host."""
    bench.start(HF_TOKEN="hf_secret", MODELSCOPE_API_TOKEN="hf_secret")
    bench.env["NO_PROXY"] = "127.0.0.1,localhost"
    bench.hub.send(do="token", token="hf_secret")
    shard = bench.added["files"][SHARD]
    tags = {
        "X-Repo-Commit": bench.added["commit"],
        "X-Linked-ETag": f'"{shard["sha256"]}"',
        "X-Linked-Size": shard["size"],
    }
    address = f"http://localhost:{bench.hub.store_port}/{MODEL}/{SHARD}?X-Amz-Signature=999999"
    for at in ("resolve", "ms-file"):
        bench.hub.fault("redirect", at=at, path=SHARD, to=address, headers=tags, **ALWAYS)
    first = len(bench.hub.log())
    cell = bench.outcome(*bench.run())
    stored = [entry for entry in bench.hub.log()[first:] if entry["port"] == "cdn"]
    leaked = any(entry["authorization"] or entry["cookie"] for entry in stored)
    bench.hub.send(do="token", token=None)
    return cell + (", **token sent along**" if leaked else ", token kept back")


def renamed(bench):
    """The repository has a new name, to which the old one redirects with a 307."""
    if bench.client.hub_name != "huggingface":
        return "–"
    bench.start()
    new = f"{MODEL}-renamed"
    bench.hub.add(name=new)
    for at in ("api", "resolve"):
        bench.hub.fault("moved", at=at, to=new, **{"in": f"{MODEL}/"}, **ALWAYS)
    return bench.outcome(*bench.run())


def two_at_once(bench):
    bench.start()
    results = []
    threads = [threading.Thread(target=lambda: results.append(bench.run())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes, wrong = sorted(str(result[0]) for result in results), bench.wrong()
    text = "right" if codes == ["0", "0"] and not wrong else f"**exit {codes}, {wrong[:1]}**"
    return text + bench.again()


def disk_full(bench, megabytes, filler):
    """A volume of some megabytes, of which others take `filler` while the download runs."""
    volume = fresh(f"{bench.folder}/volume")
    options = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", volume]
    if subprocess.run(options).returncode:
        return "–"
    try:
        bench.start(home=f"{volume}/home")
        bench.hub.fault(**SLOWLY)
        block = pathlib.Path(volume, "filler")

        first = len(bench.hub.log())

        def fill():
            wait(lambda: any(is_shard(entry) for entry in bench.hub.log()[first:]))
            try:
                block.write_bytes(bytes(filler * 1_000_000))
            except OSError:
                pass

        thread = threading.Thread(target=fill)
        if filler:
            thread.start()
        code, output, seconds = bench.run()
        if filler:
            thread.join()
        block.unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=200m", volume], check=True)
        sent = bench.sent_ever() - bench.before
        cell = bench.outcome(code, output, seconds)
        return f"{cell}, {sent / 1e6:.1f} MB before the error" if code else cell
    finally:
        subprocess.run(["umount", "-l", volume])


def foreign_partial(bench, part):
    """Files of zeros under the names that other clients' partial files have.

    `part` is their length as a part of the shard's.
    """
    bench.start()
    shard = bench.added["files"][SHARD]
    cache = pathlib.Path(bench.home, ".cache")
    folder = MODEL.replace("/", "--")
    blobs = cache / f"huggingface/hub/models--{folder}/blobs"
    files = cache / f"modelscope/models/{folder}/snapshots/master"
    for file in (blobs / f"{shard['sha256']}.incomplete", files / f"{SHARD}.incomplete"):
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(int(shard["size"] * part)))
    return bench.outcome(*bench.run())


def own_partial(bench, damage):
    """The client is killed midway, and what it left of a shard is damaged."""
    bench.start()
    bench.hub.fault(**SLOWLY, **ALWAYS)
    process = subprocess.Popen(
        bench.client.command,
        env=bench.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait(lambda: partials(bench.home))
    process.kill()
    process.wait()
    left = partials(bench.home)
    if not left:
        return "no partial file"
    for file in left:
        damage(file)
    bench.hub.mend()
    bench.before = bench.sent_ever()
    return bench.outcome(*bench.run())


def partials(home):
    """Unfinished files of some megabytes."""
    sizes = {}
    for path in pathlib.Path(home).rglob("*.incomplete"):
        try:
            sizes[path] = path.stat().st_size
        except FileNotFoundError:
            continue
    return [path for path, size in sizes.items() if size > 11_000_000]


def overwrite(file):
    file.write_bytes(bytes(file.stat().st_size))


def lengthen(file):
    with open(file, "ab") as out:
        out.write(bytes(FILES[SHARD]["random"]))


def shorten(file):
    with open(file, "r+b") as out:
        out.truncate(5_000_000)


ROWS = {
    "content changed midway": changed_midway,
    "redirect to another host, with a token": redirected,
    "307 to the repository's new name": renamed,
    "two processes at once": two_at_once,
    "another client's partial file: zeros, full length": lambda b: foreign_partial(b, 1),
    "another client's partial file: zeros, half": lambda b: foreign_partial(b, 0.5),
    "another client's partial file: too long": lambda b: foreign_partial(b, 1.5),
    "SIGKILL midway, partial file kept": lambda b: own_partial(b, lambda file: None),
    "SIGKILL midway, partial file zeroed": lambda b: own_partial(b, overwrite),
    "SIGKILL midway, partial file too long": lambda b: own_partial(b, lengthen),
    "SIGKILL midway, partial file cut": lambda b: own_partial(b, shorten),
    "disk too small": lambda b: disk_full(b, megabytes=20, filler=0),
    "disk fills up midway": lambda b: disk_full(b, megabytes=45, filler=40),
}
