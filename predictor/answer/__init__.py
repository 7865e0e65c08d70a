"""What may be said of a patient: the assessment, the certainty, the record, its explanation and its text."""
