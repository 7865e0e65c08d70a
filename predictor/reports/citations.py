"""Citations of studies: one line, BibTeX, and CSL-JSON (as plain text and dicts)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..content.evidence import Study

CSL_TYPE = "article-journal"
_LATEX = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"})


def citation(study: Study) -> str:
    """One line: who and when, title, journal, DOI or PubMed id."""
    link = f"doi:{study.doi}" if study.doi else f"PMID {study.pmid}" if study.pmid else study.registration
    return ". ".join(part for part in (study.short_citation, study.title, study.journal, link) if part)


def authors(study: Study) -> str:
    """Who wrote it, as far as the short citation tells: its words before the year."""
    return re.sub(r"\s*(\(.*|et al\.?.*|\d{4}.*)$", "", study.short_citation).strip() or study.short_citation


def seen(study: Study) -> str:
    """How much of the publication was seen by those who curated it, and its state."""
    return f"seen: {study.verification.replace('_', ' ')}; state: {study.publication_state}"


def bibtex(studies: Iterable[Study]) -> str:
    """BibTeX entries, one for each study; only fields that are known."""
    return "\n".join(_entry(study) for study in studies)


def _entry(study: Study) -> str:
    fields = {
        "author": f"{{{_escaped(authors(study))}}} and others"
        if "et al" in study.short_citation
        else f"{{{_escaped(authors(study))}}}",
        "title": f"{{{_escaped(study.title or study.short_citation)}}}",
        "journal": _escaped(study.journal),
        "year": study.year,
        "doi": study.doi,
        "pmid": study.pmid,
        "note": _escaped(seen(study)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    kind = "article" if study.journal else "misc"
    return f"@{kind}{{{study.study_id},\n{lines}}}\n"


def _escaped(text: str) -> str:
    return text.translate(_LATEX)


def csl(studies: Iterable[Study]) -> list[dict[str, Any]]:
    """CSL-JSON items, one for each study; only fields that are known."""
    return [_item(study) for study in studies]


def _item(study: Study) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": study.study_id,
        "type": CSL_TYPE if study.journal else "document",
        "title": study.title or study.short_citation,
        "author": [{"literal": authors(study)}],
        "container-title": study.journal,
        "DOI": study.doi,
        "PMID": study.pmid,
        "note": seen(study),
    }
    if study.year.isdigit():
        item["issued"] = {"date-parts": [[int(study.year)]]}
    return {key: value for key, value in item.items() if value}
