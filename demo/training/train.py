"""Trains the demo model from nothing.

    python demo/training/train.py vision --steps 600 --out vision.pt
    python demo/training/train.py joint --start vision.pt --steps 4200 --fall 700 --out joint.pt

The first stage trains only the vision tower and the projector: a throw-away linear layer has to
read the whole layout from the 16 image tokens. The second trains everything on conversations,
with the loss on the answers, and keeps that layer as a small helper. The learning rate rises,
stays, and falls to zero over the last `--fall` steps.
"""

import argparse
import dataclasses
import multiprocessing
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import conversations
import scenes
import tokenizer
from model import LANGUAGE, TILE_TOKENS, InternVL, initialise
from scenes import CELLS, COLOURS, KINDS, SIZES

BATCH = {"one": 16, "cut": 6, "two": 10}
VISION_BATCH = 32
# So many batches are made at once, so that little of a batch is padding.
GROUP = 3
# Every cell of the layout: is it empty or which kind, which colour, which size.
PARTS = (1 + len(KINDS), len(COLOURS), len(SIZES))


class LayoutReader(nn.Module):
    """Reads kind, colour and size in every cell from the features of one tile."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(TILE_TOKENS * LANGUAGE["hidden"], CELLS * sum(PARTS))

    def forward(self, features):
        return self.linear(features.flatten(1)).view(-1, CELLS, sum(PARTS)).split(PARTS, -1)


def layout(scene):
    """The right answers of the layout reader, [cells, 3]; -100 where there is nothing to say."""
    target = np.full((CELLS, len(PARTS)), -100, dtype=np.int64)
    target[:, 0] = 0
    for shape in scene.shapes:
        target[shape.cell] = (
            1 + KINDS.index(shape.kind), COLOURS.index(shape.colour), SIZES.index(shape.size))
    return target


def layout_loss(parts, target):
    """Cross entropy over all cells, and the share of pictures read without a mistake."""
    loss, right = 0, torch.ones(target.shape[0], dtype=torch.bool)
    for part, wanted in zip(parts, target.unbind(-1)):
        loss = loss + F.cross_entropy(part.flatten(0, 1), wanted.flatten(), ignore_index=-100)
        right &= ((part.argmax(-1) == wanted) | (wanted == -100)).all(-1)
    return loss, right.float().mean().item()


def vision_batch(rng):
    """Tiles and layouts for the first stage."""
    pairs = [conversations.view_of_scene(rng, rng.random() < 0.25) for _ in range(VISION_BATCH)]
    return {"tiles": np.stack([tile for _, tile in pairs]),
            "layouts": np.stack([layout(scene) for scene, _ in pairs])}


def joint_batches(encoder, rng, plan):
    """`GROUP` batches of conversations of one kind; alike lengths go together."""
    kind = conversations.random_kind(rng, plan)
    size = BATCH[kind]
    chosen = [conversations.example(encoder, kind, rng, plan) for _ in range(size * GROUP)]
    if kind == "one":
        chosen[0] = conversations.example(encoder, "talk", rng)
    chosen.sort(key=lambda e: len(e.ids))
    batches = [collate(chosen[i * size:(i + 1) * size]) for i in range(GROUP)]
    rng.shuffle(batches)
    return batches


def collate(chosen):
    """Joins examples to arrays."""
    longest = max(len(e.ids) for e in chosen)
    ids = np.zeros((len(chosen), longest), dtype=np.int64)
    answer = np.zeros((len(chosen), longest), dtype=bool)
    views, start = [], 0
    for row, e in enumerate(chosen):
        ids[row, : len(e.ids)] = e.ids
        answer[row, : len(e.ids)] = e.answer
        # With a single picture its last tile shows all of it.
        if len(e.scenes) == 1:
            views.append(start + len(e.tiles) - 1)
        start += len(e.tiles)
    layouts = [layout(e.scenes[0]) for e in chosen if len(e.scenes) == 1]
    return {"tiles": np.concatenate([e.tiles for e in chosen]), "ids": ids, "answer": answer,
            "views": np.array(views, dtype=np.int64),
            "layouts": np.stack(layouts) if layouts else np.zeros((0, CELLS, len(PARTS)), np.int64)}


def produce(queue, first, options):
    """Makes the batches in a process of its own."""
    encoder = conversations.Encoder(tokenizer.load(options.tokenizer))
    plan = conversations.Plan(options.questions, options.captions, options.cut, options.two)
    for group in range(first // GROUP, -(-options.steps // GROUP)):
        rng = scenes.generator(f"train:{options.stage}:{options.seed}", group)
        if options.stage == "vision":
            batches = [vision_batch(rng) for _ in range(GROUP)]
        else:
            batches = joint_batches(encoder, rng, plan)
        for batch in batches:
            queue.put(batch)


def answer_logits(model, batch, context_id, frozen_vision=False):
    """Logits and right tokens at every place where an answer token comes next."""
    ids = torch.from_numpy(batch["ids"])
    features = torch.zeros(0, TILE_TOKENS, LANGUAGE["hidden"])
    with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen_vision):
        if len(batch["tiles"]):
            features = model.image_features(torch.from_numpy(batch["tiles"]))
    hidden = model.hidden_states(ids, features, context_id)
    places = torch.from_numpy(batch["answer"])[:, 1:]
    return model.language_model.lm_head(hidden[:, :-1][places]), ids[:, 1:][places], features


def exact(model, context_id, examples):
    """Share of examples whose answers are all what greedy decoding gives."""
    right = 0
    with torch.no_grad():
        for start in range(0, len(examples), 20):
            batch = collate(examples[start:start + 20])
            logits, wanted, _ = answer_logits(model, batch, context_id)
            rows = torch.from_numpy(batch["answer"])[:, 1:].nonzero()[:, 0]
            wrong = rows[logits.argmax(-1) != wanted].unique()
            right += len(batch["ids"]) - len(wrong)
    return right / len(examples)


def validation(encoder):
    """Fixed conversations of every kind that training never sees."""
    return {kind: [conversations.example(encoder, kind, scenes.generator(f"validation:{kind}", i))
                   for i in range(number)]
            for kind, number in (("one", 160), ("cut", 60), ("two", 80), ("talk", 20))}


def rate(step, options):
    """Learning rate: up, flat, down to zero."""
    up = min(1, (step + 1) / options.rise)
    down = min(1, (options.steps - step) / max(1, options.fall))
    return options.rate * up * down


def save(path, step, model, reader, optimizer):
    """Writes a checkpoint to go on from."""
    torch.save({"step": step, "model": model.state_dict(), "reader": reader.state_dict(),
                "optimizer": optimizer.state_dict()}, path)


def main():
    """Runs one stage."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stage", choices=("vision", "joint"))
    parser.add_argument("--tokenizer", default="demo/model", help="folder with the vocabulary")
    parser.add_argument("--start", help="checkpoint of an earlier stage")
    parser.add_argument("--resume", help="checkpoint of this stage to go on from")
    parser.add_argument("--out", required=True, help="checkpoint to write")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--rise", type=int, default=150)
    parser.add_argument("--fall", type=int, default=0, help="steps in which the rate falls")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--helper", type=float, default=0.3, help="weight of the layout loss")
    for field in dataclasses.fields(conversations.Plan):
        parser.add_argument(f"--{field.name}", type=field.type, default=field.default,
                            help="see conversations.Plan")
    parser.add_argument("--frozen-vision", action="store_true", help="train the LLM only")
    parser.add_argument("--check", type=int, default=300, help="steps between validations")
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    words = tokenizer.load(options.tokenizer)
    encoder = conversations.Encoder(words)
    model, reader = InternVL(words.get_vocab_size()), LayoutReader()
    initialise(model)
    parameters = [*model.parameters(), *reader.parameters()]
    optimizer = torch.optim.AdamW(
        parameters, options.rate, betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    first = 0
    if options.start or options.resume:
        kept = torch.load(options.resume or options.start)
        model.load_state_dict(kept["model"])
        reader.load_state_dict(kept["reader"])
        if options.resume:
            optimizer.load_state_dict(kept["optimizer"])
            first = kept["step"]
    checks = validation(encoder) if options.stage == "joint" else {}

    queue = multiprocessing.Queue(16)
    worker = multiprocessing.Process(target=produce, args=(queue, first, options), daemon=True)
    worker.start()
    begun, sums = time.time(), np.zeros(4)
    for step in range(first, options.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, options)
        batch = queue.get()
        targets = torch.from_numpy(batch["layouts"])
        if options.stage == "vision":
            parts = reader(model.image_features(torch.from_numpy(batch["tiles"])))
            loss, read = layout_loss(parts, targets)
            sums += (loss.item(), 0, read, 1)
        else:
            logits, wanted, features = answer_logits(
                model, batch, encoder.context, options.frozen_vision)
            loss = F.cross_entropy(logits, wanted)
            token_loss = loss.item()
            if len(targets) and not options.frozen_vision:
                helper, read = layout_loss(reader(features[batch["views"]]), targets)
                loss = loss + options.helper * helper
                sums += (helper.item(), 0, read, 1)
            sums[1] += token_loss
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        done = step + 1
        if done % 50 == 0:
            layouts = max(1, sums[3])
            print(f"step {done} {time.time() - begun:.0f}s layout {sums[0] / layouts:.4f} "
                  f"read {sums[2] / layouts:.3f} answers {sums[1] / 50:.4f}", flush=True)
            sums[:] = 0
        if done % options.check == 0 or done == options.steps:
            save(options.out, done, model, reader, optimizer)
            results = {k: exact(model, encoder.context, v) for k, v in checks.items()}
            if results:
                print("exact", *(f"{k} {v:.3f}" for k, v in results.items()), flush=True)


if __name__ == "__main__":
    main()
