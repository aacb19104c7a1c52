"""Run one benchmark, or all of them: `python -m benchmarks QUESTION ...`."""

import importlib
import sys

QUESTIONS = {
    "check": "how fast does `pishield check` count violations, beside other tools?",
    "check_texts": "how fast is `pishield check` over texts and dates, beside polars?",
    "correct": "how fast and how well are rows corrected, beside PiShield's layer?",
    "fewest": "how fast are the fewest cells changed, by rules over texts and numbers?",
    "rewrite": "how fast is a file corrected, beside reading and writing it with pyarrow?",
    "training": "what do networks learn behind each shield, and what does it cost?",
    "generate": "are rows better with the requirements in the loop, or corrected afterwards?",
    "layers": "how fast are shields forward and backward, beside PiShield's and a loop over rows?",
    "startup": "how long until a command starts its work?",
    "growth": "how do time and memory grow with rows, columns and requirements?",
    "reliability": "what was tried to break it, and what came of that?",
    "mutants": "which small faults put into a room do its own tests not find?",
    "suggest": "how many rules are found, how many hold elsewhere, and how long does it take?",
    "all": "all of these, as the documentation shows them",
}


def main() -> int:
    """Run the module that answers the question named first."""
    if len(sys.argv) < 2 or sys.argv[1] not in QUESTIONS:
        print("usage: python -m benchmarks QUESTION [options]\n")
        for name, question in QUESTIONS.items():
            print(f"  {name:11} {question}")
        return 2
    module = importlib.import_module(f"benchmarks.{sys.argv[1]}")
    return int(module.main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
