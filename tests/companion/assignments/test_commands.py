"""Handing out and grading: seeds, rosters, and files that are never overwritten."""

import pytest

from companion.assignments import assign, grade
from tests.companion.assignments.inputs import (
    CHAPTER,
    SEED,
    cells,
    paper_of,
    put,
    roster,
    submission,
    valid_with,
)

# Handing out.


@pytest.mark.parametrize("seed", [-1, 2**128, True, "7", 1.0])
def test_a_seed_is_an_integer(tmp_path, seed):
    with pytest.raises((TypeError, ValueError), match="seed must be an integer"):
        assign(CHAPTER, seed=seed, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_long_seed_will_do(tmp_path):
    assert len(assign(CHAPTER, seed=2**128 - 1, out=tmp_path)) == 1


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    (one,) = assign(CHAPTER, seed=SEED, out=tmp_path / "one")
    (two,) = assign(CHAPTER, seed=SEED, out=tmp_path / "two")
    assert one.read_bytes() == two.read_bytes()
    assert assign(CHAPTER, seed=SEED, out=tmp_path / "one") == [one]
    with pytest.raises(FileExistsError, match="other content"):
        assign(CHAPTER, seed=SEED + 1, out=tmp_path / "one")
    assert one.read_bytes() == two.read_bytes()


def test_with_a_roster_everyone_has_other_numbers(tmp_path):
    names = roster(tmp_path, "ada", "", "bob@x.org")
    paths = assign(CHAPTER, seed=SEED, out=tmp_path, roster=names)
    assert [path.stem for path in paths] == [f"{CHAPTER}-ada", f"{CHAPTER}-bob@x.org"]
    sources = [[cell.source for cell in cells(path)] for path in paths]
    assert 'student="ada"' in sources[0][3]
    assert sources[0][4] != sources[1][4]
    assert sources[0][-1] == sources[1][-1]


def test_a_conflict_writes_nothing_at_all(tmp_path):
    put(tmp_path, f"{CHAPTER}-bob.ipynb", b"mine")
    with pytest.raises(FileExistsError):
        assign(CHAPTER, seed=0, out=tmp_path, roster=roster(tmp_path, "ada", "bob"))
    assert not (tmp_path / f"{CHAPTER}-ada.ipynb").exists()


@pytest.mark.parametrize(
    "students",
    [
        [],
        ["ada", "ada"],
        ["ada", "ADA"],
        ["../ada"],
        ["ada/bob"],
        ["=1+1"],
        ["a" * 65],
        ["ada lovelace"],
    ],
)
def test_a_roster_that_cannot_name_files_is_refused(tmp_path, students):
    with pytest.raises(ValueError, match=r"roster|student's id"):
        assign(CHAPTER, seed=0, out=tmp_path, roster=roster(tmp_path, *students))
    assert not list(tmp_path.glob("*.ipynb"))


def test_a_roster_with_a_slip_says_which_ids_and_which_file(tmp_path):
    for slip, says in (
        (b"ada\nbob\nADA\n", "Received in .*roster.txt: ada, ADA"),
        ("Müller\n".encode("latin-1"), "in UTF-8: .*roster.txt is not"),
        (b"\n", "roster.txt is empty"),
    ):
        path = put(tmp_path, "roster.txt", slip)
        with pytest.raises(ValueError, match=says):
            assign(CHAPTER, seed=0, out=tmp_path / "out", roster=path)


# Grading.


def test_grading_again_writes_the_same_and_keeps_what_was_added(
    folder, graded, tmp_path
):
    for name in ("ada", "bob"):
        put(folder, f"{name}.json", submission(paper_of(), name))
    graded()
    table = tmp_path / "grades.csv"
    before = table.read_bytes()
    grade(folder, seed=SEED, out=table)
    assert table.read_bytes() == before
    table.write_bytes(before.replace(b",4,", b",0,"))
    with pytest.raises(FileExistsError, match="other content"):
        grade(folder, seed=SEED, out=table)


def test_the_table_and_the_bank_stay_outside_the_submissions(folder):
    put(folder, "ada.json", submission(paper_of()))
    put(folder, "binary_crossentropy.py", b"raise SystemExit('a submission was run')")
    for options in (
        {"out": folder / "grades.csv"},
        {"bank": folder},
        {"bank": folder / "binary_crossentropy.py"},
        {"bank": folder / ".." / "submissions"},
    ):
        with pytest.raises(ValueError, match="outside the folder of submissions"):
            grade(folder, **{"seed": SEED, "out": folder.parent / "x.csv"} | options)


def test_no_submission_chooses_which_file_of_a_bank_is_run(tmp_path, folder, graded):
    bank = put(tmp_path, "bank/clean_up.py", b"raise SystemExit('it was run')").parent
    put(folder, "mal.json", valid_with(chapter="clean-up"))
    with pytest.raises(ValueError, match="name the chapter"):
        graded(bank=bank)
    with pytest.raises(ValueError, match="pass --chapter"):
        graded()
