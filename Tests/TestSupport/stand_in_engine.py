"""Stands in for `vllm`, `lmdeploy` and `transformers`: starts as they do, then serves or ends.

STAND_IN says how: serve (the usual), no_gpu, out_of_memory (at the first question), dies (in the middle
of the second answer), silent, silent_worker, which starts a worker first, or worker_dies, where what
another node runs ends. Lines are those of vLLM 0.32, LMDeploy 0.18 and Transformers 5.24.
STAND_IN_WORKER names a file for the process id of the worker that it starts; one that is started with
--headless writes its own behind it, with `.headless`. NODE is what the stand-in for ssh calls the machine:
`old` has an old version.
"""

import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fake_engine  # noqa: E402

PHASES = {
    "vllm": [
        "INFO 11-30 10:00:00 [__init__.py:239] Automatically detected platform cuda.",
        "INFO 11-30 10:00:09 [gpu_model_runner.py:1595] Starting to load model",
        "Loading safetensors checkpoint shards: 100% Completed | 1/1 [00:00<00:00,  2.75it/s]",
        "INFO 11-30 10:00:20 [backends.py:430] torch.compile takes 6.21 s in total",
        "INFO:     Application startup complete.",
    ],
    "lmdeploy": ["Convert to turbomind format: 100%", "INFO:     Uvicorn running on http://127.0.0.1"],
    "transformers": ["Loading weights: 100%", "INFO:     Application startup complete."],
}


def main():
    name, *arguments = sys.argv[1:]
    mode = os.environ.get("STAND_IN", "serve")
    if arguments == ["--version"]:
        return print("0.9.2" if os.environ.get("NODE") == "old" else "0.32.0")
    if "--headless" in arguments:
        file = os.environ["STAND_IN_WORKER"] + ".headless"
        pathlib.Path(file).write_text(str(os.getpid()))
        if mode == "worker_dies":
            sys.exit("RuntimeError: No CUDA GPUs are available")
        time.sleep(600)
    if "--port" not in arguments and "--server-port" not in arguments:
        sys.exit(f"{name}: error: unrecognized arguments")
    option = "--server-port" if "--server-port" in arguments else "--port"
    port = int(arguments[arguments.index(option) + 1])
    if mode == "no_gpu":
        print("Traceback (most recent call last):", file=sys.stderr)
        sys.exit("RuntimeError: Failed to infer device type")
    if mode in ("silent", "worker_dies"):
        time.sleep(600)
    worker = subprocess.Popen(["sleep", "1000"])
    if "STAND_IN_WORKER" in os.environ:
        pathlib.Path(os.environ["STAND_IN_WORKER"]).write_text(str(worker.pid))
    if mode == "silent_worker":
        time.sleep(600)
    for line in PHASES[name]:
        print(line, file=sys.stderr, flush=True)
    if mode == "out_of_memory":

        def fail(handler, _):
            print("torch.OutOfMemoryError: CUDA out of memory.", file=sys.stderr, flush=True)
            handler.reply(500, "text/plain", "Internal Server Error")

        fake_engine.Handler.answer_good = fail
    if mode == "dies":
        answer = fake_engine.Handler.answer_good

        def die(handler, body):
            if body["max_tokens"] == 1:
                return answer(handler, body)
            handler.begin_stream()
            handler.event(fake_engine.chunk(content="A "))
            print("torch.OutOfMemoryError: CUDA out of memory.", file=sys.stderr, flush=True)
            os._exit(7)

        fake_engine.Handler.answer_good = die
    fake_engine.ThreadingHTTPServer(("127.0.0.1", port), fake_engine.Handler).serve_forever()


main()
