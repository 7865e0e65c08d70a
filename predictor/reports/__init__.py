"""What is read beside an answer: evidence, model card, schemas, citations, FHIR, plots, the page."""
