#!/usr/bin/env python3
"""Check any public record: python3 verify.py FILE [quotes.json] [proof.json]. Python 3.9+, with its folder's programs.

It sees by the file's field `version` or `format` which program is due: a selection, a draw, a live auction, a quote that its
bidder kept, or the proof that an event stands in the log. Exit code 0: it holds; 1: it does not hold; 2: it cannot be read.
"""

import json
import os
import runpy
import sys

PROGRAMS = {
    "selection-v1": "selection_verify",
    "draw-v2": "draw_verify",
    "auction-v1": "auction_verify",
    "quote-kept-v1": "quote_check",
    "log-proof-v1": "quote_check",
}


def main(arguments):
    try:
        with open(arguments[0], "rb") as file:  # noqa: PTH123
            content = json.loads(file.read().decode())
        kind = content.get("version", content.get("format"))
        program = PROGRAMS[kind]
    except KeyError:
        print(f"{arguments[0]} is {kind!r}, which no program here checks")
        return 2
    except Exception as broken:
        print(f"verify.py FILE: it cannot be read: {broken!r}")
        return 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 – it need be no package
    sys.argv = [program, *arguments]
    print(f"{kind}:")
    runpy.run_module(program, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
