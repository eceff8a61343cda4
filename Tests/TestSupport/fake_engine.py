"""A server of OpenAI's interface that answers well or badly, as the first part of the path says.

Prints its port, and ends when its standard input does. Recorded after vLLM 0.32, `transformers serve`
5.24 and llama-server.
"""

import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODELS = {"two": ["InternVL3-1B", "OpenGVLab/InternVL3-8B"], "none": []}
ANSWER = ["A ", "red ", "circle", "."]


def chunk(model="InternVL3-1B", content=None, reason=None, **more):
    delta = {} if content is None else {"content": content}
    choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"object": "chat.completion.chunk", "model": model, "choices": choices, **more}


def usage():
    tokens = {"prompt_tokens": 280, "completion_tokens": 4, "total_tokens": 284}
    return {"model": "InternVL3-1B", "choices": [], "usage": tokens}


def shortened(value):
    """The value with a digest in place of each data URL."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:"):
        head, _, body = value.partition(",")
        return f"{head},{hashlib.sha256(body.encode()).hexdigest()[:8]} of {len(body)}"
    return value


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()

    def event(self, value, end="\n\n"):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        self.wfile.write(f"data: {text}{end}".encode())
        self.wfile.flush()

    @property
    def mode(self):
        return self.path.split("/")[1]

    def refuses(self):
        if self.mode == "html":
            self.reply(200, "text/html", "<!DOCTYPE html><title>Sign in</title>")
        elif self.mode == "missing":
            self.reply(404, "text/html", "<html>Not Found</html>")
        elif self.mode == "key" and self.headers["Authorization"] != "Bearer secret":
            self.reply(401, "application/json", '{"error":"Unauthorized"}')
        else:
            return False
        return True

    def do_GET(self):
        if self.refuses():
            return
        models = [{"id": name} for name in MODELS.get(self.mode, ["InternVL3-1B"])]
        self.reply(200, "application/json", json.dumps({"object": "list", "data": models}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.refuses():
            return
        try:
            getattr(self, f"answer_{self.mode}", self.answer_good)(body)
        except BrokenPipeError:
            pass

    def answer_good(self, body):
        if not body.get("stream"):
            message = {"role": "assistant", "content": "".join(ANSWER)}
            choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
            self.reply(200, "application/json", json.dumps({**usage(), "choices": choices}, indent=1))
            return
        self.begin_stream()
        self.event({**chunk(), "choices": [{"delta": {"role": "assistant", "content": ""}}]})
        for piece in ANSWER:
            self.event(chunk(content=piece))
        self.event(chunk(reason="stop"))
        self.event(usage())
        self.event("[DONE]")

    def answer_echo(self, body):
        """Answers with the request itself."""
        if not body.get("stream"):
            self.reply(200, "application/json", json.dumps(shortened(body)))
            return
        self.begin_stream()
        self.event(chunk(content=json.dumps(shortened(body), sort_keys=True)))
        self.event(chunk(reason="stop"))
        self.event("[DONE]")

    def answer_undone(self, body):
        """`transformers serve`: the counts in the last chunk, and no `[DONE]`."""
        self.begin_stream()
        for piece in ANSWER:
            self.event(chunk(model="InternVL3-1B@main", content=piece), end="\r\n\r\n")
        self.event(chunk(reason="length", usage=usage()["usage"]), end="\r\n\r\n")

    def answer_thinking(self, body):
        self.begin_stream()
        self.event({"choices": [{"delta": {"reasoning_content": "Hm."}}]})
        self.event(chunk(content="Yes."))
        self.event(chunk(reason="stop"))
        self.event("[DONE]")

    def answer_hang(self, body):
        time.sleep(600)

    def answer_stall(self, body):
        self.begin_stream()
        self.event(chunk(content="A "))
        time.sleep(600)

    def answer_endless(self, body):
        self.begin_stream()
        while True:
            self.event(chunk(content="on and "))
            time.sleep(0.01)

    def answer_text500(self, body):
        self.reply(500, "text/plain", "Internal Server Error")

    def answer_json400(self, body):
        message = "This model's maximum context length is 512 tokens."
        error = {"message": message, "type": "BadRequestError", "code": 400}
        self.reply(400, "application/json", json.dumps({"error": error}))

    def answer_fastapi422(self, body):
        self.reply(422, "application/json", '{"detail":[{"msg":"x","message":"Extra inputs"}]}')

    def answer_middle(self, body):
        self.begin_stream()
        self.event(chunk(content="A "))
        self.event({"error": {"message": "CUDA out of memory", "code": 500}})
        self.event("[DONE]")

    def answer_cut(self, body):
        self.begin_stream()
        self.event(chunk(content="A "))

    def answer_broken(self, body):
        self.begin_stream()
        self.event('{"choices": [{"delta"')

    def answer_page(self, body):
        self.begin_stream()
        self.wfile.write(b"<html>Bad Gateway</html>\n\n")

    def answer_whole(self, body):
        self.reply(200, "application/json", '{"choices":[{"message":{"content":"A"}}]}')

    def answer_other(self, body):
        self.begin_stream()
        self.event(chunk(model="llama-7b", content="A "))


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
