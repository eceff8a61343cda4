// Pictures: from files to what a question carries, and how they are shown.

import * as server from "./server.js";
import { number, say } from "./words.js";

const namesOfPictures = /\.(heic|heif|avif|webp|jpe?g|png|gif|tiff?|bmp)$/i;

/** Whether a file is a picture, by its type or, where the browser knows none, by its name. */
export function isPicture(file) {
  return file.type ? file.type.startsWith("image/") : namesOfPictures.test(file.name);
}

/** Reads a file: `{name, url}`, with a data URL. */
export async function readPicture(file) {
  // Some browsers know no type for HEIC and AVIF.
  const type = file.type || `image/${file.name.match(namesOfPictures)[1].toLowerCase()}`;
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([file], { type }));
  });
  return { name: file.name, url };
}

/** Cuts that the server was asked for, by picture and name of the model. */
const cuts = new WeakMap();

/** How a model cuts a picture, as the server says; it is asked until it answers. */
export function cut(picture, model) {
  if (!cuts.has(picture)) cuts.set(picture, new Map());
  const known = cuts.get(picture);
  if (!known.has(model)) {
    const coming = server.cut(model, picture.url);
    known.set(model, coming);
    coming.catch(() => known.delete(model));
  }
  return known.get(model);
}

/** A figure: the picture under the lines along which a model cuts it, and what it costs. */
export function figure(picture, model) {
  const root = document.createElement("figure");
  const frame = document.createElement("div");
  frame.className = "frame";
  const image = document.createElement("img");
  image.alt = picture.name;
  image.addEventListener("error", () => image.replaceWith(say("noPreview")));
  image.src = picture.url;
  frame.append(image);
  const caption = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = picture.name;
  const price = document.createElement("span");
  caption.append(name, price);
  root.append(frame, caption);
  if (model) showCut(cut(picture, model), frame, price);
  return root;
}

async function showCut(coming, frame, price) {
  try {
    const grid = await coming;
    if (grid.columns * grid.rows > 1) frame.append(lines(grid));
    price.textContent = cost(grid);
  } catch (error) {
    price.textContent = error.status ? error.message : say("lost");
    price.className = "wrong";
  }
}

function lines({ columns, rows }) {
  const overlay = document.createElement("div");
  overlay.className = "lines";
  overlay.style.setProperty("--columns", columns);
  overlay.style.setProperty("--rows", rows);
  for (let tile = 0; tile < columns * rows; tile++) overlay.append(document.createElement("i"));
  return overlay;
}

function cost({ columns, rows, tiles, tokens }) {
  const hasThumbnail = tiles > columns * rows;
  const shape = tiles > 1 ? say("cut", columns, rows, hasThumbnail) : say("cutOne");
  return `${shape}, ${say("tokens", number(tokens))}`;
}
