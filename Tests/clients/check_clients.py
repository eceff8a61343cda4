#!/usr/bin/env python3
"""Checks our caches, and the fake hub, with the real Python clients.

    check_clients.py VENVS      VENVS holds hf-2.4.0, hf-0.36.2 and ms-1.40.2 (make_venvs.sh)

INTERNVL names our program (default .build/release/internvl). Everything stays on loopback.
"""

import pathlib
import shutil
import sys

from harness import FILES, MODEL, FakeHub, check, environment, finish, ours, run, scratch, snapshot
from harness import wrong_files


def requests(hub, before):
    return [entry["path"] for entry in hub.log()[before:]]


def hugging_face(hub, added, venv, folder, is_new):
    name = venv.name
    python, cli = venv / "bin/python", venv / ("bin/hf")
    download = f"from huggingface_hub import snapshot_download as s; print(s('{MODEL}'))"
    offline = download.replace(f"'{MODEL}'", f"'{MODEL}', local_files_only=True")
    scan = (
        "from huggingface_hub import scan_cache_dir as s; i=s(); assert not i.warnings, i.warnings;"
        "r,=i.repos; print(sorted(r.refs), r.nb_files)"
    )
    # The fake hub is faithful: the real client downloads everything from it.
    home = f"{folder}/{name}-theirs"
    code, output, _ = run([python, "-c", download], environment(hub, home))
    wrong = wrong_files(snapshot(home, "huggingface"), added, FILES)
    check(f"{name}: downloads from the fake hub", code == 0 and not wrong, f"{wrong} {output}")

    # Our cache is real: the client finds everything in it.
    home = f"{folder}/{name}-ours"
    env = environment(hub, home)
    code, output, _ = run(ours("huggingface", everything=True), env)
    check(f"{name}: our download of all files", code == 0, output)
    for setting in ({}, {"HF_HUB_OFFLINE": "1"}):
        code, output, _ = run([python, "-c", offline], {**env, **setting})
        check(f"{name}: finds our snapshot offline {setting or ''}", code == 0, output)
    code, output, _ = run([python, "-c", scan], env)
    check(f"{name}: scan_cache_dir has no warnings", code == 0 and "'main'" in output, output)
    if is_new:
        code, output, _ = run([cli, "cache", "ls", "--format", "json"], env)
        check(f"{name}: hf cache ls lists it", code == 0 and MODEL in output, output)
        verify = [cli, "cache", "verify", MODEL, "--fail-on-missing-files", "--fail-on-extra-files"]
        code, output, _ = run(verify, env)
        check(f"{name}: hf cache verify passes", code == 0, output)
    before = len(hub.log())
    code, output, _ = run([python, "-c", download], env)
    asked = requests(hub, before)
    wanted = 1
    check(
        f"{name}: an online run asks for the revision only",
        code == 0 and len(asked) == wanted and "/revision/" in asked[0],
        f"{asked} {output}",
    )

    # What their client downloaded counts for ours.
    home = f"{folder}/{name}-theirs"
    before = len(hub.log())
    code, output, _ = run(ours("huggingface"), environment(hub, home))
    asked = [path for path in requests(hub, before) if "/resolve/" in path]
    check(f"{name}: we fetch nothing from their cache again", code == 0 and not asked, str(asked))

    # The negative rows: damage must be noticed.
    home = f"{folder}/{name}-ours"
    if is_new:
        blob = (snapshot(home, "huggingface") / "vocab.json").resolve()
        content = bytearray(blob.read_bytes())
        content[7] ^= 1
        blob.write_bytes(content)
        code, output, _ = run([cli, "cache", "verify", MODEL], env)
        check(f"{name}: hf cache verify notices a flipped bit", code != 0, output)
        code, output, _ = run(ours("huggingface", everything=True), env)
        wrong = wrong_files(snapshot(home, "huggingface"), added, FILES)
        check(f"{name}: our next run mends it", code == 0 and not wrong, f"{wrong} {output}")

    # A download of the runtime files only is known to be incomplete.
    home = f"{folder}/{name}-runtime"
    env = environment(hub, home)
    run(ours("huggingface"), env)
    code, output, _ = run([python, "-c", offline], env)
    check(
        f"{name}: {'knows' if is_new else 'does not know'} that other files are not there",
        (code != 0 and "IncompleteSnapshot" in output) if is_new else code == 0,
        output,
    )
    run([python, "-c", download], env)
    wrong = wrong_files(snapshot(home, "huggingface"), added, FILES)
    check(f"{name}: completes our snapshot", not wrong, str(wrong))


def modelscope(hub, added, venv, folder):
    name = venv.name
    python, cli = venv / "bin/python", venv / "bin/ms"
    download = f"from modelscope import snapshot_download as s; print(s('{MODEL}'))"
    offline = download.replace(f"'{MODEL}'", f"'{MODEL}', local_files_only=True")
    home = f"{folder}/{name}-theirs"
    code, output, _ = run([python, "-c", download], environment(hub, home))
    wrong = wrong_files(snapshot(home, "modelscope"), added, FILES)
    check(f"{name}: downloads from the fake hub", code == 0 and not wrong, f"{wrong} {output}")
    before = len(hub.log())
    code, output, _ = run(ours("modelscope"), environment(hub, home))
    asked = [path for path in requests(hub, before) if "FilePath" in path]
    check(f"{name}: we fetch nothing from their cache again", code == 0 and not asked, str(asked))

    home = f"{folder}/{name}-ours"
    env = environment(hub, home)
    code, output, _ = run(ours("modelscope", everything=True), env)
    check(f"{name}: our download of all files", code == 0, output)
    code, output, _ = run([python, "-c", offline], env)
    place = str(snapshot(home, "modelscope"))
    check(f"{name}: finds our snapshot offline", code == 0 and place in output, output)
    before = len(hub.log())
    code, output, _ = run([python, "-c", download], env)
    asked = requests(hub, before)
    files = [path for path in asked if "FilePath" in path]
    listings = [path for path in asked if "/repo/files" in path]
    check(
        f"{name}: an online run lists and asks for no file",
        code == 0 and not files and len(listings) == 1,
        f"{asked} {output}",
    )
    code, output, _ = run([cli, "cache", "scan"], env)
    check(f"{name}: ms cache scan lists it", code == 0 and MODEL in output, output)
    code, output, _ = run([cli, "cache", "verify", MODEL], env)
    check(f"{name}: ms cache verify passes", code == 0, output)


def main():
    venvs = pathlib.Path(sys.argv[1]).resolve()
    folder = scratch()
    hub = FakeHub()
    added = hub.add()
    hugging_face(hub, added, venvs / "hf-2.4.0", folder, is_new=True)
    hugging_face(hub, added, venvs / "hf-0.36.2", folder, is_new=False)
    modelscope(hub, added, venvs / "ms-1.40.2", folder)
    hub.close()
    shutil.rmtree(folder)
    finish()


if __name__ == "__main__":
    main()
