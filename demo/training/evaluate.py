"""Scores an exported model on held-out scenes.

    python demo/training/evaluate.py demo/model --number 1000
    python demo/training/evaluate.py demo/model --oracle ../shared/oracle

A reply counts only if every token of it, the stop token included, is the most likely one after
the right tokens before it; that is the same as greedy decoding giving exactly the right reply.
Weights are bf16, arithmetic is float32. With --oracle the reference implementation describes
the first held-out scenes as well, and the replies are compared.
"""

import argparse
import importlib.util
import io
import os

import torch
from PIL import Image
from safetensors.torch import load_file

import conversations
import heldout
import questions
import scenes
import tokenizer
import train
from model import InternVL

ASK = {"en": "Describe the picture.", "zh": "请描述这张图片。"}


def load(folder):
    """The model of an exported folder, computing in float32, and its encoder."""
    words = tokenizer.load(folder)
    model = InternVL(words.get_vocab_size())
    weights = load_file(os.path.join(folder, "model.safetensors"))
    model.load_state_dict({name: weight.float() for name, weight in weights.items()})
    return model, conversations.Encoder(words)


def stored(picture, jpeg):
    """The picture as a program reads it from a PNG or JPEG file."""
    return scenes.as_jpeg(picture, heldout.JPEG_QUALITY) if jpeg else picture


def caption_example(encoder, index, language, jpeg, asked):
    """The request to describe a held-out scene and its right answer."""
    scene, picture = heldout.scene_and_picture(index)
    tiles = conversations.cut(stored(picture, jpeg))
    turns = [("<image>\n" + asked, questions.caption(scene, language))]
    ids, answer = encoder.encode(questions.DEFAULT_SYSTEM, turns, [len(tiles)])
    return conversations.Example(tiles, ids, answer, [scene])


def follow_up_example(encoder, index):
    """A held-out scene, its caption, and three short questions after it."""
    scene, picture = heldout.scene_and_picture(index, "heldout-talk")
    rng = scenes.generator("heldout-questions", index)
    language = rng.choice(("en", "zh"))
    tiles = conversations.cut(picture)
    turns = [questions.describe(scene, rng, language)]
    turns += [questions.follow_up(scene, rng, language) for _ in range(3)]
    turns[0] = ("<image>\n" + turns[0][0], turns[0][1])
    ids, answer = encoder.encode(questions.DEFAULT_SYSTEM, turns, [len(tiles)])
    return conversations.Example(tiles, ids, answer, [scene])


def direct_example(encoder, index):
    """A short question about a held-out scene without a caption before it."""
    scene, picture = heldout.scene_and_picture(index, "heldout-direct")
    rng = scenes.generator("heldout-direct-questions", index)
    asked, answered = questions.follow_up(scene, rng, rng.choice(("en", "zh")))
    tiles = conversations.cut(picture)
    turns = [("<image>\n" + asked, answered)]
    ids, answer = encoder.encode(questions.DEFAULT_SYSTEM, turns, [len(tiles)])
    return conversations.Example(tiles, ids, answer, [scene])


def pair_example(encoder, index):
    """One question about two held-out pictures."""
    rng = scenes.generator("heldout-pair", index)
    pair = [scenes.random_scene(rng, several_tiles=False) for _ in range(2)]
    tiles = [conversations.cut(scenes.draw(scene, rng)) for scene in pair]
    asked, answered = questions.about_two(*pair, rng, rng.choice(("en", "zh")))
    turns = [("Image-1: <image>\nImage-2: <image>\n" + asked, answered)]
    ids, answer = encoder.encode(questions.DEFAULT_SYSTEM, turns, [len(t) for t in tiles])
    joined = torch.cat([torch.from_numpy(t) for t in tiles]).numpy()
    return conversations.Example(joined, ids, answer, pair)


def load_oracle(folder, model_folder):
    """The reference implementation, holding the exported model."""
    spec = importlib.util.spec_from_file_location("reference", os.path.join(folder, "reference.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.InternVL(model_folder)


def compare_with_oracle(oracle, model, encoder, number):
    """Lets both programs describe the first held-out scenes and prints how they agree."""
    right = agree = 0
    for index in range(number):
        language, jpeg = ("en", "zh")[index % 2], index % 4 > 1
        scene, picture = heldout.scene_and_picture(index)
        file = io.BytesIO()
        picture.save(file, "JPEG" if jpeg else "PNG", quality=heldout.JPEG_QUALITY)
        image = Image.open(file).convert("RGB")
        _, reply = oracle.run(
            [{"role": "user", "content": ASK[language]}], images=[image], max_new_tokens=96)
        oracle_right = reply["text"] == questions.caption(scene, language)
        example = caption_example(encoder, index, language, jpeg, ASK[language])
        ours_right = train.exact(model, encoder.context, [example]) == 1
        same_prompt = reply["prompt_ids"] == example.ids[:example.answer.index(True)]
        right += oracle_right
        agree += same_prompt and oracle_right == ours_right
    print(f"oracle: {right} of {number} exact; the two programs agree on {agree}")


def main():
    """Prints one line for every kind of question."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="exported model folder")
    parser.add_argument("--number", type=int, default=200, help="held-out scenes of every kind")
    parser.add_argument("--oracle", help="folder with reference.py; then only compare")
    parser.add_argument("--scenes", type=int, default=40, help="scenes to compare with the oracle")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, encoder = load(options.model)
    if options.oracle:
        oracle = load_oracle(options.oracle, options.model)
        compare_with_oracle(oracle, model, encoder, options.scenes)
        return

    def score(title, make):
        examples = [make(index) for index in range(options.number)]
        share = train.exact(model, encoder.context, examples)
        print(f"{title}: {round(share * len(examples))} of {len(examples)}", flush=True)

    for language in ASK:
        for jpeg in (False, True):
            score(f"captions, {language}, {'JPEG' if jpeg else 'PNG'}",
                  lambda i: caption_example(encoder, i, language, jpeg, ASK[language]))
    for language in ASK:
        ways = questions.DESCRIBE[language]
        score(f"captions, {language}, asked in {len(ways)} ways",
              lambda i: caption_example(encoder, i, language, False, ways[i % len(ways)]))
    score("one short question", lambda i: direct_example(encoder, i))
    score("caption and three questions, all right", lambda i: follow_up_example(encoder, i))
    score("two pictures", lambda i: pair_example(encoder, i))


if __name__ == "__main__":
    main()
