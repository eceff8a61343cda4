#!/usr/bin/env python3
"""Checks our server with LangChain, `llm` and ollama's client.

    check_other_clients.py ADDRESS      ADDRESS is a server with the demo model (check_server.py)
"""

import os
import pathlib
import sys

import llm
import ollama
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from harness import check, finish, fresh, scratch
from serving import DESCRIBE, DESCRIPTIONS, HELLO, HELLO_ANSWER, MODEL, PICTURES, question

THREE = "three-shapes.png"


def langchain(address):
    model = ChatOpenAI(base_url=f"{address}/v1", api_key="none", model=MODEL, max_retries=0)
    messages = [HumanMessage(content=question(DESCRIBE, THREE)[0]["content"])]
    reply = model.invoke(messages)
    check("LangChain: invoke", reply.content == DESCRIPTIONS[THREE], str(reply))
    check("LangChain: usage", reply.usage_metadata["output_tokens"] > 10, str(reply))
    streamed = "".join(chunk.content for chunk in model.stream(messages))
    check("LangChain: stream", streamed == DESCRIPTIONS[THREE], streamed)
    replies = [reply.content for reply in model.batch([HELLO, HELLO])]
    kind = {
        "title": "kind_of_shape",
        "description": "Tells the kind of a shape.",
        "type": "object",
        "properties": {"kind": {"enum": ["circle", "star"]}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    structured = model.with_structured_output(kind, method="function_calling")
    shape = structured.invoke(HELLO)
    check("LangChain: a function's arguments", shape.get("kind") in ("circle", "star"), str(shape))
    check("LangChain: batch", replies == [HELLO_ANSWER] * 2, str(replies))


def llm_package(address, folder):
    settings = pathlib.Path(folder, "extra-openai-models.yaml")
    settings.write_text(
        f"- model_id: demo\n  model_name: {MODEL}\n  api_base: {address}/v1\n  vision: true\n"
    )
    os.environ["LLM_USER_PATH"] = str(folder)
    model = llm.get_model("demo")
    picture = llm.Attachment(path=str(PICTURES / THREE))
    text = model.prompt(DESCRIBE, attachments=[picture], key="none").text()
    check("llm: answers about a picture", text == DESCRIPTIONS[THREE], text)
    conversation = model.conversation()
    picture = llm.Attachment(path=str(PICTURES / "one-star.jpg"))
    conversation.prompt(DESCRIBE, attachments=[picture], key="none").text()
    text = conversation.prompt("图中有圆形吗？", key="none").text()
    check("llm: goes on with a conversation", text == "没有。", text)
    text = model.prompt(HELLO, stream=False, key="none").text()
    check("llm: without a stream", text == HELLO_ANSWER, text)


def ollama_package(address):
    client = ollama.Client(host=address)
    names = [model.model for model in client.list().models]
    check("ollama: list", [name.split(":")[0] for name in names] == [MODEL], str(names))
    shown = client.show(MODEL)
    check("ollama: show says that it sees", "vision" in (shown.capabilities or []), str(shown))
    messages = [{"role": "user", "content": DESCRIBE, "images": [str(PICTURES / THREE)]}]
    reply = client.chat(model=MODEL, messages=messages)
    check("ollama: chat", reply.message.content == DESCRIPTIONS[THREE], str(reply))
    check("ollama: chat counts tokens", reply.done and reply.eval_count > 10, str(reply))
    parts = list(client.chat(model=MODEL, messages=messages, stream=True, keep_alive="5m"))
    words = "".join(part.message.content or "" for part in parts)
    check("ollama: streamed chat", words == DESCRIPTIONS[THREE] and parts[-1].done, words)
    reply = client.generate(
        model=MODEL, prompt=DESCRIBE, images=[(PICTURES / THREE).read_bytes()],
        options={"num_predict": 3},
    )
    used = (reply.done_reason, reply.eval_count)
    check("ollama: generate keeps to num_predict", used == ("length", 3), str(reply))
    words = "".join(part.response for part in client.generate(MODEL, HELLO, stream=True))
    check("ollama: streamed generate", words == HELLO_ANSWER, words)
    try:
        client.chat(model="no-such", messages=messages)
        check("ollama: an unknown model is an error", False)
    except ollama.ResponseError as error:
        check("ollama: an unknown model is an error", error.status_code == 404, str(error))


def main():
    address = sys.argv[1]
    langchain(address)
    llm_package(address, fresh(scratch()))
    ollama_package(address)
    finish()


if __name__ == "__main__":
    main()
