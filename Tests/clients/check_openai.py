#!/usr/bin/env python3
"""Checks our server with OpenAI's Python client.

    check_openai.py ADDRESS     ADDRESS is a server with the demo model (check_server.py)
"""

import asyncio
import math
import sys

import openai

from harness import check, finish
from serving import DESCRIBE, DESCRIPTIONS, HELLO, HELLO_ANSWER, MODEL, Server, question

THREE = "three-shapes.png"


def raised(kind, act):
    """The error that a call raises; None where it raises another or none."""
    try:
        act()
    except kind as error:
        return error
    except openai.OpenAIError as error:
        print(f"     {error!r}")
    return None


def texts(chunks):
    """The text of each answer of a stream, by its index."""
    parts = {}
    for chunk in chunks:
        for choice in chunk.choices:
            parts[choice.index] = parts.get(choice.index, "") + (choice.delta.content or "")
    return parts


def chat(client):
    create = client.chat.completions.create
    reply = create(model=MODEL, messages=question(DESCRIBE, THREE))
    choice = reply.choices[0]
    check("answers about a picture", choice.message.content == DESCRIPTIONS[THREE], str(reply))
    check("ends with the reason stop", choice.finish_reason == "stop", str(reply))
    usage = reply.usage
    total = usage.prompt_tokens + usage.completion_tokens
    check("counts the tokens", usage.total_tokens == total > 30, str(usage))
    messages = question(DESCRIBE, "one-star.jpg")
    messages.append({"role": "assistant", "content": DESCRIPTIONS["one-star.jpg"]})
    messages.append({"role": "user", "content": "图中有圆形吗？"})
    reply = create(model=MODEL, messages=messages)
    check("goes on with a conversation", reply.choices[0].message.content == "没有。", str(reply))
    pair = question("Which picture has more shapes?", "pair-1.png", "pair-2.png")
    pair[0]["content"].insert(0, {"type": "text", "text": "Image-1: "})
    pair[0]["content"].insert(2, {"type": "text", "text": "Image-2: "})
    reply = create(model=MODEL, messages=pair)
    words = reply.choices[0].message.content
    check("compares two pictures", words == "The second picture.", words)
    reply = create(model=MODEL, messages=question("请描述这张图片。", "one-star.jpg"))
    words = reply.choices[0].message.content
    check("answers in Chinese", words == "一个图形：右下角有大的紫色星形。", words)


def parameters(client):
    create = client.chat.completions.create
    reply = create(model=MODEL, messages=question(DESCRIBE, THREE), max_completion_tokens=3)
    used = (reply.choices[0].finish_reason, reply.usage.completion_tokens)
    check("keeps to max_completion_tokens", used == ("length", 3), str(reply))
    reply = create(model=MODEL, messages=question(DESCRIBE, THREE), stop=" at the top")
    words = reply.choices[0].message.content
    check("ends before a stop text", words == "Three shapes: a large red circle", words)
    seeded = dict(temperature=1.5, seed=7, n=3, messages=question(DESCRIBE, THREE))
    drawn = [
        [choice.message.content for choice in create(model=MODEL, **seeded).choices]
        for _ in range(2)
    ]
    check("draws the same n answers with the same seed", drawn[0] == drawn[1], str(drawn))
    check("gives n answers", len(drawn[0]) == 3, str(drawn))
    reply = create(model=MODEL, messages=question(DESCRIBE, THREE), logprobs=True, top_logprobs=2)
    tokens = reply.choices[0].logprobs.content
    joined = "".join(token.token for token in tokens)
    check("reports the tokens of an answer", joined.startswith(DESCRIPTIONS[THREE]), joined)
    check(
        "reports their logprobs",
        all(len(t.top_logprobs) == 2 and math.exp(t.logprob) <= 1 for t in tokens)
        and tokens[0].top_logprobs[0].token == tokens[0].token,
        str(tokens[0]),
    )


def streaming(client):
    request = dict(model=MODEL, messages=question(DESCRIBE, THREE), stream=True)
    chunks = list(client.chat.completions.create(**request))
    check("streams the same words", texts(chunks) == {0: DESCRIPTIONS[THREE]}, str(texts(chunks)))
    check("streams in pieces", len(chunks) > 10, str(len(chunks)))
    first, last = chunks[0].choices[0], chunks[-1].choices[0]
    check("names the role first", first.delta.role == "assistant", str(first))
    check("ends a stream with the reason", last.finish_reason == "stop", str(last))
    check("one id for all chunks", len({chunk.id for chunk in chunks}) == 1)
    chunks = list(
        client.chat.completions.create(**request, stream_options={"include_usage": True})
    )
    used = chunks[-1].usage
    check("ends with the usage where asked", used and used.total_tokens > 30, str(chunks[-1]))
    chunks = list(client.chat.completions.create(**request, n=2))
    same = {0: DESCRIPTIONS[THREE], 1: DESCRIPTIONS[THREE]}
    check("streams n answers", texts(chunks) == same, str(texts(chunks)))
    with client.chat.completions.create(**request) as stream:
        next(iter(stream))
    reply = client.chat.completions.create(model=MODEL, messages=question(HELLO))
    words = reply.choices[0].message.content
    check("answers after a stream was left", words == HELLO_ANSWER, words)


def tools(client):
    create = client.chat.completions.create
    place = {"type": "string", "enum": ["Paris", "Rome"]}
    schema = {"type": "object", "properties": {"place": place}, "required": ["place"]}
    schema["additionalProperties"] = False
    function = {"name": "weather", "description": "Says the weather.", "parameters": schema}
    wanted = {"model": MODEL, "tools": [{"type": "function", "function": function}]}
    wanted["tool_choice"] = "required"
    messages = question("What is the weather in Paris?")
    choice = create(messages=messages, **wanted).choices[0]
    call = (choice.message.tool_calls or [None])[0]
    check("calls a function", choice.finish_reason == "tool_calls" and call is not None, str(choice))
    known = ('{"place":"Paris"}', '{"place":"Rome"}')
    check("gives it arguments that fit", call.function.arguments in known, str(call))
    pieces = [chunk.choices[0] for chunk in create(messages=messages, stream=True, **wanted)]
    calls = [call for piece in pieces for call in piece.delta.tool_calls or []]
    same = [piece.function.arguments for piece in calls] == [call.function.arguments]
    check("streams the same call", same, str(pieces))
    messages += [choice.message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    reply = create(model=MODEL, messages=messages, max_tokens=5)
    check("goes on with a function's result", reply.choices[0].message.content is not None, str(reply))
    error = raised(
        openai.BadRequestError,
        lambda: create(messages=messages, **wanted | {"tool_choice": "auto"}),
    )
    check("leaves no choice to the model", error and error.param == "tool_choice", str(error))


def errors(client):
    create = client.chat.completions.create
    hello = question(HELLO)
    error = raised(openai.NotFoundError, lambda: create(model="no-such", messages=hello))
    check("unknown model: 404 that names it", error and MODEL in error.message, str(error))
    for name, value in {
        "temperature": 3,
        "top_p": -1,
        "max_tokens": 0,
        "n": 0,
        "top_logprobs": 99,
        "stop": ["a"] * 5,
        "functions": [{"name": "run"}],
    }.items():
        error = raised(
            openai.BadRequestError,
            lambda: create(model=MODEL, messages=hello, extra_body={name: value}),
        )
        check(f"bad {name}: 400 that names it", error and error.param == name, str(error))
    for title, url in {
        "a broken picture": "data:image/png;base64,AAAA",
        "no base64": "data:image/png;base64,%%%",
        "a path": "file:///etc/passwd",
        "an address": "http://127.0.0.1:1/cat.png",
    }.items():
        bad = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
        error = raised(openai.BadRequestError, lambda: create(model=MODEL, messages=bad))
        check(f"{title}: 400", bool(error), str(error))
    long = [{"role": "user", "content": "circle " * 20000}]
    error = raised(openai.BadRequestError, lambda: create(model=MODEL, messages=long))
    check("too long a prompt: 400", error and "length" in (error.code or ""), str(error))
    error = raised(
        openai.BadRequestError, lambda: list(create(model=MODEL, messages=long, stream=True))
    )
    check("too long a prompt of a stream: 400", bool(error), str(error))
    guarded = Server("--api-key", "first", "--api-key", "second")
    asking = openai.OpenAI(base_url=f"{guarded.address}/v1", api_key="third", max_retries=0)
    ask = asking.chat.completions.create
    error = raised(openai.AuthenticationError, lambda: ask(model=MODEL, messages=hello))
    check("a wrong key: 401", bool(error), str(error))
    ask = asking.with_options(api_key="second").chat.completions.create
    words = ask(model=MODEL, messages=hello).choices[0].message.content
    check("a right key: an answer", words == HELLO_ANSWER, words)
    check("SIGTERM ends the server", guarded.stop() == 0)


def others(client):
    names = [model.id for model in client.models.list()]
    check("lists the model", names == [MODEL], str(names))
    check("describes the model", client.models.retrieve(MODEL).id == MODEL)
    error = raised(openai.NotFoundError, lambda: client.models.retrieve("no-such"))
    check("describes no other model", bool(error))
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=question(HELLO))
    check("with_raw_response: the headers", raw.headers["content-type"] == "application/json")
    words = raw.parse().choices[0].message.content
    check("with_raw_response: the words", words == HELLO_ANSWER, words)
    hurried = client.with_options(timeout=0.005)
    error = raised(
        openai.APITimeoutError,
        lambda: hurried.chat.completions.create(
            model=MODEL, messages=question(DESCRIBE, "big-square.jpg")
        ),
    )
    check("a client that gives up has its own error", bool(error))


async def many(address):
    """Several at once get what each gets alone."""
    async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none") as client:
        names = list(DESCRIPTIONS) * 4
        replies = await asyncio.gather(
            *(
                client.chat.completions.create(model=MODEL, messages=question(DESCRIBE, name))
                for name in names
            )
        )
    wrong = [
        name
        for name, reply in zip(names, replies)
        if reply.choices[0].message.content != DESCRIPTIONS[name]
    ]
    check("twelve at once get the right answers", not wrong, str(wrong))


def main():
    address = sys.argv[1]
    client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
    chat(client)
    parameters(client)
    streaming(client)
    tools(client)
    errors(client)
    others(client)
    asyncio.run(many(address))
    finish()


if __name__ == "__main__":
    main()
