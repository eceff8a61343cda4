#!/usr/bin/env python3
"""Checks downloads over HTTPS, HTTP/2 and a proxy, with real servers on loopback.

    check_network.py VENVS      VENVS holds hypercorn (make_venvs.sh)

INTERNVL names our program (default .build/release/internvl).
"""

import json
import pathlib
import shutil
import socket
import socketserver
import subprocess
import sys
import threading

from harness import FakeHub, check, environment, finish, fresh, ours, run, scratch, snapshot
from harness import HERE, wrong_files


class Front:
    """The fake hub over HTTPS, as a process of its own."""

    def __init__(self, venvs, folder, hub, *options):
        self.hub = hub
        plain = (hub.address.rpartition(":")[2], str(hub.store_port))
        self.process = subprocess.Popen(
            [venvs / "hypercorn/bin/python", HERE / "tls_front.py", f"{folder}/server.pem"]
            + [f"{folder}/server.key", *plain, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports = json.loads(self.process.stdout.readline())
        self.address = f"https://127.0.0.1:{self.ports['hub']}"

    def close(self):
        """Ends it; returns the HTTP versions of the requests that it had."""
        output, _ = self.process.communicate()
        return json.loads(output.splitlines()[-1])


class Proxy(socketserver.ThreadingTCPServer):
    """A forward proxy that tunnels what CONNECT asks for, and notes it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.targets = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Tunnel(socketserver.StreamRequestHandler):
    def handle(self):
        method, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        self.server.targets.append(f"{method} {target}")
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(upstream, self.connection))
            back.start()
            pump(self.connection, upstream)
            back.join()


def pump(source, sink):
    """Copies until one side ends."""
    try:
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def make_certificates(folder):
    """A certificate authority, and a certificate for 127.0.0.1 that it signed."""
    make = "openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:P-256".split()
    authority = ["-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"]
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1"]
    server = ["-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.pem", *signed]
    for options in (authority, server):
        subprocess.run(make + options, cwd=folder, check=True, capture_output=True)


class Download:
    """One run of our program with an empty home."""

    def __init__(self, front, folder, hub_name="huggingface", **variables):
        home = fresh(f"{folder}/home")
        self.code, self.output, _ = run(ours(hub_name), environment(front, home, **variables))
        self.folder = snapshot(home, hub_name)

    def is_right(self, added):
        return self.code == 0 and not wrong_files(self.folder, added)

    def fails(self, *words):
        return self.code == 1 and all(word in self.output for word in words)


def certificates(front, folder, added):
    authority = f"{folder}/ca.pem"
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        download = Download(front, folder, **{variable: authority})
        check(f"HTTPS with {variable}", download.is_right(added), download.output)
    download = Download(front, folder, "modelscope", SSL_CERT_FILE=authority)
    check("HTTPS to ModelScope", download.is_right(added), download.output)
    download = Download(front, folder)
    refused = download.fails("no secure connection to 127.0.0.1", "SSL_CERT_FILE")
    check("an unknown authority is refused", refused, download.output)
    other_name = front.address.replace("127.0.0.1", "localhost")
    download = Download(front, folder, SSL_CERT_FILE=authority, HF_ENDPOINT=other_name)
    refused = download.fails("no secure connection to localhost")
    check("a certificate for another name is refused", refused, download.output)
    download = Download(front, folder, SSL_CERT_FILE=f"{folder}/missing.pem")
    refused = download.fails("no secure connection", "missing.pem")
    check("a missing file of certificates is named", refused, download.output)


def proxies(front, folder, added):
    trust = {"SSL_CERT_FILE": f"{folder}/ca.pem"}
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        proxy = Proxy()
        download = Download(front, folder, NO_PROXY="", **{variable: proxy.address}, **trust)
        wanted = {f"CONNECT 127.0.0.1:{port}" for port in front.ports.values()}
        check(
            f"every request goes through {variable}",
            download.is_right(added) and set(proxy.targets) == wanted,
            f"{proxy.targets} {download.output}",
        )
    for variable, value in (("NO_PROXY", "example.org,127.0.0.1"), ("no_proxy", "*")):
        proxy = Proxy()
        variables = {"NO_PROXY": "", "HTTPS_PROXY": proxy.address, variable: value, **trust}
        download = Download(front, folder, **variables)
        direct = download.is_right(added) and not proxy.targets
        seen = f"{proxy.targets} {download.output}"
        check(f"{variable}={value} goes past the proxy", direct, seen)
    proxy = Proxy()
    download = Download(front, folder, NO_PROXY="", HTTP_PROXY=proxy.address, **trust)
    direct = download.is_right(added) and not proxy.targets
    check("HTTP_PROXY is not for https", direct, f"{proxy.targets} {download.output}")


def downgrade(venvs, folder, hub):
    front = Front(venvs, folder, hub, "downgrade")
    for hub_name in ("huggingface", "modelscope"):
        before = len(hub.log())
        download = Download(front, folder, hub_name, SSL_CERT_FILE=f"{folder}/ca.pem")
        asked = [entry for entry in hub.log()[before:] if entry["port"] == "cdn"]
        check(
            f"a redirect of {hub_name} from https to http is refused",
            download.fails("http://127.0.0.1", "which is not encrypted") and not asked,
            f"{asked} {download.output}",
        )
    front.close()


def main():
    venvs = pathlib.Path(sys.argv[1]).resolve()
    folder = scratch()
    make_certificates(folder)
    hub = FakeHub()
    added = hub.add()
    front = Front(venvs, folder, hub)
    certificates(front, folder, added)
    proxies(front, folder, added)
    versions = front.close()
    check("every request used HTTP/2", versions and set(versions) == {"2"}, str(versions))
    downgrade(venvs, folder, hub)
    hub.close()
    shutil.rmtree(folder)
    finish()


if __name__ == "__main__":
    main()
