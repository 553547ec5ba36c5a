"""Show each figure as SVG beside the PNG; IPython runs this before a notebook.

``tools/execute.py`` puts a copy into the kernel's profile. The SVG carries the
figure's claim, its title, as ``<title>``. Letters are paths, so it needs no font.
"""


def _show_svg_too() -> None:
    # All names are local: IPython runs this in the notebook's own namespace.
    from importlib import import_module
    from io import StringIO

    import matplotlib.pyplot as plt
    import numpy as np
    from IPython import get_ipython
    from matplotlib.collections import Collection
    from matplotlib.figure import Figure

    most_points = 2000  # with more, a picture is smaller than the list of them
    resolution = 200  # of such a picture, in dots per inch

    def claim(figure: Figure) -> str:
        panels = (axes.get_title() for axes in figure.axes)
        in_a_row = " ".join(filter(None, panels)).replace("… …", "…")
        return figure.get_suptitle() or in_a_row

    def svg(figure: Figure) -> str:
        for collection in figure.findobj(Collection):
            if np.shape(collection.get_offsets())[0] > most_points:
                collection.set_rasterized(True)
        stream = StringIO()
        # A fixed salt and no date: equal figures have equal files.
        with plt.rc_context({"svg.fonttype": "path", "svg.hashsalt": "figure"}):
            figure.savefig(
                stream,
                format="svg",
                dpi=resolution,
                bbox_inches="tight",
                metadata={"Title": claim(figure), "Date": None},
            )
        return stream.getvalue()

    # The inline backend takes away what it finds registered for figures, once.
    import_module("matplotlib_inline.backend_inline")
    formatters = get_ipython().display_formatter.formatters
    formatters["image/svg+xml"].for_type(Figure, svg)
    # Last, since drawing settles the layout: the PNG is the one without SVG, to a byte.
    formatters["image/svg+xml"] = formatters.pop("image/svg+xml")


_show_svg_too()
del _show_svg_too
