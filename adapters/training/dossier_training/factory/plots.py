"""Plots as SVG, for a page or a file."""

import io
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

_WIDTH = 9.0
matplotlib.rcParams.update({"svg.hashsalt": "dossier", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def _svg(figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def bars(names: list[str], groups: dict[str, list[float | None]], axis: str, limit: float | None = None) -> str:
    """Horizontal bars, a group of them a name; what was not measured is left out."""
    figure, axes = pyplot.subplots(figsize=(_WIDTH, 0.6 + (0.12 + 0.18 * len(groups)) * max(1, len(names))))
    height = 0.8 / max(1, len(groups))
    for index, (label, values) in enumerate(groups.items()):
        known = [(place, value) for place, value in enumerate(values) if value is not None]
        axes.barh([place + index * height for place, _ in known], [value for _, value in known], height, label=label, color=f"C{index}")
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(names))], names)
    axes.invert_yaxis()
    axes.set_xlabel(axis)
    if limit is not None:
        axes.set_xlim(0, limit)
    if len(groups) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return _svg(figure)


def points(groups: dict[str, list[tuple[float, float, str]]], x_axis: str, y_axis: str, joined: bool = False) -> str:
    """Labelled points, x on a logarithmic scale that begins at 0 where a point does; `joined` draws a line through those of a group."""
    figure, axes = pyplot.subplots(figsize=(_WIDTH, 5))
    for label, marks in groups.items():
        axes.plot([x for x, _, _ in marks], [y for _, y, _ in marks], "o-" if joined else "o", label=label, markersize=5, linewidth=0.8)
        for x, y, text in marks:
            axes.annotate(text, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=7)
    places = {x for marks in groups.values() for x, _, _ in marks}
    if 0 in places:
        axes.set_xscale("symlog", linthresh=min(places - {0}, default=1))
    else:
        axes.set_xscale("log")
    axes.set_xlabel(x_axis)
    axes.set_ylabel(y_axis)
    if len(groups) > 1:
        axes.legend(frameon=False)
    return _svg(figure)


def curves(groups: dict[str, list[list[list[float]]]], x_axis: str, y_axis: str) -> str:
    """Groups of curves, one below the other; the mean of a group is drawn over its curves, which share their x."""
    figure, below = pyplot.subplots(len(groups), 1, figsize=(_WIDTH, 2.6 * len(groups)), sharex=True, squeeze=False)
    for index, ((label, of_group), axes) in enumerate(zip(groups.items(), below[:, 0], strict=True)):
        for curve in of_group:
            axes.plot([x for x, _ in curve], [y for _, y in curve], color=f"C{index}", linewidth=0.5, alpha=0.5)
        means = [(column[0][0], sum(y for _, y in column) / len(column)) for column in zip(*of_group, strict=True)]
        axes.plot([x for x, _ in means], [y for _, y in means], "o-", color="black", markersize=3, linewidth=1.2)
        axes.set_title(label, loc="left", fontsize=9)
        axes.set_ylabel(y_axis)
    below[-1, 0].set_xlabel(x_axis)
    return _svg(figure)


def write(svg: str, file: Path) -> None:
    """An SVG file of its own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('<?xml version="1.0" encoding="utf-8"?>\n' + svg)
