"""The template of a private bank works as it stands."""

import numpy as np

from companion._command import main
from companion.assignments import _banks, _variants, assign
from tests.companion.assignments.inputs import work_through


def test_a_private_bank_serves_both_commands(tmp_path, folder, graded, monkeypatch):
    bank = tmp_path / "private" / "entropy.py"
    bank.parent.mkdir()
    assert main(["bank", str(bank)]) == 0
    (path,) = assign("entropy", seed=3, out=tmp_path, bank=bank)
    assert "for practice" not in path.read_text(encoding="utf-8")
    (same,) = assign("entropy", seed=3, out=tmp_path / "two", bank=bank.parent)
    assert same.read_bytes() == path.read_bytes()
    paper = _variants.make_variant(
        "entropy", _banks.find_tasks("entropy", bank), seed=3
    )
    (counts,) = paper.items[0].numbers
    shares = np.divide(counts, sum(counts))
    entropy = sum(share * np.log(1 / share) for share in shares)
    answers = {"student": "ada", "task-1": round(entropy, 4), "task-2": "log C"}
    work_through(path, answers, monkeypatch)
    (tmp_path / "entropy-ada.json").rename(folder / "entropy-ada.json")
    (row,) = graded(seed=3, bank=bank)
    assert (row["points"], row["out_of"], row["to_read"]) == ("3", "3", "2")
    assert graded(seed=3, bank=bank.parent, chapter="entropy") == [row]
    assert "practice" not in graded.report.summary
