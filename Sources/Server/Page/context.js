// How much of the model's context a conversation takes.

import { cut } from "./pictures.js";
import { countTokens } from "./server.js";

/** What a template puts around a message, about. */
const tokensAroundMessage = 5;
const counted = new Map();

/**
 * The tokens of a conversation for a model: what the server counted up to the last answer, and an estimate of
 * what follows it.
 */
export async function tokensOf(conversation, model) {
  const last = conversation.findLastIndex((message) => message.total);
  const counts = await Promise.all(
    conversation.slice(last + 1).map((message) => estimate(message, model)));
  return counts.reduce((sum, count) => sum + count, conversation[last]?.total ?? 0);
}

async function estimate({ text, pictures }, model) {
  const cuts = await Promise.all(pictures.map((picture) => cut(picture, model)));
  const sum = cuts.reduce((sum, { tokens }) => sum + tokens, tokensAroundMessage);
  return sum + (text ? await count(text, model) : 0);
}

async function count(text, model) {
  const name = `${model}\n${text}`;
  if (!counted.has(name)) counted.set(name, await countTokens(model, text));
  return counted.get(name);
}
