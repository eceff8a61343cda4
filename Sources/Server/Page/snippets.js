// A request as something to run elsewhere. Pictures are files there, with the names given.

import { key } from "./server.js";

const base = new URL("v1", document.baseURI);

/** A request as a curl command for a POSIX shell. */
export function curl(request, names) {
  const body = JSON.stringify(request, null, 1);
  const pictures = filesOf(request, names);
  // Inside a here-document the shell would read \, $ and `.
  let text = body.replace(/[\\$`]/g, "\\$&");
  for (const { url, name, type } of pictures) {
    text = text.replace(url, () => `data:${type};base64,$(base64 < ${quoted(name)} | tr -d '\\n')`);
  }
  const headers = ["-H 'Content-Type: application/json'"];
  if (key.get()) headers.push('-H "Authorization: Bearer $API_KEY"');
  return `curl ${base}/chat/completions ${headers.join(" ")} -d @- <<REQUEST
${text}
REQUEST
`;
}

/** The same with the Python package `openai`. */
export function python(request, names) {
  const pictures = filesOf(request, names);
  let text = JSON.stringify(request.messages, null, 4);
  for (const { url, name, type } of pictures) {
    text = text.replace(
      JSON.stringify(url), () => `picture(${JSON.stringify(name)}, ${JSON.stringify(type)})`);
  }
  const keyValue = key.get() ? 'os.environ["API_KEY"]' : '"none"';
  return `import base64
import os
import pathlib

from openai import OpenAI


def picture(path, type):
    data = base64.b64encode(pathlib.Path(path).read_bytes()).decode()
    return f"data:{type};base64,{data}"


client = OpenAI(base_url="${base}", api_key=${keyValue})
answer = client.chat.completions.create(
    model=${JSON.stringify(request.model)},
    messages=${text.replaceAll("\n", "\n    ")},
)
print(answer.choices[0].message.content)
`;
}

function filesOf({ messages }, names) {
  const urls = messages
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .filter((part) => part.type === "image_url")
    .map((part) => part.image_url.url);
  return urls.map((url, index) => ({
    url,
    name: names[index],
    type: url.slice("data:".length, url.indexOf(";")),
  }));
}

/** A word that a POSIX shell takes as it is. */
function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
