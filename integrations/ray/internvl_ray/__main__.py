"""`python -m internvl_ray SOURCE --output FOLDER -- --model-name 1b`."""

import argparse
import sys

from .run import caption


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m internvl_ray",
        usage="%(prog)s SOURCE --output FOLDER [options] -- OPTIONS OF internvl caption --worker",
        description="Captions pictures on the cluster of RAY_ADDRESS. Run it again to do what is missing.")
    parser.add_argument("source", help="a folder, or a path or quoted glob of .tar or .parquet files")
    parser.add_argument("--output", required=True, help="a folder that all machines see")
    parser.add_argument("--format", choices=["jsonl", "parquet"], default="jsonl")
    parser.add_argument("--program", default="internvl", help="the program's path on every machine")
    parser.add_argument("--cpus", type=int, help="an actor's processors; all but one of the smallest machine")
    parser.add_argument("--batch-size", type=int, default=32, help="pictures a file of the output")
    words = sys.argv[1:]
    border = words.index("--") if "--" in words else len(words)
    given, options = parser.parse_args(words[:border]), words[border + 1:]
    if (given.cpus or 1) < 1 or given.batch_size < 1:
        parser.error("--cpus and --batch-size are 1 or more")
    try:
        summary = caption(given.source, given.output, options, program=given.program,
                          format=given.format, cpus=given.cpus, batch_size=given.batch_size)
    except FileNotFoundError as error:
        parser.error(str(error))
    print(f"{summary.captioned} captioned, {summary.failed} failed, {summary.skipped} had a row")
    return 3 if summary.failed else 0


if __name__ == "__main__":
    sys.exit(main())
