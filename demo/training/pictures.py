"""Draws the bundled pictures and records the oracle's replies about them.

    python demo/training/pictures.py --model demo/model --oracle ../shared/oracle \\
        --folder demo/pictures

answers.json lists conversations whose last reply is known: the files, the messages, the reply's
text and token ids, the prompt's token ids, and the smallest distance between the best and the
second best logit on the way. A conversation is left out when the model does not answer it rightly
or comes so close to a tie that rounding could change the reply.
"""

import argparse
import json
import os

import torch

import questions
import scenes
from evaluate import load_oracle
from heldout import JPEG_QUALITY
from scenes import Scene, Shape

PICTURES = {
    "three-shapes.png": Scene((
        Shape("circle", "red", "large", 0), Shape("star", "blue", "small", 1),
        Shape("square", "green", "large", 3)), 128, 128),
    "one-star.jpg": Scene((Shape("star", "purple", "large", 3),), 120, 120),
    "four-shapes.png": Scene((
        Shape("triangle", "orange", "large", 0), Shape("square", "black", "small", 1),
        Shape("circle", "yellow", "large", 2), Shape("cross", "red", "large", 3)), 144, 140),
    "wide.png": Scene((
        Shape("square", "blue", "large", 0), Shape("circle", "orange", "large", 1),
        Shape("triangle", "green", "small", 3)), 224, 112),
    "tall.jpg": Scene((
        Shape("triangle", "red", "large", 1), Shape("cross", "black", "large", 2)), 112, 224),
    "big-square.jpg": Scene((
        Shape("star", "yellow", "large", 0), Shape("circle", "blue", "small", 1),
        Shape("triangle", "red", "large", 3)), 200, 200),
    "poster.png": Scene((
        Shape("cross", "green", "large", 0), Shape("star", "red", "large", 3)), 330, 220),
    "pair-1.png": Scene((
        Shape("circle", "blue", "large", 0), Shape("square", "red", "small", 1)), 128, 128),
    "pair-2.png": Scene((
        Shape("circle", "blue", "large", 0), Shape("square", "red", "small", 1),
        Shape("triangle", "yellow", "large", 3)), 128, 128),
}

# Short questions that follow a caption, and their right answers.
FOLLOW_UPS = {
    "three-shapes.png": (
        ("What colour is the circle?", "Red."), ("How many shapes are there?", "Three."),
        ("Is there a triangle?", "No."), ("Where is the blue star?", "At the top right."),
        ("有几个图形？", "三个。"), ("星形是什么颜色？", "蓝色。")),
    "one-star.jpg": (
        ("图中有圆形吗？", "没有。"), ("星形是大的还是小的？", "大的。"),
        ("What shape is purple?", "Star.")),
    "four-shapes.png": (
        ("Is there a triangle?", "Yes."), ("Is the square large or small?", "Small."),
        ("How many red shapes are there?", "One."),
        ("What is at the bottom left?", "A large yellow circle.")),
    "wide.png": (
        ("Where is the triangle?", "At the bottom right."),
        ("左上角有什么？", "大的蓝色正方形。")),
    "tall.jpg": (("有几个图形？", "两个。"), ("What colour is the cross?", "Black.")),
    "big-square.jpg": (("How many shapes are there?", "Three."), ("三角形在哪里？", "右下角。")),
    "poster.png": (("What colour is the star?", "Red."), ("Is there a circle?", "No.")),
}
LEAST_MARGIN = 0.02
PAIR = ("pair-1.png", "pair-2.png")
ABOUT_PAIR = (
    ("Which picture has more shapes?", "The second picture."),
    ("哪张图片的图形更多？", "第二张图片。"),
    ("Describe the first picture.", questions.caption(PICTURES[PAIR[0]], "en")),
    ("Describe the second picture.", questions.caption(PICTURES[PAIR[1]], "en")),
    ("请描述第二张图片。", questions.caption(PICTURES[PAIR[1]], "zh")),
)


def conversations():
    """Every (files, messages, right answer of the last message)."""
    for file, scene in PICTURES.items():
        for language, asked in (("en", "Describe the picture."), ("zh", "请描述这张图片。")):
            yield [file], [user(asked)], questions.caption(scene, language)
    for file, pairs in FOLLOW_UPS.items():
        yield [file], [user(pairs[0][0])], pairs[0][1]
        messages = [user("<image>\nDescribe the picture."),
                    assistant(questions.caption(PICTURES[file], "en"))]
        for asked, answered in pairs:
            messages = messages + [user(asked)]
            yield [file], messages, answered
            messages = messages + [assistant(answered)]
    for asked, answered in ABOUT_PAIR:
        yield list(PAIR), [user("Image-1: <image>\nImage-2: <image>\n" + asked)], answered
    yield [], [user("Who are you?")], dict(questions.SMALL_TALK)["Who are you?"]
    yield [], [user("你好")], dict(questions.SMALL_TALK)["你好"]


def user(text):
    """A message of the user."""
    return {"role": "user", "content": text}


def assistant(text):
    """A reply."""
    return {"role": "assistant", "content": text}


def draw_all(folder):
    """Draws the bundled pictures."""
    os.makedirs(folder, exist_ok=True)
    for file, scene in PICTURES.items():
        settings = {"quality": JPEG_QUALITY} if file.endswith(".jpg") else {}
        picture = scenes.draw(scene, scenes.generator("pictures", file))
        picture.save(os.path.join(folder, file), **settings)


def main():
    """Draws, asks and writes answers.json."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--oracle", required=True)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    draw_all(options.folder)
    oracle = load_oracle(options.oracle, options.model)
    rows = []
    for files, messages, answer in conversations():
        paths = [os.path.join(options.folder, file) for file in files]
        _, reply = oracle.run(messages, paths, max_new_tokens=96)
        margin = min(reply["margins"])
        right = reply["text"] == answer and reply["finish_reason"] == "stop"
        if not right or margin < LEAST_MARGIN:
            print(f"left out: {files} {messages[-1]['content']!r}: {reply['text']!r} {margin:.4f}")
            continue
        rows.append({
            "images": files, "messages": messages, "answer": answer,
            "tiles": [image["tiles"] for image in reply["images"]],
            "greedy_ids": reply["greedy_ids"], "prompt_ids": reply["prompt_ids"],
            "smallest_margin": round(margin, 4)})
    with open(os.path.join(options.folder, "answers.json"), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n")
    print(f"{len(rows)} conversations written")


if __name__ == "__main__":
    main()
