"""S1mpleTrader: a trading engine that keeps its promises when things break."""

__version__ = "0.1.0"
