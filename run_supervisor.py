#!/usr/bin/env python3
"""Run the engine under supervision on a host without systemd."""

import sys

from s1mpletrader.supervisor import run

sys.exit(run())
