// A conversation as values: questions, answers, and the messages that the interface knows.
//
// A message is {role, text, pictures}. An answer also has `thought`, `firstToken` in seconds, `speed` in tokens
// a second, `total`, the tokens of the context up to its end, `ending`, the name of a word that says
// why it ended early, and `error`, why there is none.

/** The messages that the server gets: without failed answers and their questions. */
export function toMessages(conversation) {
  const isFailed = (message) => message?.role === "assistant" && !message.text;
  return conversation
    .filter((message, index) => !isFailed(message) && !isFailed(conversation[index + 1]))
    .map(({ role, text, pictures }) => ({
      role,
      content: pictures.length ? parts(text, pictures) : text,
    }));
}

/** Several pictures are numbered, as the model was trained. */
function parts(text, pictures) {
  const content = [];
  pictures.forEach((picture, index) => {
    if (pictures.length > 1) content.push({ type: "text", text: `Image-${index + 1}: ` });
    content.push({ type: "image_url", image_url: { url: picture.url } });
  });
  content.push({ type: "text", text });
  return content;
}

/** Reads a saved conversation; throws where it is not one. */
export function fromFile(text) {
  const root = JSON.parse(text);
  const messages = Array.isArray(root) ? root : root.messages;
  if (!Array.isArray(messages) || !messages.length) throw new Error("no messages");
  return messages.map(fromMessage);
}

function fromMessage({ role, content }) {
  if (!["system", "user", "assistant"].includes(role)) throw new Error("unknown role");
  if (typeof content === "string") return { role, text: content, pictures: [] };
  const urls = content
    .filter((part) => part.type === "image_url")
    .map((part) => part.image_url.url ?? part.image_url);
  if (!urls.every((url) => url.startsWith("data:image/"))) throw new Error("no picture");
  const names = urls.map((url, index) => `${index + 1}.${url.slice(11).split(";")[0]}`);
  const pictures = urls.map((url, index) => ({ name: names[index], url }));
  const texts = content.filter((part, index) => part.type === "text" && !isLabel(content, index));
  return { role, text: texts.map((part) => part.text).join(""), pictures };
}

function isLabel(content, index) {
  return /^Image-\d+: $/.test(content[index].text) && content[index + 1]?.type === "image_url";
}

/** Hands a conversation to the browser as a file, which `launch --messages` reads too. */
export function save(conversation) {
  const text = JSON.stringify({ messages: toMessages(conversation) }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "conversation.json";
  link.click();
  URL.revokeObjectURL(link.href);
}
