"""The files that describe the course agree with each other and with their formats."""

import re
import tomllib

import pytest
import yaml

from tests.repository.schemas import check_schema
from tools import build
from tools.set_repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pages():
    return [page.removeprefix("book/") for page in build.pages()]


def test_citation_fits_its_schema():
    status, output = check_schema("vendor.citation-file-format", "CITATION.cff")
    assert status == 0, output


def test_issue_forms_fit_githubs_schema():
    status, output = check_schema("vendor.github-issue-forms", *FORMS)
    assert status == 0, output


def test_one_version_everywhere():
    citation = yaml.safe_load(text("CITATION.cff"))
    newest = re.search(r"^## (\S+) - ", text("CHANGELOG.md"), re.MULTILINE)[1]
    assert PROJECT["version"] == citation["version"] == newest


def test_one_name_and_the_same_licences_everywhere():
    citation = yaml.safe_load(text("CITATION.cff"))
    (author,) = PROJECT["authors"]
    assert citation["authors"] == [author]
    for name in PROJECT["license-files"]:
        assert author["name"] in text(name)
    assert PROJECT["license"].split(" AND ") == citation["license"]


def test_the_licence_of_the_text_is_whole():
    legal_code = text("LICENSE-TEXT")
    for section in range(1, 9):
        assert f"\nSection {section} -- " in legal_code
    assert legal_code.endswith(
        "Creative Commons may be contacted at creativecommons.org.\n"
    )


def test_the_form_for_a_fault_offers_every_page():
    (form,) = (path for path in FORMS if path.stem == "bug")
    body = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
    chapter = next(x for x in body if x.get("id") == "chapter")
    *offered, other = chapter["attributes"]["options"]
    assert offered == pages()
    assert other.startswith("none:")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_what_a_document_links_to_is_in_the_tree(name):
    links = re.findall(r"\]\(([^)#:]+)\)", text(name))
    assert [link for link in links if not (ROOT / link).is_file()] == []
    if name == "README.md":
        assert ".github/page.png" in links
