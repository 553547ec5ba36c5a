"""Hostile files: whatever one holds, it costs its author alone.

Beside each lies an honest file, which must not lose anything.
"""

import json
import os
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion.assignments._submissions import Submission, UnreadableError, read
from tests.companion.assignments.inputs import (
    CHAPTER,
    by_place,
    nested,
    paper_of,
    put,
    submission,
    valid_with,
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not the JSON"),
        (b"\xff\xfe\x00", "not the JSON"),
        (b"cos\nsystem\n(S'touch pwned'\ntR.", "not the JSON"),
        (b"\x80\x04\x95", "not the JSON"),
        (b"PK\x03\x04", "not the JSON"),
        (b"{" * 60_000, "not the JSON"),
        (nested(30_000), "not the JSON"),
        (nested(500), "not a file that a sheet writes"),
        (b"1" * 60_000, "not the JSON"),
        (b"[]", "not a file that a sheet writes"),
        (b"null", "not a file that a sheet writes"),
        (b"{}", "not a file that a sheet writes"),
        (b" " * 65_537, "too large: 65,537 bytes"),
        (valid_with(format=2), "another version of the format"),
        (valid_with(format=True), "not a file"),
        (valid_with(format="1"), "not a file"),
        (valid_with(chapter=None), "`chapter`"),
        (valid_with(chapter="../../etc"), "`chapter`"),
        (valid_with(chapter="no-such-chapter"), "another chapter"),
        (valid_with(student=["mal"]), "`student`"),
        (valid_with(student="../../mal"), "`student`"),
        (valid_with(student="=cmd|' /C calc'!A0"), "`student`"),
        (valid_with(student="mal\nada,9,9"), "`student`"),
        (valid_with(paper=None), "`paper`"),
        (valid_with(paper="0" * 24), "another paper"),
        (valid_with(predictions=[]), "`predictions`"),
        (valid_with(predictions={"task-3": 1}), "`predictions`"),
        (valid_with(answers=[1, 2]), "`answers`"),
        (valid_with(answers={"task-1": {"a": 1}}), "`answers`"),
        (valid_with(answers={"task-1": [[[[[1]]]]]}), "`answers`"),
    ],
)
def test_a_broken_file_gets_a_reason(folder, cost, graded, data, says):
    put(folder, "mal.json", data)
    (row,) = cost(chapter=CHAPTER)
    assert (row["status"], row["points"]) == ("broken", "0")
    assert says in row["reasons"]
    assert not graded.report.complete
    assert "1 graded, 1 broken" in graded.report.summary
    assert f"mal.json: {row['reasons']}" in graded.report.summary


def test_a_huge_file_is_not_read(folder, cost):
    with (folder / "mal.json").open("wb") as file:
        file.truncate(2**27)  # most systems give it no room on the disk
    tracemalloc.start()
    (row,) = cost()
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()
    assert "too large: 134,217,728 bytes" in row["reasons"]


def test_links_and_pipes_are_not_opened(folder, cost, tmp_path):
    secret = put(tmp_path, "secret.json", submission(paper_of(), "mal"))
    try:
        (folder / "link.json").symlink_to(secret)
        (folder / "tree").symlink_to(tmp_path)
        (folder / "deep").mkdir()
        (folder / "deep" / "link.json").symlink_to(secret)
        os.mkfifo(folder / "pipe.json")
    except (AttributeError, OSError):
        pytest.skip("this system makes no links or pipes here")
    rows = cost()
    assert {row["status"] for row in rows} == {"broken"}
    reasons = {row["file"]: row["reasons"] for row in rows}
    assert "no .json file" in reasons.pop("tree")
    assert len(reasons) == 3
    assert all("link or a device" in reason for reason in reasons.values())


def test_a_file_that_becomes_a_link_between_look_and_open_is_not_followed(
    tmp_path, monkeypatch
):
    if not hasattr(os, "O_NOFOLLOW"):
        pytest.skip("this system cannot refuse links while opening")
    file = put(tmp_path, "a.json", submission(paper_of()))
    looked = os.lstat(file)
    link = tmp_path / "b.json"
    link.symlink_to(file)
    monkeypatch.setattr(os, "lstat", lambda path: looked)
    with pytest.raises(UnreadableError, match="cannot be opened"):
        read(link)


# Fuzzing.


FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**60, 2**70)
    | st.floats()
    | st.text(max_size=20)
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = ("format", *Submission.__dataclass_fields__)
TASKS = [f"task-{i}" for i in range(1, 6)]


def hold(folder, graded, data):
    put(folder, "honest.json", submission(paper_of(), "honest"))
    put(folder, "mal.json", data)
    rows = by_place(graded(chapter=CHAPTER))
    assert set(rows) == {"honest.json", "mal.json"}
    assert rows["honest.json"]["points"] == "8"
    assert rows["mal.json"]["status"] in ("graded", "broken")
    assert all(value.isprintable() for value in rows["mal.json"].values())


@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes_cost_only_their_author(folder, graded, data):
    hold(folder, graded, data)


@pytest.mark.slow
@FUZZ
@given(data=ANY)
def test_any_json_costs_only_its_author(folder, graded, data):
    hold(folder, graded, json.dumps(data).encode())


@FUZZ
@given(field=st.sampled_from(FIELDS), value=ANY)
def test_any_field_costs_only_its_author(folder, graded, field, value):
    hold(folder, graded, valid_with(**{field: value}))


@pytest.mark.slow
@FUZZ
@given(answers=st.dictionaries(st.sampled_from(TASKS), ANY, min_size=1))
def test_any_answers_cost_only_their_author(folder, graded, answers):
    hold(folder, graded, valid_with(answers=answers, predictions={"task-3": "stays"}))


@FUZZ
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_any_changed_byte_costs_only_its_author(folder, graded, place, byte):
    data = bytearray(json.dumps(valid_with()).encode())
    data[place % len(data)] = byte
    hold(folder, graded, bytes(data))
