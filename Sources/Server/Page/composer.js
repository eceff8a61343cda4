// The question that is being written: its text and pictures.

import { figure, isPicture, readPicture } from "./pictures.js";
import { say } from "./words.js";

const text = document.getElementById("text");
const list = document.getElementById("pictures");
const events = new EventTarget();
let pictures = [];
let model = null;

/** Calls `act` when the question has changed. */
export function onChange(act) {
  events.addEventListener("change", act);
}

/** The question as a message. */
export function draft() {
  return { role: "user", text: text.value.trim(), pictures };
}

/** Puts a message in the question's place; an empty one without arguments. */
export function setDraft(message = { text: "", pictures: [] }) {
  text.value = message.text;
  pictures = [...message.pictures];
  show();
}

/** Shows how pictures are cut by another model, or in another language. */
export function setModel(name) {
  model = name;
  show();
}

/** Adds files to the question; `tell` gets a sentence about each that is no picture. */
export async function addFiles(files, tell) {
  for (const file of files) {
    if (!isPicture(file)) {
      tell(say("noPicture", file.name));
      continue;
    }
    try {
      const picture = await readPicture(file);
      pictures = [...pictures, picture];
      show();
    } catch {
      tell(say("cannotRead", file.name));
    }
  }
}

function show() {
  list.replaceChildren(...pictures.map(card));
  changed();
}

function card(picture, index) {
  const item = document.createElement("li");
  const shown = figure(picture, model);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "remove";
  remove.textContent = "×";
  remove.setAttribute("aria-label", say("remove", picture.name));
  remove.addEventListener("click", () => {
    pictures = pictures.filter((_, other) => other !== index);
    show();
    (list.querySelectorAll(".remove")[index] ?? text).focus();
  });
  shown.querySelector(".frame").append(remove);
  item.append(shown);
  return item;
}

/** The text field is as high as its text, up to the height that the style sheet allows. */
function changed() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  events.dispatchEvent(new Event("change"));
}

text.addEventListener("input", changed);
