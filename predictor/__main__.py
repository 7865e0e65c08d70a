"""`python -m predictor`: the command line."""

from .cli import main

main()
