"""How is the program started with `python -m s1mpletrader`?"""

import sys

from s1mpletrader.cli.main import run

sys.exit(run())
