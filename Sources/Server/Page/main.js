// The page: what its controls do.

import * as composer from "./composer.js";
import { tokensOf } from "./context.js";
import { fromFile, save, toMessages } from "./conversation.js";
import { chunks, key, models, ready, whenLocked } from "./server.js";
import * as snippets from "./snippets.js";
import { appendText, appendThought, messageItem, showFacts } from "./view.js";
import { languageCode, number, otherLanguage, say, translate, useLanguage } from "./words.js";

const part = (id) => document.getElementById(id);
const list = part("conversation");
let available = [];
let conversation = [];
/** The place of the question that is being edited. */
let edited = null;
/** Stops the answer that is coming. */
let running = null;
/** Counts the updates of the context, so that a late one is dropped. */
let contextTurn = 0;

const model = () => available[part("model").selectedIndex];
const tell = (sentence) => { part("status").textContent = sentence; };

/** Tells something that is over soon. */
function mention(sentence) {
  tell(sentence);
  setTimeout(() => { if (part("status").textContent === sentence) tell(""); }, 4000);
}

// Asking

async function ask() {
  const question = composer.draft();
  if (running || !model() || !question.text) return;
  conversation = [...conversation.slice(0, edited ?? undefined), question];
  const answer = { role: "assistant", text: "", pictures: [] };
  const request = { model: model().id, messages: toMessages(conversation) };
  conversation.push(answer);
  endEditing();
  running = new AbortController();
  showAll();
  list.lastElementChild.scrollIntoView({ block: "end" });
  part("spoken").textContent = say("answering");
  await receive(request, answer, list.lastElementChild);
  running = null;
  followingEnd(showAll);
  const facts = list.lastElementChild.querySelector(".facts").textContent;
  part("spoken").textContent = answer.text || facts;
}

async function receive(request, answer, item) {
  const clock = stopwatch();
  item.querySelector("article").setAttribute("aria-busy", "true");
  try {
    for await (const chunk of chunks(request, running.signal)) {
      if (chunk.usage) {
        answer.total = chunk.usage.total_tokens;
        answer.speed = clock.speed(chunk.usage.completion_tokens);
      }
      const choice = chunk.choices[0];
      if (choice?.finish_reason === "length") answer.ending = "tooLong";
      const { content: piece, reasoning_content: thought } = choice?.delta ?? {};
      if (!piece && !thought) continue;
      answer.firstToken ??= clock.first();
      clock.lap();
      if (thought) addThought(answer, item, thought);
      if (piece) addPiece(answer, item, piece);
    }
  } catch (error) {
    if (error.name === "AbortError") answer.ending = "stopped";
    else answer.error = error.status === undefined ? null : error.message;
  }
}

function addThought(answer, item, piece) {
  answer.thought = (answer.thought ?? "") + piece;
  followingEnd(() => appendThought(item, piece));
}

function addPiece(answer, item, piece) {
  answer.text += piece;
  followingEnd(() => {
    appendText(item, piece);
    showFacts(item, answer);
  });
}

/** Changes the page, and stays at its end where its end is in sight. */
function followingEnd(change) {
  const page = document.documentElement;
  const isAtEnd = page.scrollHeight - page.scrollTop - page.clientHeight < 60;
  change();
  if (isAtEnd) page.scrollTop = page.scrollHeight;
}

/** Times an answer: seconds to its first piece, tokens a second after it. */
function stopwatch() {
  const start = performance.now();
  let first = start;
  let last = start;
  return {
    first() {
      first = performance.now();
      return (first - start) / 1000;
    },
    lap() { last = performance.now(); },
    speed: (tokens) => (last > first ? (tokens - 1) / ((last - first) / 1000) : undefined),
  };
}

// Showing

function showAll() {
  list.replaceChildren(
    ...conversation.map((message, index) =>
      messageItem(message, model()?.id, actions(message, index))));
  part("welcome").hidden = conversation.length > 0;
  part("ask").hidden = running !== null;
  part("stop").hidden = running === null;
  for (const id of ["model", "new", "load", "save"]) part(id).disabled = running !== null;
  showContext();
}

function actions(message, index) {
  if (running) return [];
  if (message.role === "user") return [["edit", () => edit(index)]];
  if (message.role === "system") return [];
  return [
    ["copyCurl", () => copy(snippets.curl, index)],
    ["copyPython", () => copy(snippets.python, index)],
  ];
}

/** Shows what is left of the context, when typing pauses. */
async function showContext() {
  const turn = ++contextTurn;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const length = model()?.max_model_len;
  if (turn !== contextTurn || !length) return;
  const draft = composer.draft();
  const isEmpty = !draft.text && !draft.pictures.length;
  const messages = conversation.slice(0, edited ?? undefined);
  const used = await tokensOf(isEmpty ? messages : [...messages, draft], model().id).catch(() => null);
  if (turn !== contextTurn) return;
  part("meter").hidden = used === null;
  Object.assign(part("meter"), { max: length, high: length * 0.9, value: used ?? 0 });
  part("left").value = contextText(used, length);
}

function contextText(used, length) {
  if (used === null) return "";
  if (used > length) return say("contextOver", number(used - length));
  return say("contextLeft", number(length - used), number(length));
}

function showLanguage() {
  document.documentElement.lang = languageCode();
  translate(document);
  const other = otherLanguage();
  part("language").textContent = other.name;
  part("language").lang = other.code;
  composer.setModel(model()?.id);
  showAll();
}

// Editing, copying, files

function edit(index) {
  edited = index;
  part("editing").hidden = false;
  composer.setDraft(conversation[index]);
  part("text").focus();
}

function endEditing() {
  edited = null;
  part("editing").hidden = true;
  composer.setDraft();
  part("text").focus();
}

async function copy(snippet, index) {
  const before = conversation.slice(0, index);
  const names = before.flatMap(({ pictures }) => pictures.map(({ name }) => name));
  try {
    const request = { model: model().id, messages: toMessages(before) };
    await navigator.clipboard.writeText(snippet(request, names));
    mention(say("copied"));
  } catch {
    mention(say("copyFailed"));
  }
}

async function open(file) {
  try {
    conversation = await fromFile(await file.text());
    endEditing();
    showAll();
  } catch {
    mention(say("notConversation"));
  }
}

/** Makes a button open a file input, and hands on the files that were chosen. */
function choose(buttonID, inputID, take) {
  const input = part(inputID);
  part(buttonID).addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    await take([...input.files]);
    input.value = "";
  });
}

const addPictures = (files) => composer.addFiles(files, mention);

// Controls

part("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
part("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask();
});
part("stop").addEventListener("click", () => running?.abort());
part("cancel").addEventListener("click", endEditing);
part("new").addEventListener("click", () => {
  conversation = [];
  endEditing();
  showAll();
});
part("save").addEventListener("click", () => save(conversation));
part("language").addEventListener("click", () => {
  useLanguage(otherLanguage().code);
  showLanguage();
});
part("model").addEventListener("change", () => {
  composer.setModel(model().id);
  showAll();
});
choose("add", "picture-files", addPictures);
choose("photograph", "camera", addPictures);
choose("load", "conversation-file", ([file]) => open(file));
composer.onChange(showContext);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
document.addEventListener("paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  addPictures(event.clipboardData.files);
});
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", name === "dragover");
    if (name === "drop") addPictures(event.dataTransfer.files);
  });
}

// Starting

whenLocked(() => {
  const dialog = part("key-dialog");
  if (dialog.open) return;
  dialog.returnValue = "";
  dialog.showModal();
});

part("key-dialog").addEventListener("close", () => {
  if (part("key-dialog").returnValue !== "use") return;
  key.set(part("key").value);
  composer.setModel(model()?.id);
  showAll();
});

async function start() {
  try {
    await ready((progress) => {
      tell(say("loading", progress === null ? "…" : `${number(progress * 100)} %`));
    });
    available = await models();
    tell("");
  } catch (error) {
    tell(error.status ? error.message : say("lost"));
  }
  part("model").replaceChildren(...available.map(({ id }) => new Option(id)));
  part("model").disabled = false;
  composer.setModel(model()?.id);
  showAll();
}

showLanguage();
start();
