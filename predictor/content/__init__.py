"""What is documented: conditions and factors, the evidence, the rules, the assumptions, the sentences."""
