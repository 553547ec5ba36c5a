"""The glossary, the notation and the bibliography, read as text."""

import json
import math
import re

import pytest
from pybtex.database import parse_file

from tools.set_repository import ROOT, notebooks

BOOK = ROOT / "book"
REFERENCE = BOOK / "reference"
BIBLIOGRAPHY = parse_file(str(BOOK / "references.bib")).entries

# The entry quiz refers to nothing but the course.
CHAPTERS = [path for path in notebooks() if path.stem != "entry-quiz"]

GLOSSARY = (REFERENCE / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^(\S.*)\n((?:  .*\n)+)", GLOSSARY, re.MULTILINE)


def addresses(entry):
    fields = entry.fields
    if "url" in fields:
        yield fields["url"]
    if "doi" in fields:
        yield f"https://doi.org/{fields['doi']}"
    if "eprint" in fields:
        yield f"https://arxiv.org/abs/{fields['eprint']}"


def test_terms_are_in_alphabetical_order_and_defined_once():
    terms = [re.sub(r"[\s-]", "", term.lower()) for term, _ in ENTRIES]
    assert len(terms) > 40
    assert terms == sorted(set(terms))


def test_a_definition_is_one_line():
    # Jupyter Book 2's upgrade keeps only the first line of a definition.
    assert [term for term, definition in ENTRIES if definition.count("\n") > 1] == []


def test_each_term_that_is_referred_to_is_defined():
    defined = {term.lower() for term, _ in ENTRIES}
    used = re.findall(r"\{term\}`(?:[^`<]+<([^`>]+)>|([^`<]+))`", GLOSSARY)
    used = {(named or plain).lower() for named, plain in used}
    assert used
    assert used <= defined, used - defined


@pytest.mark.parametrize("page", sorted(REFERENCE.glob("*.md")), ids=lambda p: p.stem)
def test_logarithms_are_rounded_rightly(page):
    text = page.read_text(encoding="utf-8")
    stated = re.findall(
        r"(1 ?/ ?)?\\?\blog(_2)? (\d+)(?: \\approx|, about) (\d+\.\d+)", text
    )
    if page.stem in ("notation", "glossary"):
        assert stated
    for inverse, base, number, value in stated:
        exact = math.log(int(number), 2 if base else math.e)
        exact = 1 / exact if inverse else exact
        places = len(value.partition(".")[2])
        assert f"{exact:.{places}f}" == value, (base, number)


def test_a_nat_in_bits_is_rounded_rightly():
    assert "about 1.443 bits" in GLOSSARY
    assert f"{1 / math.log(2):.3f}" == "1.443"


def test_each_entry_of_the_bibliography_can_be_looked_up():
    assert BIBLIOGRAPHY
    for key, entry in BIBLIOGRAPHY.items():
        assert "title" in entry.fields, key
        assert list(addresses(entry)) or "isbn" in entry.fields, key


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_reference_of_a_chapter_is_in_the_bibliography(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n".join(
        "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
    )
    _, heading, references = prose.partition("\n## References")
    assert heading or prose.count("## References"), "the chapter lists no references"
    references = references or prose.partition("## References")[2]
    known = {
        address.removesuffix("/")
        for entry in BIBLIOGRAPHY.values()
        for address in addresses(entry)
    }
    linked = re.findall(r"https?://[^\s>)\]]+", references)
    linked = {address.rstrip(".,").removesuffix("/") for address in linked}
    assert linked
    assert linked <= known, linked - known
