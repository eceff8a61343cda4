"""What does without Ray: the worker and the output. `python -m unittest discover integrations/ray/tests`."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from internvl_ray import Picture, Worker, WorkerError, output  # noqa: E402

# Answers each line, and dies at pictures called "poison".
PROGRAM = """
import json, os, sys
print("what it said last", file=sys.stderr, flush=True)
for line in sys.stdin:
    row = json.loads(line)
    if "poison" in row["image"]: os._exit(9)
    print(json.dumps({"image": "?", "caption": row["image"] + row.get("data", "")}), flush=True)
"""


def worker(text: str) -> Worker:
    return Worker([sys.executable, "-c", text])


class WorkerTests(unittest.TestCase):
    def test_rows_come_in_order_under_the_pictures_own_names(self):
        asked = worker(PROGRAM)
        self.addCleanup(asked.close)
        rows = asked.caption([Picture("a", "/x/a.png"), Picture("b", b"abc")])
        self.assertEqual(rows, [{"image": "a", "caption": "/x/a.png"}, {"image": "b", "caption": "bYWJj"}])

    def test_large_pictures_do_not_fill_the_pipes(self):
        asked = worker(PROGRAM)
        self.addCleanup(asked.close)
        rows = asked.caption([Picture(str(i), bytes(300_000)) for i in range(20)])
        self.assertEqual(len(rows), 20)

    def test_a_picture_that_ends_the_program_costs_no_other(self):
        asked = worker(PROGRAM)
        self.addCleanup(asked.close)
        rows = asked.caption([Picture(name, name) for name in ("a", "poison", "b")])
        self.assertEqual([row.get("caption") for row in rows], ["a", None, "b"])
        self.assertIn("what it said last", rows[1]["error"])

    def test_a_program_that_never_answers_is_an_error_with_its_words(self):
        with self.assertRaisesRegex(WorkerError, "no such model"):
            worker("import sys; sys.exit('no such model')").caption([Picture("a", "a")])

    def test_an_answer_that_is_no_row_is_an_error(self):
        with self.assertRaisesRegex(WorkerError, "hello"):
            worker("print('hello')").caption([Picture("a", "a")])


class OutputTests(unittest.TestCase):
    def test_a_batch_that_is_repeated_is_there_once(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = [{"image": "a", "caption": "x"}, {"image": "b", "error": "y"}]
            self.assertEqual(output.write(folder, rows, "jsonl"), output.write(folder, rows, "jsonl"))
            output.write(folder, [{"image": "c", "caption": "z"}], "jsonl")
            self.assertEqual(output.done(folder, "jsonl"), {"a", "b", "c"})
            self.assertEqual(sum(len(files) for _, _, files in os.walk(folder)), 2)


if __name__ == "__main__":
    unittest.main()
