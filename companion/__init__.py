"""What the chapters of the crossentropy course import.

Each module has one role: ``losses`` (NumPy references), ``data``, ``models`` and
``layers``, ``training``, ``text``, ``large_vocabulary``, ``timing``, ``plots`` and
``exercises``. Import the one you need, for example ``from companion import losses``;
importing ``companion`` alone loads nothing else.
"""
