"""Freezes what the package answers today, and compares later: for rewrites that must change no answer.

    python -m tests.frozen record DIR [--profiles N] [--quick] [--only PART ...]
    python -m tests.frozen compare DIR [--profiles N] [--quick] [--only PART ...]
    python -m tests.frozen show CONDITION NUMBER [--stance S] [--language L]

It asks whichever `predictor` stands first on the path, and only by its public names: `Predictor`, `Profile`,
`PredictorError`, the command line, the server. So a record is made with an old checkout and compared with a new one:

    cd OLD && cp -r NEW/tests/frozen tests/ && python -m tests.frozen record /tmp/frozen
    cd NEW && python -m tests.frozen compare /tmp/frozen

The parts: `answers` random profiles, `tables` files and frames, `faults` broken input and wrong use, `faces` every
command, `scorecards` what `fit` writes, `api` the server. Each gives texts by name. A record holds one PART.zip for
each part; a text of more than 200,000 letters stands in it as the hashes of its lines. What may change is told by a
word: hashes of 16 hexadecimal digits by HASH, folders by TMP and PROJECT. Of an interactive page, and of the page
that the server gives, only that it is there.

`compare` ends with 1 if any text differs. With fewer profiles than the record has, or with --quick, it compares what
both have: each text is the same in a short run and in a long one. --quick leaves out the slow ones (refits of most
profiles, most pairs of file formats) and takes 300 profiles if not told otherwise. `show` prints a profile and its
whole answer, to be compared with that of another checkout.
"""
