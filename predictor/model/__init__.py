"""The estimate: records, the regression and its fit, the scorecard, moments, predictions."""
