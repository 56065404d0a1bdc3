"""The table of results/kept.md from a finished study."""

import argparse
from pathlib import Path

from ...engine import study_datasets
from . import table


def main() -> None:
    """Print the table of a study."""
    parser = argparse.ArgumentParser(prog="python -m experiments.paper.kept", description=__doc__)
    parser.add_argument("study", type=Path)
    print(table(study_datasets(parser.parse_args().study)))


if __name__ == "__main__":
    main()
