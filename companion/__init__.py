"""What the chapters of the crossentropy course import.

Each module has one role: ``losses`` (NumPy references) and ``margins`` (hinge losses
for Keras), ``data``, ``models`` and ``layers``, ``training``, ``text``,
``large_vocabulary``, ``runtime``, ``timing``, ``measurements``, ``plots``,
``exercises``, ``quizzes``, ``assignments``, and ``statements``, which the notebooks
load. Import the one you need, for example ``from companion import losses``; importing
``companion`` alone loads nothing else.
"""
