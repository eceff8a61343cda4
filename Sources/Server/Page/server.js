// What the page asks of the server that it came from: the OpenAI interface.

/** An answer of the server that is not a success; `message` is the server's own. */
export class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The key that requests carry, kept until the tab is closed. */
export const key = {
  get: () => sessionStorage.getItem("key"),
  set: (value) => sessionStorage.setItem("key", value),
};

let onLocked = () => {};

/** Calls `act` when the server refuses a request for want of a key. */
export function whenLocked(act) {
  onLocked = act;
}

/** Waits until the server has loaded its model, and tells `onProgress` how far it is. */
export async function ready(onProgress) {
  for (;;) {
    const response = await fetch("health", { cache: "no-store" });
    if (response.ok) return;
    if (response.status !== 503) throw await failure(response);
    const body = await response.json().catch(() => ({}));
    onProgress(typeof body.progress === "number" ? body.progress : null);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The models that the server has, the first its default. */
export async function models() {
  return (await (await call("v1/models")).json()).data;
}

/** How many tokens a text has. */
export async function countTokens(model, text) {
  const body = { model, prompt: text, add_special_tokens: false };
  return (await (await call("tokenize", body)).json()).count;
}

/** How a model cuts a picture: `{columns, rows, tiles, tokens}`. */
export async function cut(model, url) {
  const content = [{ type: "image_url", image_url: { url } }];
  const body = { model, messages: [{ role: "user", content }] };
  return (await (await call("tokenize", body)).json()).images[0];
}

/** Yields the chunks of a streamed answer as the server sends them. */
export async function* chunks(request, signal) {
  const body = { ...request, stream: true, stream_options: { include_usage: true } };
  const response = await call("v1/chat/completions", body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new ServerError(0, null);
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const text = line.slice(5).trim();
      if (text === "[DONE]") return;
      const chunk = JSON.parse(text);
      if (chunk.error) throw new ServerError(response.status, chunk.error.message);
      yield chunk;
    }
  }
}

async function call(path, body, signal) {
  const headers = {};
  if (key.get()) headers.Authorization = `Bearer ${key.get()}`;
  const options = { headers, signal };
  if (body) {
    headers["Content-Type"] = "application/json";
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  }
  const response = await fetch(path, options);
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response) {
  if (response.status === 401) onLocked();
  const body = await response.json().catch(() => null);
  return new ServerError(response.status, body?.error?.message ?? `HTTP ${response.status}`);
}
