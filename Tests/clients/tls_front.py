#!/usr/bin/env python3
"""The fake hub over HTTPS with HTTP/2; needs the hypercorn that make_venvs.sh installs.

    tls_front.py CERTIFICATE KEY HUB_PORT STORE_PORT [downgrade]

Passes every request on to the fake hub's two ports and rewrites its redirects to the object store to
HTTPS; with `downgrade` they stay what they are, plain HTTP. Prints its own two ports as JSON, serves
until its standard input ends, and then prints the HTTP version of every request.
"""

import asyncio
import http.client
import json
import os
import socket
import sys
import threading

import hypercorn.asyncio
import hypercorn.config

certificate, key, hub_port, store_port = sys.argv[1:5]
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
ports = [listening.getsockname()[1] for listening in sockets]
behind = dict(zip(ports, (hub_port, store_port)))
redirects = {} if "downgrade" in sys.argv else {
    f"http://127.0.0.1:{plain}/": f"https://127.0.0.1:{port}/" for port, plain in behind.items()
}
versions = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        return await send({"type": "lifespan.startup.complete"})
    versions.append(scope["http_version"])
    connection = http.client.HTTPConnection("127.0.0.1", behind[scope["server"][1]])
    path = f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}".rstrip("?")
    sent = {name.decode(): value.decode() for name, value in scope["headers"]}
    await asyncio.to_thread(connection.request, scope["method"], path, headers=sent)
    answer = await asyncio.to_thread(connection.getresponse)
    headers = [(name.lower(), moved(value)) for name, value in answer.getheaders()]
    own = ("connection", "transfer-encoding", "date", "server")
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(n.encode(), v.encode()) for n, v in headers if n not in own],
        }
    )
    while piece := await asyncio.to_thread(answer.read, 1 << 18):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


def moved(value):
    for plain, secure in redirects.items():
        value = value.replace(plain, secure)
    return value


def end_with_input():
    sys.stdin.read()
    print(json.dumps(versions), flush=True)
    os._exit(0)


def main():
    config = hypercorn.config.Config()
    config.certfile, config.keyfile = certificate, key
    config.bind = [f"fd://{listening.fileno()}" for listening in sockets]
    config.loglevel = "ERROR"
    print(json.dumps({"hub": ports[0], "cdn": ports[1]}), flush=True)
    threading.Thread(target=end_with_input, daemon=True).start()
    asyncio.run(hypercorn.asyncio.serve(app, config))


if __name__ == "__main__":
    main()
