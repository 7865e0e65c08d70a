"""What is documented: conditions and factors, the evidence, the rules, the assumptions, the sentences."""

from ..errors import Bilingual, Phrase, word_by


def _in_english(phrase: Phrase | Bilingual) -> str:
    """A phrase in English; what words it is loaded by the first fault, so that a start without faults is quick."""
    from .wording import in_english

    return in_english(phrase)


word_by(_in_english)
