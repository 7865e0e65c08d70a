"""What every plot carries beside its figures: title, notes, certainty, source; and the words of a chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...answer.explanation import Explainer
from ...answer.layout import Names
from ...answer.phrases import AS_IF_PROVEN, added_title, stance_words
from ...answer.record import Answer
from ...answer.text import certainty_words
from ...content.catalogue import Catalogue


@dataclass(frozen=True)
class Frame:
    """What every plot carries beside its figures.

    slide: the line under the title of a slide; added: `What cells add`, or under which condition they would.
    """

    title: str
    notes: tuple[str, ...]
    certainty: str
    source: str
    text: Catalogue
    slide: str = ""
    added: str = ""

    @property
    def footer(self) -> tuple[str, ...]:
        return tuple(line for line in (self.certainty, self.text("intended_use"), self.source) if line)


def answer_frame(kind: str, answer: Answer, explainer: Explainer, **values: str) -> Frame:
    """The frame of a plot of one answer: who it is of, under which stance, and how sure anyone can be.

    values: what the title tells besides the condition.
    """
    text = explainer.text
    names = Names(explainer.scorecard.condition, text)
    word, sentence, because = certainty_words(answer, text)
    levels: Mapping[str, str | None] = answer.profile["levels"]
    known = text("facts_join").join(names.both(f, lv) for f, lv in levels.items() if lv is not None)
    slide = text("plot.slide", stance=text(f"stance.{answer.stance}"), certainty=word)
    condition = text("explain.if_proven") if answer.stance == AS_IF_PROVEN else ""
    withheld = [note.text for note in answer.messages if note.severity == "abstain"]
    return Frame(
        title=text(f"plot.{kind}.title", condition=text.pick(names.condition.label), **values),
        notes=(
            f"{text('explain.profile')}{text('colon')}{known}",
            stance_words(answer.stance, text),
            *withheld,
        ),
        certainty=text("plot.certainty", word=word, sentence=sentence, because=because),
        source=text("plot.source", hash=answer.scorecard),
        text=text,
        slide=text("space").join(filter(None, (slide, condition))),
        added=added_title(answer.stance, text),
    )


def noted(frame: Frame, *notes: str) -> Frame:
    """The frame with further notes under the title."""
    return replace(frame, notes=(*frame.notes, *(note for note in notes if note)))
