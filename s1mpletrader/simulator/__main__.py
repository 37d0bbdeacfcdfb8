"""How is the simulated exchange run without the command line of the engine?"""

import sys

from s1mpletrader.simulator.main import run

sys.exit(run(sys.argv[1:]))
