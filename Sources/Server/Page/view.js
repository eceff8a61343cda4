// How messages are shown. What a model or a file says becomes text, never markup.

import { figure } from "./pictures.js";
import { number, say } from "./words.js";

const titles = { system: "system", user: "question", assistant: "answer" };

/**
 * A list item for a message; its pictures are cut as by a model.
 *
 * @param actions the buttons below it: pairs of a word's name and what it does
 */
export function messageItem(message, model, actions) {
  const item = document.createElement("li");
  item.className = message.role;
  const article = document.createElement("article");
  article.setAttribute("aria-label", say(titles[message.role]));
  if (message.pictures.length) {
    const pictures = document.createElement("div");
    pictures.className = "pictures";
    pictures.append(...message.pictures.map((picture) => figure(picture, model)));
    article.append(pictures);
  }
  const text = document.createElement("div");
  text.className = "text";
  text.textContent = message.text;
  const footer = document.createElement("footer");
  const facts = document.createElement("span");
  facts.className = "facts";
  footer.append(facts, ...actions.map(([name, act]) => button(name, act)));
  article.append(thoughtOf(message), text, footer);
  item.append(article);
  showFacts(item, message);
  return item;
}

/** What the model thought before it answered, folded away; hidden where it did not think. */
function thoughtOf({ thought }) {
  const item = document.createElement("details");
  item.className = "thought";
  item.hidden = !thought;
  const title = document.createElement("summary");
  title.dataset.word = "thought";
  title.textContent = say("thought");
  const text = document.createElement("div");
  text.textContent = thought ?? "";
  item.append(title, text);
  return item;
}

/** Adds a piece to the thought in front of the answer that a list item shows; the first unfolds it. */
export function appendThought(item, piece) {
  const thought = item.querySelector(".thought");
  if (thought.hidden) thought.open = true;
  thought.hidden = false;
  thought.lastElementChild.append(piece);
}

/** Adds a piece to the answer that a list item shows. */
export function appendText(item, piece) {
  item.querySelector(".text").append(piece);
}

/** Says below an answer how fast it came, how it ended, or why there is none. */
export function showFacts(item, { firstToken, speed, ending, error }) {
  const facts = [];
  if (error !== undefined) facts.push(`${say("failed")}: ${error ?? say("lost")}`);
  if (firstToken !== undefined) facts.push(say("firstToken", number(firstToken, 2)));
  if (speed !== undefined) facts.push(say("speed", number(speed, speed < 100 ? 1 : 0)));
  if (ending) facts.push(say(ending));
  item.classList.toggle("failed", error !== undefined);
  item.querySelector(".facts").textContent = facts.join(" · ");
}

/** A button with a word of the page. */
export function button(name, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.dataset.word = name;
  element.textContent = say(name);
  element.addEventListener("click", act);
  return element;
}
