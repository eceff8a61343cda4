"""Asks a server over TLS, and prints what was wrong.

    tls_client.py PORT CERTIFICATE
"""

import json
import socket
import ssl
import sys

port, certificate = int(sys.argv[1]), sys.argv[2]


def check(what, holds):
    if not holds:
        print(what)


def connect(**versions):
    context = ssl.create_default_context(cafile=certificate)
    for name, value in versions.items():
        setattr(context, name, value)
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    return context.wrap_socket(
        connection, server_hostname="localhost", suppress_ragged_eofs=False
    )


def ask(connection, path, close=True):
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
    connection.sendall((head + ("Connection: close\r\n" if close else "") + "\r\n").encode())


def rest(connection):
    text = b""
    while piece := connection.recv(1 << 16):
        text += piece
    return text


# Both versions, and the end that TLS itself tells.
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    with connect(minimum_version=version, maximum_version=version) as connection:
        ask(connection, "/version")
        check(f"{version} gets no answer", rest(connection).startswith(b"HTTP/1.1 200"))

# Many requests on one connection, with answers of several records.
with connect() as connection:
    for _ in range(50):
        ask(connection, "/style.css", close=False)
    ask(connection, "/version")
    check("answers are missing", rest(connection).count(b"HTTP/1.1 200") == 51)

# A request in pieces of a byte, and one that is larger than many records.
with connect() as connection:
    for byte in b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
        connection.sendall(bytes([byte]))
    check("single bytes get no answer", rest(connection).startswith(b"HTTP/1.1 200"))
question = {"model": "InternVL3-Demo", "prompt": "x", "max_tokens": 2, "stream": True}
body = json.dumps(question | {"user": "u" * 1_000_000})
head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
with connect() as connection:
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    check("a stream has no end", b"data: [DONE]" in rest(connection))

# What is no TLS, what is broken, and who goes away.
for first in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x00" * 5000):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(first)
        try:
            check("plain text is answered", b"HTTP" not in rest(connection))
        except ConnectionResetError:
            pass
for _ in range(20):
    with connect() as connection:
        ask(connection, "/style.css", close=False)
with connect() as connection:
    ask(connection, "/version")
    check("the server is gone", rest(connection).startswith(b"HTTP/1.1 200"))
try:
    stranger = socket.create_connection(("127.0.0.1", port), timeout=60)
    ssl.create_default_context().wrap_socket(stranger, server_hostname="localhost")
    print("a client takes a certificate that it does not know")
except ssl.SSLError:
    pass
