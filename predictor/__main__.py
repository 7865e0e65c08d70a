"""`python -m predictor`: the command line. A worker process of the server loads it without running it."""

from predictor.cli import main

if __name__ == "__main__":
    main()
