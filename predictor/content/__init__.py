"""What is documented: conditions and factors, the evidence, the rules, the assumptions, the sentences."""

from . import wording as wording  # words every fault that is told from here on
