"""`python -m witness serve --home DIR --port N`: the witness from its source; `one_file` starts the file that is built."""

import sys

from witness.cli import main

if __name__ == "__main__":
    sys.exit(main())
