#!/usr/bin/env python3
"""A fake Hugging Face and ModelScope on loopback, with faults on demand.

One process, standard library only, HTTP/1.1 with keep-alive, two ports: the hub, and the object
store ("CDN") that large files are redirected to, so that a token sent to the wrong origin shows.

Prints {"hub": PORT, "cdn": PORT} and then serves until its standard input ends. Each line there is
a command in JSON, answered by one line of JSON:

    {"do": "add", "id": ID, "files": {PATH: SOURCE}, "large": N, "gated": null|"auto"|"manual"}
        adds or replaces a repository; SOURCE is {"text": T}, {"random": SIZE, "seed": N} or
        {"file": PATH}; files of at least `large` bytes (default 1000) are LFS files, served by the
        CDN; answers {"commit": C, "files": {PATH: {"sha256", "blob", "size"}}}
    {"do": "fault", "fault": NAME, ...}   adds a fault (below)
    {"do": "mend", "in": TEXT}            removes the faults of paths that hold TEXT
    {"do": "log", "in": TEXT}             the requests whose path holds TEXT, the oldest first: [{"port",
                                          "method", "path", "range", "authorization", "cookie",
                                          "sent": bytes of file content}]
    {"do": "token", "token": T}           the token that is good; others are refused

A fault: {"fault": NAME, "at": "api" | "resolve" | "cdn" | "ms-list" | "ms-file",
          "in": TEXT, "path": TEXT, "skip": N (default 0), "count": N (default 1), ...}
It applies to requests of that kind whose path holds both texts, after the first `skip` of them and
then `count` times (-1: always).
    status    {"status", "headers", "body"}       answer this instead
    cut       {"after": N}                        close the connection after N bytes of the body
    stall     {"after": N, "seconds": S}          stop sending after N bytes, close after S seconds
    stall-head {"seconds": S}                     rest before the head
    close                                         close the connection instead of an answer
    limit     {"rate": N}                         so many bytes a second
    drip      {"seconds": S}                      one byte, then S seconds' rest, and so on
    ignore-range                                  answer 200 with the whole body
    wrong-range                                   Content-Range says another range
    flip      {"offset": N}                       one wrong byte, at this offset of the file
    longer    {"by": N}                           more bytes than listed
    shorter   {"by": N}                           fewer, with a Content-Length to match
    redirect  {"to": LOCATION, "status": 302}     send elsewhere
    loop                                          redirect to itself
    expire                                        403 until the file is resolved again
    gzip                                          Content-Encoding: gzip, chunked
    relative                                      small file through a relative 307
    etag      {"etag": E}                         another etag at resolve
    no-commit                                     leave out X-Repo-Commit
    list      {"entries": [...]}                  further entries in the listing, as they are
    pages     {"size": N, "endless": B}           listing in pages of N entries, with an end or not
    portal                                        a 200 with a web page
    moved     {"to": ID}                          307 to the repository's new name
    chunked                                       no Content-Length
"""

import gzip
import hashlib
import json
import os
import random
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit


class File:
    """A file's place on disk and its hashes."""

    def __init__(self, source, folder):
        if "file" in source:
            self.path = source["file"]
        else:
            handle, self.path = tempfile.mkstemp(dir=folder)
            with os.fdopen(handle, "wb") as out:
                if "text" in source:
                    out.write(source["text"].encode())
                else:
                    out.write(random.Random(source.get("seed", 1)).randbytes(source["random"]))
        self.size = os.path.getsize(self.path)
        sha256 = hashlib.sha256()
        blob = hashlib.sha1(b"blob %d\0" % self.size)
        with open(self.path, "rb") as content:
            while piece := content.read(1 << 20):
                sha256.update(piece)
                blob.update(piece)
        self.sha256, self.blob = sha256.hexdigest(), blob.hexdigest()
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\n"
            f"size {self.size}\n"
        ).encode()
        self.pointer_blob = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
        self.pointer_size = len(pointer)


class Hub:
    """Repositories, faults and the log, shared by all connections."""

    def __init__(self):
        self.lock = threading.Lock()
        self.folder = tempfile.TemporaryDirectory(prefix="fake-hub-")
        self.token = None
        self.repositories = {}
        self.faults = []
        self.log = []
        self.serial = 0
        self.oldest = {}

    def obey(self, command):
        """Carries out a command of standard input and returns the answer."""
        text = command.get("in", "")
        with self.lock:
            match command.pop("do"):
                case "add":
                    return self.add(command)
                case "fault":
                    self.faults.append(command)
                case "mend":
                    self.faults = [fault for fault in self.faults if text not in fault.get("in", "")]
                case "log":
                    return [entry for entry in self.log if text in unquote(entry["path"])]
                case "token":
                    self.token = command["token"]
        return {}

    def add(self, repository):
        folder = self.folder.name
        files = {path: File(source, folder) for path, source in repository["files"].items()}
        digest = hashlib.sha1(json.dumps(sorted((p, f.sha256) for p, f in files.items())).encode())
        self.repositories[repository["id"]] = {
            "commit": repository.get("commit") or digest.hexdigest(),
            "large": repository.get("large", 1000),
            "gated": repository.get("gated"),
            "files": files,
        }
        hashes = {
            path: {"sha256": file.sha256, "blob": file.blob, "size": file.size}
            for path, file in files.items()
        }
        return {"commit": self.repositories[repository["id"]]["commit"], "files": hashes}

    def take(self, name, at, path):
        """The first fault of a name that applies, counted down; None when there is none."""
        with self.lock:
            for fault in self.faults:
                if (
                    fault["fault"] == name
                    and fault.get("at", at) == at
                    and fault.get("in", "") in path
                    and fault.get("path", "") in path
                    and fault.get("count", 1) != 0
                ):
                    if fault.get("skip", 0) > 0:
                        fault["skip"] -= 1
                        continue
                    fault["count"] = fault.get("count", 1) - 1
                    return fault
        return None

    def sign(self):
        """A new signature for the CDN; older ones stay good until they are made to expire."""
        with self.lock:
            self.serial += 1
            return self.serial

    def expire(self, path):
        """Makes the signatures given out so far bad for one CDN path."""
        with self.lock:
            self.oldest[path] = self.serial + 1

    def is_good(self, path, signature):
        with self.lock:
            return int(signature) >= self.oldest.get(path, 1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub = None
    kind = "hub"
    other_port = 0

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path = urlsplit(self.path).path
        self.logged = {
            "port": self.kind,
            "method": self.command,
            "path": self.path,
            "range": self.headers.get("Range"),
            "authorization": self.headers.get("Authorization"),
            "cookie": self.headers.get("Cookie"),
            "sent": 0,
        }
        with self.hub.lock:
            self.hub.log.append(self.logged)
        try:
            if self.kind == "cdn":
                return self.answer_cdn(path)
            if path.startswith("/api/v1/models/"):
                return self.answer_modelscope(path)
            if path.startswith("/api/resolve-cache/models/"):
                return self.answer_resolve(path[len("/api/resolve-cache/models/") :], True)
            if path.startswith("/api/models/"):
                return self.answer_api(path[len("/api/models/") :])
            if "/resolve/" in path:
                return self.answer_resolve(path[1:].replace("/resolve/", "/", 1), False)
            self.send_failure(404, None, "no such page")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # Small answers.

    def send_body(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value, status=200, headers={}):
        self.send_body(
            status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()
        )

    def send_failure(self, status, code, message, headers={}):
        extra = {"X-Error-Message": message, **headers}
        if code:
            extra["X-Error-Code"] = code
        self.send_json({"error": message}, status, extra)

    def redirect(self, location, status=302, headers={}):
        self.send_body(status, {"Location": location, **headers}, b"Found. Redirecting")

    def take(self, name, at):
        return self.hub.take(name, at, unquote(self.path))

    def common_fault(self, at):
        """Faults that any kind of request may have; True when one was the answer."""
        if fault := self.take("stall-head", at):
            time.sleep(fault.get("seconds", 5))
        if fault := self.take("status", at):
            body = fault.get("body", {"error": "fault"})
            self.send_json(body, fault["status"], fault.get("headers", {}))
        elif fault := self.take("redirect", at):
            self.redirect(fault["to"], fault.get("status", 302), fault.get("headers", {}))
        elif self.take("loop", at):
            self.redirect(self.path)
        elif self.take("portal", at):
            self.send_body(200, {"Content-Type": "text/html"}, b"<html>Please sign in</html>")
        elif self.take("close", at):
            self.close_connection = True
        else:
            return False
        return True

    def refused(self, repository):
        """Answers for missing, gated and unauthorized repositories; True when it did."""
        sent = self.headers.get("Authorization")
        good = self.hub.token and sent == f"Bearer {self.hub.token}"
        if sent and self.hub.token and not good:
            self.send_failure(401, None, "Invalid credentials in Authorization header")
        elif repository is None:
            self.send_failure(404 if sent else 401, "RepoNotFound", "Repository not found")
        elif repository["gated"] and not sent:
            self.send_failure(401, "GatedRepo", "Access to model is restricted.")
        elif repository["gated"] == "manual":
            self.send_failure(403, "GatedRepo", "you are not in the authorized list.")
        else:
            return False
        return True

    # Hugging Face.

    def answer_api(self, rest):
        if self.common_fault("api"):
            return
        owner, name, verb, revision, folder = (rest.split("/", 4) + ["", "", "", ""])[:5]
        name_and_owner = f"{owner}/{name}"
        if fault := self.take("moved", "api"):
            return self.redirect(self.path.replace(name_and_owner, fault["to"]), 307)
        repository = self.hub.repositories.get(name_and_owner)
        if self.refused(repository):
            return
        if unquote(revision) not in ("main", "refs/pr/1", repository["commit"]):
            return self.send_failure(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        limits = {
            "RateLimit": '"api";r=499;t=55',
            "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
        }
        if verb == "revision":
            return self.send_json(
                {
                    "id": name_and_owner,
                    "sha": repository["commit"],
                    "gated": repository["gated"] or False,
                    "siblings": [{"rfilename": path} for path in repository["files"]],
                },
                headers=limits,
            )
        entries = self.tree(repository)
        if folder:
            entries = [entry for entry in entries if entry["path"].startswith(f"{folder}/")]
            if not entries:
                return self.send_failure(404, "EntryNotFound", "Entry not found")
        if fault := self.take("list", "api"):
            entries = entries + fault["entries"]
        if fault := self.take("pages", "api"):
            start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
            page = entries[start : start + fault["size"]]
            if start + fault["size"] < len(entries) or fault.get("endless"):
                base = f"http://{self.headers['Host']}{urlsplit(self.path).path}"
                cursor = start + fault["size"]
                link = f'<{base}?recursive=true&expand=false&cursor={cursor}>; rel="next"'
                limits["Link"] = link
            entries = page
        self.send_json(entries, headers=limits)

    def tree(self, repository):
        entries, folders = [], set()
        for path, file in repository["files"].items():
            folder = os.path.dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                oid = hashlib.sha1(folder.encode()).hexdigest()
                entries.append({"type": "directory", "path": folder, "oid": oid, "size": 0})
                folder = os.path.dirname(folder)
            entry = {"type": "file", "path": path, "oid": file.blob, "size": file.size}
            if file.size >= repository["large"]:
                entry["oid"] = file.pointer_blob
                entry["lfs"] = {
                    "oid": file.sha256,
                    "size": file.size,
                    "pointerSize": file.pointer_size,
                }
            entries.append(entry)
        return entries

    def answer_resolve(self, rest, is_cache):
        if self.common_fault("resolve"):
            return
        owner, name, revision, path = (rest.split("/", 3) + ["", "", ""])[:4]
        name_and_owner, path = f"{owner}/{name}", unquote(path)
        if fault := self.take("moved", "resolve"):
            return self.redirect(self.path.replace(name_and_owner, fault["to"]), 307)
        repository = self.hub.repositories.get(name_and_owner)
        if self.refused(repository):
            return
        file = repository["files"].get(path)
        headers = {"X-Repo-Commit": repository["commit"]}
        if self.take("no-commit", "resolve"):
            headers = {}
        if file is None:
            return self.send_failure(404, "EntryNotFound", "Entry not found", headers)
        changed = self.take("etag", "resolve")
        if file.size >= repository["large"]:
            tag = changed["etag"] if changed else file.sha256
            headers["X-Linked-Size"] = file.size
            headers["X-Linked-ETag"] = f'"{tag}"'
            signature = self.hub.sign()
            host = self.headers["Host"].split(":")[0]
            location = (
                f"http://{host}:{self.other_port}/{quote(name_and_owner)}/{quote(path)}"
                f"?X-Amz-Expires=3600&X-Amz-Signature={signature}"
            )
            return self.redirect(location, 302, headers)
        if not is_cache and self.take("relative", "resolve"):
            location = f"/api/resolve-cache/models/{quote(rest)}?etag=%22{file.blob}%22"
            return self.redirect(location, 307)
        headers["ETag"] = f'"{changed["etag"] if changed else file.blob}"'
        headers["Accept-Ranges"] = "bytes"
        self.send_file(file, "resolve", headers)

    def answer_cdn(self, path):
        if self.common_fault("cdn"):
            return
        whole = path
        owner, name, path = (unquote(path)[1:].split("/", 2) + ["", ""])[:3]
        if self.take("expire", "cdn"):
            self.hub.expire(whole)
        signature = parse_qs(urlsplit(self.path).query).get("X-Amz-Signature", ["0"])[0]
        if not self.hub.is_good(whole, signature):
            return self.send_body(403, {"Content-Type": "application/xml"}, b"<Error/>")
        file = self.hub.repositories.get(f"{owner}/{name}", {"files": {}})["files"].get(path)
        if file is None:
            return self.send_body(404, {}, b"")
        self.send_file(file, "cdn", {"ETag": '"multipart-9"', "Accept-Ranges": "bytes"})

    # ModelScope.

    def answer_modelscope(self, path):
        query = parse_qs(urlsplit(self.path).query)
        rest = path[len("/api/v1/models/") :].split("/")
        name = "/".join(rest[:2])
        verb = "/".join(rest[2:])
        kind = "ms-file" if verb == "repo" else "ms-list"
        if self.common_fault(kind):
            return
        repository = self.hub.repositories.get(name)
        sent = self.headers.get("Authorization")
        if sent and self.hub.token and sent != f"Bearer {self.hub.token}":
            return self.send_envelope(400, 10010103009, "bad access token")
        if repository is None:
            return self.send_envelope(404, 10010205001, "模型不存在")
        if verb == "":
            return self.send_envelope(200, 200, "success", {"Id": 1, "Name": name})
        if verb == "revisions":
            branches = [{"Revision": "master", "CreatedAt": 1744600000}]
            revisions = {"RevisionMap": {"Branches": branches, "Tags": []}}
            return self.send_envelope(200, 200, "success", revisions)
        revision = query.get("Revision", ["master"])[0]
        if revision not in ("master", "v1.0.0"):
            return self.send_envelope(404, 10010205002, f"revision {revision} not found")
        if verb == "repo/files":
            entries = [self.entry(path, file) for path, file in repository["files"].items()]
            if fault := self.take("list", "ms-list"):
                entries += fault["entries"]
            return self.send_envelope(200, 200, "success", {"Files": entries})
        path = query.get("FilePath", [""])[0]
        file = repository["files"].get(path)
        if file is None:
            return self.send_envelope(404, 10010205003, f"file {path} not found")
        if file.size >= repository["large"]:
            signature = self.hub.sign()
            host = self.headers["Host"].split(":")[0]
            return self.redirect(
                f"http://{host}:{self.other_port}/{quote(name)}/{quote(path)}"
                f"?X-Amz-Signature={signature}"
            )
        # Files that are served directly ignore ranges.
        self.send_file(file, "ms-file", {}, has_ranges=False)

    def entry(self, path, file):
        return {
            "Type": "blob",
            "Name": os.path.basename(path),
            "Path": path,
            "Size": file.size,
            "Sha256": file.sha256,
            "Revision": "9f4c1d2e00000000000000000000000000000000",
            "Mode": "33188",
            "IsLFS": file.size >= 1000,
            "CommittedDate": 1744600000,
        }

    def send_envelope(self, status, code, message, data=None):
        envelope = {"Code": code, "Success": status == 200, "Message": message, "RequestId": "1"}
        self.send_json({**envelope, "Data": data or {}}, status)

    # Files.

    def send_file(self, file, at, headers, has_ranges=True):
        size = file.size
        start, end, status = 0, size, 200
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and has_ranges and not self.take("ignore-range", at):
            first, _, last = wanted[6:].partition("-")
            start = int(first)
            end = min(size, int(last) + 1) if last else size
            if start >= size or self.take("416", at):
                unsatisfied = {"Content-Range": f"bytes */{size}"}
                return self.send_body(416, unsatisfied, b"")
            status = 206
            shift = 7 if self.take("wrong-range", at) else 0
            headers["Content-Range"] = f"bytes {start + shift}-{end - 1 + shift}/{size}"
        if self.command != "HEAD" and self.take("gzip", at):
            with open(file.path, "rb") as content:
                packed = gzip.compress(content.read()[start:end])
            return self.send_chunked(status, {**headers, "Content-Encoding": "gzip"}, packed)
        longer = self.take("longer", at) if self.command != "HEAD" else None
        shorter = self.take("shorter", at) if self.command != "HEAD" else None
        if shorter:
            end -= shorter.get("by", 1)
        if self.take("chunked", at):
            with open(file.path, "rb") as content:
                content.seek(start)
                body = content.read(end - start) + b"x" * (longer or {}).get("by", 0)
            return self.send_chunked(status, headers, body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        length = end - start + (longer or {}).get("by", 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.send_content(file, at, start, end)
        if longer:
            self.wfile.write(b"x" * longer.get("by", 1))

    def send_chunked(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    def send_content(self, file, at, start, end):
        cut, stall = self.take("cut", at), self.take("stall", at)
        drip, flip = self.take("drip", at), self.take("flip", at)
        limit = self.take("limit", at)
        with open(file.path, "rb") as content:
            if not (cut or stall or drip or flip or limit):
                return self.send_range(content, start, end)
            content.seek(start)
            body = bytearray(content.read(end - start))
        if flip and start <= flip.get("offset", 0) < end:
            body[flip.get("offset", 0) - start] ^= 1
        if cut:
            after = cut["after"] if cut["after"] >= 0 else len(body) + cut["after"]
            self.write(body[:after])
            self.close_connection = True
        elif stall:
            self.write(body[: stall["after"]])
            time.sleep(stall.get("seconds", 5))
            self.close_connection = True
        elif drip:
            for byte in body:
                self.write(bytes([byte]))
                time.sleep(drip.get("seconds", 1))
        elif limit:
            pause = limit.get("piece", 65536) / limit["rate"]
            for offset in range(0, len(body), limit.get("piece", 65536)):
                self.write(body[offset : offset + limit.get("piece", 65536)])
                time.sleep(pause)
        else:
            self.write(body)

    def write(self, body):
        self.wfile.write(body)
        self.wfile.flush()
        self.logged["sent"] += len(body)

    def send_range(self, content, start, end):
        self.wfile.flush()
        while start < end:
            count = os.sendfile(
                self.connection.fileno(), content.fileno(), start, min(end - start, 1 << 24)
            )
            if count == 0:
                raise BrokenPipeError
            start += count
            self.logged["sent"] += count


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        # Clients that hang up in the middle are what this server is for.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    hub = Hub()
    handlers = [
        type("HubHandler", (Handler,), {"hub": hub, "kind": "hub"}),
        type("CDNHandler", (Handler,), {"hub": hub, "kind": "cdn"}),
    ]
    servers = [Server(("127.0.0.1", 0), handler) for handler in handlers]
    handlers[0].other_port = servers[1].server_port
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"hub": servers[0].server_port, "cdn": servers[1].server_port}), flush=True)
    for line in sys.stdin:
        print(json.dumps(hub.obey(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
