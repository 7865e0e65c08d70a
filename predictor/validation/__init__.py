"""Does the model hold: back-test, sensitivity, cohorts, differences between versions."""
