"""From what a person typed to the levels of a condition: fields, units, synonyms, plausibility."""
