"""What the chapters of the crossentropy course import.

Each module has one role: ``losses`` (NumPy references), ``data``, ``models``,
``training``, ``plots`` and ``exercises``. Import the one you need, for example
``from companion import losses``; importing ``companion`` alone loads nothing else.
"""
