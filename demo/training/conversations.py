"""Turns scenes into training examples: tiles, token ids, and which tokens are the answers."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

import questions
import scenes
from model import IMAGE_SIZE, TILE_TOKENS

MOST_TILES = 12


@dataclass
class Example:
    """One conversation: uint8 tiles, ids, answer mask, and the scene of every picture."""

    tiles: np.ndarray
    ids: list
    answer: list
    scenes: list


def choose_grid(width, height):
    """Columns and rows of the tiling: the closest aspect ratio, more tiles for big pictures."""
    grids = sorted(
        ((i, j) for i in range(1, MOST_TILES + 1) for j in range(1, MOST_TILES // i + 1)),
        key=lambda grid: grid[0] * grid[1])
    best, best_difference = (1, 1), float("inf")
    for columns, rows in grids:
        difference = abs(width / height - columns / rows)
        fills = width * height > 0.5 * IMAGE_SIZE * IMAGE_SIZE * columns * rows
        if difference < best_difference or (difference == best_difference and fills):
            best, best_difference = (columns, rows), difference
    return best


def cut(image):
    """The tiles of a picture, uint8 [n, 112, 112, 3], the thumbnail last if it was cut."""
    columns, rows = choose_grid(image.width, image.height)
    size = IMAGE_SIZE
    whole = np.array(image.resize((columns * size, rows * size), Image.BICUBIC))
    tiles = whole.reshape(rows, size, columns, size, 3).swapaxes(1, 2).reshape(-1, size, size, 3)
    if len(tiles) > 1:
        thumbnail = np.array(image.resize((size, size), Image.BICUBIC))
        tiles = np.concatenate([tiles, thumbnail[None]])
    return tiles


@dataclass(frozen=True)
class Plan:
    """What a training stage asks.

    `questions` is the most short questions in a conversation, `captions` the share of
    conversations with a caption; `cut` and `two` are the weights of batches with pictures of
    several tiles and with two pictures, against 62 for single tiles.
    """

    questions: int = 3
    captions: float = 1.0
    cut: int = 16
    two: int = 22


class Encoder:
    """Encodes conversations in the template internvl2_5."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.stop = tokenizer.token_to_id("<|im_end|>")
        self.context = tokenizer.token_to_id("<IMG_CONTEXT>")

    def encode(self, system, turns, tile_counts):
        """`turns` holds (question, answer) pairs; returns the ids and the mask of the answers."""
        counts = iter(tile_counts)
        ids, answer = [], []
        head = f"<|im_start|>system\n{system}<|im_end|>\n"
        for asked, answered in turns:
            parts = asked.split("<image>")
            asked = parts[0]
            for part in parts[1:]:
                asked += f"<img>{'<IMG_CONTEXT>' * (TILE_TOKENS * next(counts))}</img>{part}"
            text = f"{head}<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n"
            prompt = self.tokenizer.encode(text).ids
            reply = self.tokenizer.encode(answered).ids + [self.stop]
            ids += prompt + reply
            answer += [False] * len(prompt) + [True] * len(reply)
            head = "\n"
        return ids, answer


def random_system(rng):
    """Mostly the default system message."""
    if rng.random() < 0.85:
        return questions.DEFAULT_SYSTEM
    return rng.choice(questions.OTHER_SYSTEMS)


def random_language(rng):
    """English or Chinese."""
    return rng.choice(("en", "zh"))


def one_picture(encoder, rng, several_tiles, plan):
    """A picture, mostly its caption at some place, and short questions; several turns."""
    scene = scenes.random_scene(rng, several_tiles)
    tiles = cut(scenes.disturb(scenes.draw(scene, rng), rng))
    turns = rng.randint(1, plan.questions)
    captions = {rng.randrange(turns + 1) if rng.random() < 0.3 else 0}
    if rng.random() < 0.25:
        captions.add(turns)
    if plan.captions < 1 and rng.random() > plan.captions:
        captions = set()
    languages = [random_language(rng)] * (turns + 1)
    if rng.random() < 0.3:
        languages = [random_language(rng) for _ in languages]
    pairs = [
        (questions.describe if i in captions else questions.follow_up)(scene, rng, language)
        for i, language in enumerate(languages)
    ]
    if rng.random() < 0.03:
        pairs.insert(rng.randint(1, len(pairs)), rng.choice(questions.SMALL_TALK))
    pairs[0] = ("<image>\n" + pairs[0][0], pairs[0][1])
    ids, answer = encoder.encode(random_system(rng), pairs, [len(tiles)])
    return Example(tiles, ids, answer, [scene])


def two_pictures(encoder, rng, plan):
    """Two pictures in the first question, or a second one in a later turn."""
    pair = [scenes.random_scene(rng, rng.random() < 0.06) for _ in range(2)]
    tiles = [cut(scenes.disturb(scenes.draw(scene, rng), rng)) for scene in pair]
    language = random_language(rng)
    if rng.random() < 0.15:
        turns = [questions.describe(scene, rng, language) for scene in pair]
        turns = [("<image>\n" + asked, answered) for asked, answered in turns]
        turns.append(questions.follow_up(pair[1], rng, language))
    else:
        number = rng.randint(2, plan.questions)
        turns = [questions.about_two(*pair, rng, language) for _ in range(number)]
        turns[0] = ("Image-1: <image>\nImage-2: <image>\n" + turns[0][0], turns[0][1])
    ids, answer = encoder.encode(random_system(rng), turns, [len(t) for t in tiles])
    return Example(np.concatenate(tiles), ids, answer, pair)


def small_talk(encoder, rng):
    """A conversation without a picture."""
    turns = [rng.choice(questions.SMALL_TALK) for _ in range(rng.randint(1, 2))]
    ids, answer = encoder.encode(random_system(rng), turns, [])
    return Example(np.zeros((0, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8), ids, answer, [])


def example(encoder, kind, rng, plan=Plan()):
    """One example of a kind: "one", "cut" (several tiles), "two" or "talk"."""
    if kind == "two":
        return two_pictures(encoder, rng, plan)
    if kind == "talk":
        return small_talk(encoder, rng)
    return one_picture(encoder, rng, kind == "cut", plan)


def view_of_scene(rng, several_tiles):
    """Only a scene and the one tile that shows all of it (the thumbnail of a cut picture)."""
    scene = scenes.random_scene(rng, several_tiles)
    image = scenes.disturb(scenes.draw(scene, rng), rng)
    return scene, np.asarray(image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.BICUBIC))


def random_kind(rng, plan):
    """What the next batch is made of."""
    return rng.choices(("one", "cut", "two"), (62, plan.cut, plan.two))[0]
