"""Writes held-out scenes with their right captions, to score a program that describes them.

    python demo/training/heldout.py FOLDER --number 100            # PNG
    python demo/training/heldout.py FOLDER --number 100 --jpeg     # JPEG, quality 90

FOLDER gets the pictures and captions.jsonl with one object a line: {"image": file name,
"en": caption, "zh": caption, "tiles": [columns, rows]}. Training never draws these scenes: they
come from a generator seeded with another word. Seven in ten pictures are one tile; the others
are cut into two to twelve and a thumbnail.
"""

import argparse
import json
import os

import conversations
import questions
import scenes

JPEG_QUALITY = 90


def scene_and_picture(index, split="heldout"):
    """Held-out scene number `index` and its drawing."""
    rng = scenes.generator(split, index)
    scene = scenes.random_scene(rng, several_tiles=rng.random() < 0.3)
    return scene, scenes.draw(scene, rng)


def main():
    """Writes the folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first scene")
    parser.add_argument("--jpeg", action="store_true", help="JPEG, quality 90, instead of PNG")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    with open(os.path.join(options.folder, "captions.jsonl"), "w", encoding="utf-8") as lines:
        for index in range(options.first, options.first + options.number):
            scene, picture = scene_and_picture(index)
            file = f"scene-{index:04}.{'jpg' if options.jpeg else 'png'}"
            settings = {"quality": JPEG_QUALITY} if options.jpeg else {}
            picture.save(os.path.join(options.folder, file), **settings)
            row = {"image": file, "en": questions.caption(scene, "en"),
                   "zh": questions.caption(scene, "zh"),
                   "tiles": conversations.choose_grid(*picture.size)}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
