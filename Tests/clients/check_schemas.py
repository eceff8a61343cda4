#!/usr/bin/env python3
"""Checks answers of a shape with other programs for JSON Schema.

    check_schemas.py SUITE      SUITE holds the JSON-Schema-Test-Suite (make_venvs.sh)

Draws answers from the masks of a real vocabulary, which the package `jsonschema` has to find valid and
llguidance has to accept; draws values from llguidance's masks, which have to fit for us, too; and asks about
the values of the suite, for the keywords that are built. INTERNVL names our program. TOKENIZER names a folder with tokenizer files (default: the bundled model's).
"""

import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from jsonschema import Draft202012Validator
from llguidance import LLMatcher, LLTokenizer

from harness import ROOT, check, finish

PROGRAM = os.environ.get("INTERNVL", ROOT / ".build/release/internvl")
REAL = ROOT.parent / "shared/fixtures/tokenizer/qwen2"
TOKENIZER = os.environ.get("TOKENIZER", REAL if REAL.exists() else ROOT / "demo/model")

#: A checker of all drafts would take draft 3's times, which have no zone.
CHECKER = Draft202012Validator.FORMAT_CHECKER

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "maxLength": 12},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
    },
}

FORMATS = ["date", "time", "email", "ipv4", "ipv6", "uuid"]

#: What answers are drawn for.
SCHEMAS = {
    "any object": {"type": "object"},
    "caption": {
        "type": "object",
        "properties": {
            "title": {"type": "string", "minLength": 3, "maxLength": 40},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 4},
            "count": {"type": "integer", "minimum": 0, "maximum": 120},
            "kind": {"enum": ["photo", "drawing", "map"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "note": {"type": ["string", "null"]},
        },
        "required": ["title", "tags", "count", "kind", "score"],
        "additionalProperties": False,
    },
    "tree": TREE,
    "patterns": {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3,5}$"},
            "word": {"type": "string", "pattern": "b[aeiou]+t", "maxLength": 10},
        },
        "required": ["code", "word"],
        "additionalProperties": False,
    },
    "formats": {
        "type": "object",
        "properties": {
            name: {"type": "string", "format": name}
            for name in FORMATS
        },
        "required": FORMATS,
        "additionalProperties": False,
    },
    "open object": {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": {"type": "boolean"},
        "required": ["a"],
    },
    "alternatives": {
        "oneOf": [
            {
                "type": "object",
                "properties": {"kind": {"const": name}, "value": value},
                "required": ["kind", "value"],
                "additionalProperties": False,
            }
            for name, value in [("text", {"type": "string"}), ("flag", {"type": "boolean"})]
        ]
    },
    "multiples": {"type": "array", "items": {"type": "integer", "multipleOf": 7}, "maxItems": 5},
    "negative": {"type": "number", "minimum": -12.5, "exclusiveMaximum": -0.25},
}

#: Files of the suite about keywords that are built.
FILES = """additionalProperties allOf anchor anyOf boolean_schema const defs enum exclusiveMaximum
exclusiveMinimum items maximum maxItems maxLength maxProperties minimum minItems minLength
minProperties multipleOf oneOf pattern patternProperties prefixItems properties ref required
type""".split()


def ask(schema, *arguments):
    """What the program says of a schema, or of a file with one."""
    text = schema if isinstance(schema, pathlib.Path) else json.dumps(schema)
    command = [PROGRAM, "inspect", "schema", *map(str, [text, *arguments])]
    return subprocess.run(command, capture_output=True, text=True)


def draw(name, schema, samples):
    """Answers from our masks are values that others find valid."""
    validator = Draft202012Validator(schema, format_checker=CHECKER)
    bytes_only = LLTokenizer("byte")
    grammar = LLMatcher.grammar_from_json_schema(
        json.dumps(schema), defaults={"whitespace_flexible": False}
    )
    limits = 0
    for limit in (24, 60, 200):
        options = ["--samples", samples, "--max-tokens", limit, "--seed", limit, "--json"]
        result = ask(schema, "--model-path", TOKENIZER, *options)
        if result.returncode and "shortest answer" in result.stderr:
            continue
        limits += 1
        faults = [result.stderr] if result.returncode else []
        rows = result.stdout.splitlines()
        if len(rows) != samples:
            faults.append(f"{len(rows)} answers instead of {samples}")
        for line in rows:
            text = json.loads(line)["text"]
            try:
                error = next(validator.iter_errors(json.loads(text)), None)
            except ValueError as wrong:
                error = wrong
            matcher = LLMatcher(bytes_only, grammar)
            accepts = matcher.consume_tokens(bytes_only.tokenize_bytes(text.encode()))
            if error or not (accepts and matcher.is_accepting()):
                faults.append(f"{text!r}: {error or 'llguidance refuses it'}")
        check(f"{name}: answers of at most {limit} tokens are valid", not faults, str(faults[:2]))
    check(f"{name}: some limit has room for an answer", limits > 0)


def walk(matcher, chance):
    """A value that llguidance lets through byte by byte; None where it or a number gets long.

    Stays within what docs/structured-output.md says we write: characters that need no escape have none, and
    numbers are short.
    """
    text = bytearray()
    while len(text) < 300:
        mask = matcher.compute_bitmask()
        allowed = {byte for byte in range(256) if mask[byte // 8] >> byte % 8 & 1}
        if matcher.is_accepting() and (not allowed or chance.random() < 0.3):
            return text.decode()
        if len(text) > 20 and text[-20:].isdigit():
            return None  # a multiple that was never hit
        if (len(text) - len(text.rstrip(b"\\"))) % 2:
            allowed -= set(b"u/")
        if text[-2:].isdigit():
            allowed = allowed - set(b"0123456789") or allowed
        ends = allowed & set(b'"}],:')
        byte = chance.choice(sorted(ends if ends and chance.random() < 0.3 else allowed))
        matcher.consume_token(byte)
        text.append(byte)
    return None


def draw_theirs(name, schema, samples):
    """Values from llguidance's masks fit for us."""
    tokens = LLTokenizer("byte")
    grammar = LLMatcher.grammar_from_json_schema(
        json.dumps(schema), defaults={"whitespace_flexible": False}
    )
    chance = random.Random(name)
    drawn = [walk(LLMatcher(tokens, grammar), chance) for _ in range(samples)]
    values = [value for value in drawn if value is not None]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(values))
        file.flush()
        fits = ask(schema, "--values", file.name).stdout.splitlines()
    refused = [value for value, fit in zip(values, fits, strict=True) if fit != "true"]
    check(f"{name}: {len(values)} values of llguidance fit", values and not refused, str(refused[:2]))


def suite(folder):
    """No wrong value of the suite is accepted, and hardly a right one refused; counts by keyword."""
    groups = refused = right = accepted = 0
    wrong, missed = [], []
    print("| file | schemas built | right values accepted | wrong values refused |")
    print("|---|---|---|---|")
    for name in FILES:
        counts = collections.Counter()
        for group in json.loads((folder / f"{name}.json").read_text()):
            groups += 1
            counts["schemas"] += 1
            values = folder / "values.jsonl"
            rows = [json.dumps(test["data"], ensure_ascii=False) for test in group["tests"]]
            values.write_text("\n".join(rows))
            # On a command line, `true` alone would be the short form of an object.
            schema = folder / "schema.json"
            schema.write_text(json.dumps(group["schema"]))
            result = ask(schema, "--values", values)
            if result.returncode:
                refused += 1
                # What nothing fits is refused; so it must be here.
                if "no finite value" in result.stderr and any(t["valid"] for t in group["tests"]):
                    missed.append(f"{name}: {group['description']}: {result.stderr}")
                continue
            counts["built"] += 1
            for test, fits in zip(group["tests"], result.stdout.splitlines(), strict=True):
                kind = "right" if test["valid"] else "wrong"
                counts[kind] += 1
                counts[f"{kind} {fits}"] += 1
                if not test["valid"] and fits == "true":
                    wrong.append(f"{name}: {group['description']}: {test['description']}")
                if test["valid"]:
                    right += 1
                    accepted += fits == "true"
                    if fits != "true":
                        missed.append(f"{name}: {group['description']}: {test['description']}")
        print(f"| `{name}` | {counts['built']} of {counts['schemas']} "
              f"| {counts['right true']} of {counts['right']} "
              f"| {counts['wrong false']} of {counts['wrong']} |")
    print(f"suite: {groups} schemas, {refused} refused, {accepted} of {right} right values accepted")
    print("\n".join(missed))
    check("suite: no wrong value is accepted", not wrong, str(wrong))
    check("suite: most schemas are built", refused <= 0.25 * groups, str(refused))
    check("suite: right values are accepted", accepted >= 0.95 * right, f"{accepted} of {right}")


unchecked = set(FORMATS) - set(CHECKER.checkers)
check("the package checks every format", not unchecked, str(unchecked))
for title, shape in SCHEMAS.items():
    draw(title, shape, 12)
    # Leap seconds, small letters and long fractions are times for llguidance.
    if title != "formats":
        draw_theirs(title, shape, 60)
suite(pathlib.Path(sys.argv[1]) / "json/tests/draft2020-12")
finish()
