#!/usr/bin/env bash
# Run inside Colab's image by .github/workflows/colab.yml, with the repository at
# /course: install the wheel as a reader's first cell would, then run every notebook.
set -euo pipefail

packages() {
  python3 -m pip freeze --all | grep -vi '^crossentropy[-_]course' | sort
}

packages >before.txt
python3 -m pip install --quiet /course/dist/crossentropy_course-*.whl
packages >after.txt
echo "What installing the companion changed (nothing may be listed):"
diff before.txt after.txt

# An empty folder with the notebooks and the wheel that their first cell looks for;
# nothing else of the repository, so that a chapter can lean on nothing else.
mkdir run
for notebook in $(cd /course/book && find . -name '*.ipynb'); do
  folder="run/$(dirname "$notebook")"
  mkdir -p "$folder"
  cp "/course/book/$notebook" "$folder"
  cp /course/dist/crossentropy_course-*.whl "$folder"
done

python3 -m pip install --quiet nbmake
# Here a statement of the text that does not hold is an error; a reader gets a line.
export CROSSENTROPY_COURSE_STRICT=1
python3 -m pytest --nbmake --nbmake-timeout=600 -p no:cacheprovider -c /dev/null \
  --rootdir run run
